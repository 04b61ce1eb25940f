import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge } from './barge-in.ts';
import { endpointWaitMs, tellingNow } from './endpointing.ts';
import { DEFAULT_POLICY } from './policy.ts';
import { asksToStop, asksWhoCalls, isBackchannel, isSurelyMachine, soundsLikeMachine } from './lexicon.ts';

describe('words', () => {
  it('"mm-hm" goes on, "stop" stops', () => {
    for (const text of ['mm-hm', 'yeah', 'okay', 'uh-huh', 'I see']) assert.ok(isBackchannel(text), text);
    for (const text of ['stop', 'wait what', 'yeah but no', 'what does it cost', ''])
      assert.ok(!isBackchannel(text), text);
    for (const text of ['stop', 'Wait.', 'hold on please', 'one moment']) assert.ok(asksToStop(text), text);
    assert.ok(!asksToStop('okay'));
  });

  it('a machine says so of itself', () => {
    for (const text of [
      'please leave a message after the tone',
      'you have reached John',
      'I am not available right now',
      'your call has been forwarded to voicemail',
    ])
      assert.ok(soundsLikeMachine(text), text);
    for (const text of ['hello', 'yes speaking', 'who is this', 'hello John Smith speaking'])
      assert.ok(!soundsLikeMachine(text), text);
  });
});

describe('screening', () => {
  it("tells who asks for the caller's name from a machine that takes messages", () => {
    for (const text of [
      'please say your name and why you are calling',
      'this call is being screened please say who is calling',
      'you have reached a google voice subscriber please state your name after the beep',
    ]) {
      assert.ok(asksWhoCalls(text), text);
      assert.ok(!isSurelyMachine(text), text);
    }
    for (const text of ['please leave your name after the tone', 'press one for sales', 'the mailbox is full'])
      assert.ok(isSurelyMachine(text) && !asksWhoCalls(text), text);
    for (const text of [
      'he is not available can I take a message',
      'can I call you back later',
      'who is calling please',
    ])
      assert.ok(!isSurelyMachine(text), text);
  });
});

describe('endpointing', () => {
  const wait = (text: string, expects: Parameters<typeof endpointWaitMs>[1] = 'open') =>
    endpointWaitMs(text, expects, DEFAULT_POLICY);

  it("takes the agent's wait after a finished clause, and a longer one in mid-thought", () => {
    assert.equal(wait('that sounds good'), 300);
    assert.ok(wait('I would like to') > 1000);
    assert.ok(wait('my number is four two', 'number') > 1000);
  });

  it('knows where a thought is open, and where it only looks so', () => {
    for (const text of [
      'my name is',
      'could you tell me',
      'the thing is',
      'when I press the button',
      'so um',
      'we have around',
      'I was thinking',
      'let me see',
      'well',
    ])
      assert.equal(wait(text), DEFAULT_POLICY.unfinishedEndpointMs, text);
    for (const text of [
      'yes it is',
      'I think so too',
      'please turn it on',
      'yes I do',
      'that is what I asked for',
      'when I press the button nothing happens',
      'no thank you',
    ])
      assert.equal(wait(text), 300, text);
  });

  it('waits for the rest of a number or a spelling, and less where it may be whole', () => {
    assert.equal(wait('five five five', 'number'), DEFAULT_POLICY.begunEndpointMs);
    assert.equal(wait('five', 'phone-number'), DEFAULT_POLICY.unfinishedEndpointMs);
    assert.equal(wait('five five five one two three', 'phone-number'), DEFAULT_POLICY.unfinishedEndpointMs);
    assert.equal(wait('five five five one two three four', 'phone-number'), DEFAULT_POLICY.wholeNumberEndpointMs);
    assert.equal(wait('five five five one two three four five', 'number'), DEFAULT_POLICY.piecewiseEndpointMs);
    assert.equal(wait('my number is five five five'), DEFAULT_POLICY.piecewiseEndpointMs);
    assert.equal(wait('five five five one two three four', 'number'), DEFAULT_POLICY.wholeNumberEndpointMs);
    assert.equal(wait('m i', 'spelling'), DEFAULT_POLICY.begunEndpointMs);
    assert.equal(wait('m i l l', 'spelling'), DEFAULT_POLICY.piecewiseEndpointMs);
    assert.equal(wait('it is m i'), DEFAULT_POLICY.piecewiseEndpointMs);
    assert.equal(wait('it is', 'number'), DEFAULT_POLICY.unfinishedEndpointMs);
    assert.equal(wait('a table for four'), 300);
  });

  it("derives the expected answer from the agent's question if the model names none", () => {
    const asked = (text: string) =>
      tellingNow({
        dialogue: { phase: 'DISCOVERY', expects: 'open' },
        ledger: [
          {
            role: 'agent',
            turn: 1,
            kind: 'reply',
            text,
            intended: text,
            startMs: 0,
            endMs: 1,
            heardMs: 1,
            interrupted: false,
            estimated: false,
            timing: {
              endOfSpeechMs: null,
              finalMs: null,
              committedMs: null,
              firstClauseMs: null,
              firstAudioMs: null,
              firstFrameMs: null,
            },
          },
        ],
      });
    assert.equal(asked('What is your phone number?'), 'phone-number');
    assert.equal(asked('What is the best number to reach you at?'), 'phone-number');
    assert.equal(asked('Could you tell me your order number, please?'), 'number');
    assert.equal(asked('We sent a code to your phone. What does it say?'), 'number');
    assert.equal(asked('Could you spell that for me?'), 'spelling');
    assert.equal(asked('How can I help you today?'), 'open');
  });

  it('never waits longer than two and a half seconds', () => {
    assert.ok(endpointWaitMs('I want to', 'number', { ...DEFAULT_POLICY, unfinishedEndpointMs: 60_000 }) <= 2500);
  });
});

describe('barge-in', () => {
  const sound = { text: '', lengthMs: 200, speaking: true, final: false, due: false, voicedMs: 200, quietMs: 0 };

  it('stops at once for a stop word or real words', () => {
    assert.equal(judge({ ...sound, text: 'stop' }), 'stop');
    assert.equal(judge({ ...sound, text: 'what does' }), 'stop');
  });

  it('resumes after a backchannel or a noise', () => {
    assert.equal(judge({ ...sound, text: 'mm-hm', speaking: false, final: true }), 'resume');
    assert.equal(judge({ ...sound, speaking: false, final: true }), 'resume');
  });

  it('lets speech that continues at the deadline interrupt', () => {
    assert.equal(judge(sound), 'wait');
    assert.equal(judge({ ...sound, lengthMs: 500, voicedMs: 450, due: true }), 'stop');
    // A cough lasts as long, but is mostly gaps; a short word has just ended.
    assert.equal(judge({ ...sound, lengthMs: 500, voicedMs: 200, due: true }), 'resume');
    assert.equal(judge({ ...sound, lengthMs: 500, voicedMs: 450, quietMs: 65, due: true }), 'resume');
    // The last window of speech came 40 ms ago, and the next frame is late.
    assert.equal(judge({ ...sound, lengthMs: 500, voicedMs: 450, quietMs: 55, due: true }), 'stop');
    assert.equal(judge({ ...sound, speaking: false, due: true }), 'resume');
  });
});
