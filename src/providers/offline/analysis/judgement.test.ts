import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Line } from '#core/memory/analyst.ts';
import { judge } from './judgement.ts';

const talk = (...lines: string[]): Line[] =>
  lines.map((text, n) => ({ role: n % 2 === 0 ? ('agent' as const) : ('caller' as const), text }));
const judged = (...lines: string[]) => {
  const judgement = judge(talk(...lines))!;
  return [judgement.sentiment, judgement.intent, judgement.converted];
};

describe('the judgement of a conversation', () => {
  it('is null if the person said nothing', () => {
    assert.equal(judge(talk('Hello?')), null);
    assert.equal(judge([]), null);
  });

  it('names sentiment, intent and whether the person agreed', () => {
    assert.deepEqual(
      judged(
        'Hello, this is Ada. May I tell you about our scooters?',
        'Sure, go ahead.',
        'It costs ten dollars a month. Shall I book a demo for you?',
        'Yes, that sounds great.',
        'Great, you are booked. Goodbye.',
        'Thank you, this is wonderful. Goodbye.',
      ),
      ['positive', 'interested', true],
    );
    assert.deepEqual(
      judged('May I tell you about our scooters?', "No, I'm not interested.", 'I understand. Goodbye.', 'Goodbye.'),
      ['negative', 'not_interested', false],
    );
    assert.deepEqual(judged('How can I help?', 'What is the price?', 'It is ten dollars.', 'Okay, thank you.'), [
      'neutral',
      'ask_about_pricing',
      false,
    ]);
    assert.deepEqual(
      judged('How can I help?', 'This is terrible, my order is broken again. I want to talk to a human.'),
      ['negative', 'human_agent', false],
    );
  });

  it('lets a later refusal take back an agreement, and the reverse', () => {
    const offer = 'Would you like to book an appointment?';
    assert.equal(judge(talk(offer, 'Yes, sure.', 'Monday at nine?', 'No, I changed my mind.'))!.converted, false);
    assert.equal(
      judge(talk(offer, 'No, not today.', 'We have a demo. Would you like that?', 'Yes please.'))!.converted,
      true,
    );
    // A yes to a question that offers nothing is no agreement.
    assert.equal(judge(talk('Am I talking to Anna?', 'Yes.'))!.converted, false);
  });

  it('hears a negation, and that words of politeness are no feelings', () => {
    const score = (text: string) => judge(talk('How was it?', text))!.sentimentScore;
    assert.ok(score('It was great.') > 0.15);
    assert.ok(score('It was not great.') < 0);
    assert.ok(score('It was not bad.') > 0);
    assert.ok(Math.abs(score('Hello, thank you, please wait.')) < 0.15);
  });

  it('stays between -1 and 1, however long and loud the talk is', () => {
    for (const word of ['wonderful', 'terrible']) {
      const lines = Array.from({ length: 200 }, () => ['Yes?', `${word} ${word} ${word} ${word}`]).flat();
      const { sentimentScore } = judge(talk(...lines))!;
      assert.ok(Math.abs(sentimentScore) <= 1 && Math.abs(sentimentScore) > 0.9, `${word}: ${sentimentScore}`);
    }
  });
});
