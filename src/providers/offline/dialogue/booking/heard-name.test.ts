import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { timeZone } from '#core/kernel/locale.ts';
import type { ModelMessage } from '#engine/contracts/language-model.ts';
import { nextReply } from '../next-reply.ts';
import { Talk, type Reply } from '../talk.ts';
import { spelledIn } from './heard-name.ts';
import { isGarbled, nameAnswered, peopleIn, timeWordsIn } from './lexicon.ts';
import { NAME_QUESTION, SPELL_QUESTION, slotOf, valueIn } from './slots.ts';
import { NO_NAME_REASON } from './wish.ts';

describe('a name that was heard', () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ['Anna Miller', 'Anna Miller'],
    ['Leave Parker', 'Leave Parker'],
    ['anna miller', 'Anna Miller'],
    ["it's anna miller", 'Anna Miller'],
    ['my name is anna miller', 'Anna Miller'],
    ['zbigniew', 'Zbigniew'],
    ...['Uma Patel', 'Umberto Rossi', 'Oksana Petrova', 'Surekha Rao', 'Wellington Hall', 'Ohara', 'Yesenia Cruz'].map(
      (name) => [name, name] as const,
    ),
    ['um, Uma Patel', 'Uma Patel'],
    ['Well, Oksana Petrova.', 'Oksana Petrova'],
    ['of course uma patel', 'Uma Patel'],
    ['o l s e n', 'Olsen'],
    ['o l s c m', 'Olsen'],
    ['n o z a k', 'Novak'],
    ['a n n a n y l l e r', 'Anna Miller'],
    ['z b i g n i u', 'Zbigniu'],
    ['N, O, Z, A, K', 'Nozak'],
    ['O, L, S, E, N', 'Olsen'],
    ['oh seven', null],
    ['leave a parker', null],
    ['my name is a seven', null],
    ['this is rules see', null],
  ];
  for (const [text, name] of cases) it(`"${text}" names ${name}`, () => assert.equal(nameAnswered(text), name));

  it('is asked for again if the words are no name, unless they are a question or a refusal', () => {
    assert.equal(isGarbled('leave a parker'), true);
    assert.equal(isGarbled('is roth'), true);
    assert.equal(isGarbled('is it far'), false);
    assert.equal(isGarbled('anna miller'), false);
    assert.equal(isGarbled('why do you need that'), false);
    assert.equal(isGarbled('no thank you'), false);
  });
});

describe('a number that was heard', () => {
  it('is no code if a letter of it is apart', () => {
    const slot = slotOf('number', true);
    assert.equal(valueIn(slot, 'the number is q please seventy seven thirty one', true), null);
    assert.equal(valueIn(slot, 'the number is q seventy seven thirty one', true), 'Q7731');
  });
  it('is "two" in "at to pm"', () => assert.equal(timeWordsIn('on thursday at to pm').clock, 'at two pm'));
  it('is the second in "table four six"', () => assert.equal(peopleIn('a table four six on saturday', false), '6'));
});

describe('a booking under a name that is not understood', () => {
  const now = { at: new Date('2026-01-14T15:00:00Z'), timeZone: timeZone('America/New_York') };

  function reply(...lines: readonly string[]): Reply {
    const messages = lines.map((text, at): ModelMessage => ({ role: at % 2 === 0 ? 'caller' : 'agent', text }));
    const tools = ['book_slot', 'take_callback'].map((name) => ({ name, description: '', parameters: {} }));
    return nextReply(
      new Talk({ prompt: 'You are Mia.', model: '', messages, tools, now, working: () => () => undefined }),
      [],
    );
  }
  const asks = ['i need an appointment on friday at ten am', NAME_QUESTION];

  it('is asked for again, then a callback is noted and nothing booked', () => {
    assert.equal(reply(...asks, 'leave a parker').text, SPELL_QUESTION);
    const last = reply(...asks, 'leave a parker', SPELL_QUESTION, 'please a park are');
    assert.deepEqual(last.tool, {
      name: 'take_callback',
      args: { when: 'as soon as possible', reason: NO_NAME_REASON },
    });
  });

  it('is spelled after a correction that was heard as the same name', () => {
    const readBack = reply(...asks, 'emma miller').text;
    assert.match(readBack, /for Emma Miller\. Is that right\?$/);
    assert.equal(reply(...asks, 'emma miller', readBack, 'no my name is emma miller').text, SPELL_QUESTION);
    const spelled = reply(
      ...asks,
      'emma miller',
      readBack,
      'no my name is emma miller',
      SPELL_QUESTION,
      'a n n a m i l l e r',
    );
    assert.match(spelled.text, /for Anna Miller\. Is that right\?$/);
  });
});

it('letters that are misheard spell a name that was heard before', () => {
  assert.equal(spelledIn('t g r h a l l', 'Peter Small'), 'Peter Hall');
  assert.equal(spelledIn('t g r h a l l', 'Ted Small'), 'Ted Hall');
});

it('letters of more than a name spell none, however many there are', () => {
  assert.equal(spelledIn('o l s e n'), 'Olsen');
  assert.equal(spelledIn('a b '.repeat(5000)), null);
});
