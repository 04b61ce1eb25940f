import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge } from './barge-in.ts';
import { ClauseSplitter, splitClauses } from './clauses.ts';
import { endpointWaitMs } from './endpointing.ts';
import { DEFAULT_POLICY } from './policy.ts';
import { asksToStop, isBackchannel, soundsLikeMachine } from './words.ts';

describe('words', () => {
  it('"mm-hm" goes on, "stop" stops', () => {
    for (const text of ['mm-hm', 'yeah', 'okay', 'uh-huh', 'I see']) assert.ok(isBackchannel(text), text);
    for (const text of ['stop', 'wait what', 'yeah but no', 'what does it cost', '']) assert.ok(!isBackchannel(text), text);
    for (const text of ['stop', 'Wait.', 'hold on please', 'one moment']) assert.ok(asksToStop(text), text);
    assert.ok(!asksToStop('okay'));
  });

  it('a machine says so of itself', () => {
    for (const text of ['please leave a message after the tone', 'you have reached John', 'I am not available right now', 'your call has been forwarded to voicemail']) assert.ok(soundsLikeMachine(text), text);
    for (const text of ['hello', 'yes speaking', 'who is this', 'hello John Smith speaking']) assert.ok(!soundsLikeMachine(text), text);
  });
});

describe('endpointing', () => {
  const wait = (text: string, expects: Parameters<typeof endpointWaitMs>[1] = 'open') => endpointWaitMs(text, expects, DEFAULT_POLICY);

  it('takes the agent\'s wait after a finished clause, and a longer one in mid-thought', () => {
    assert.equal(wait('that sounds good'), 300);
    assert.ok(wait('I would like to') > 1000);
    assert.ok(wait('my number is four two', 'number') > 1000);
  });

  it('never waits longer than two and a half seconds', () => {
    assert.ok(endpointWaitMs('I want to', 'number', { ...DEFAULT_POLICY, unfinishedEndpointMs: 60_000 }) <= 2500);
  });
});

describe('barge-in', () => {
  const sound = { text: '', lengthMs: 200, speaking: true, final: false, due: false };

  it('stops at once for a stop word or real words', () => {
    assert.equal(judge({ ...sound, text: 'stop' }), 'stop');
    assert.equal(judge({ ...sound, text: 'what does' }), 'stop');
  });

  it('resumes after a backchannel or a noise', () => {
    assert.equal(judge({ ...sound, text: 'mm-hm', speaking: false, final: true }), 'resume');
    assert.equal(judge({ ...sound, speaking: false, final: true }), 'resume');
  });

  it('gives the floor to whoever still speaks when the time is up', () => {
    assert.equal(judge(sound), 'wait');
    assert.equal(judge({ ...sound, lengthMs: 500, due: true }), 'stop');
    assert.equal(judge({ ...sound, speaking: false, due: true }), 'resume');
  });
});

describe('clauses', () => {
  it('come out as soon as they are whole', () => {
    const splitter = new ClauseSplitter();
    assert.deepEqual(splitter.push('Sure. That co'), ['Sure.']);
    assert.deepEqual(splitter.push('sts $3.50 a month. '), ['That costs $3.50 a month.']);
    assert.deepEqual(splitter.end(), []);
  });

  it('are not cut at titles and numbers', () => {
    assert.deepEqual(splitClauses('I will ask Dr. Miller. Is that fine?'), ['I will ask Dr. Miller.', 'Is that fine?']);
  });

  it('lose no word, however long the text', () => {
    const text = Array.from({ length: 200 }, (_, i) => `word${i}`).join(' ');
    assert.equal(splitClauses(text).join(' '), text);
  });
});
