import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messagesOf } from '../stages/think.ts';
import type { TurnEventBody } from './events.ts';
import { DEFAULT_POLICY } from './policy.ts';
import { initialState } from './state.ts';
import { nextDeadlineMs, step } from './step.ts';

function run(events: readonly TurnEventBody[]) {
  let state = initialState();
  let effects: string[] = [];
  events.forEach((event, index) => {
    const result = step(state, { ...event, atMs: index * 100 }, { ...DEFAULT_POLICY, firstMessage: 'Hello.' });
    ({ state } = result);
    effects = result.effects.map(({ type }) => type);
  });
  return { state, effects };
}

const aside: readonly TurnEventBody[] = [{ type: 'start' }, { type: 'stand-aside' }];

describe('silence of a caller', () => {
  const hangsUp = (awaited: readonly boolean[]) => {
    const before = run([{ type: 'start' }]).state;
    // The first message has been heard, and nothing is said any more.
    let state: typeof before = { ...before, phase: 'talking', turn: null, idle: { ...before.idle, sinceMs: 0 } };
    const policy = { ...DEFAULT_POLICY, firstMessage: 'Hello.' };
    awaited.forEach((one) => ({ state } = step(state, { type: 'human-awaited', awaited: one, atMs: 0 }, policy)));
    state = { ...state, idle: { ...state.idle, asked: policy.idleLimit } };
    const result = step(state, { type: 'tick', atMs: policy.waitingNoticeMs }, policy);
    return result.state.turn?.endsCall ?? null;
  };

  it('ends the call, but not while they wait for a human agent', () => {
    assert.equal(hangsUp([]), 'silence');
    assert.equal(hangsUp([true]), null);
    assert.equal(hangsUp([true, false]), 'silence');
  });
});

describe('an AI agent who stands aside', () => {
  it('stops speaking at once, and has no deadline', () => {
    const { state, effects } = run(aside);
    assert.ok(effects.includes('clear'));
    assert.equal(state.turn, null);
    assert.equal(nextDeadlineMs(state, DEFAULT_POLICY), null);
  });

  it('desk.md 16: neither hears the caller nor answers', () => {
    const speech: readonly TurnEventBody[] = [
      { type: 'speech-started', utterance: 1, onsetMs: 200 },
      { type: 'speech-ended', utterance: 1, endMs: 400 },
      { type: 'transcript-final', utterance: 1, text: 'hello there', confidence: 1 },
      { type: 'say', text: 'A notice.', endsCall: null },
      { type: 'tick' },
    ];
    const { state, effects } = run([...aside, ...speech]);
    assert.deepEqual([effects, state.turn], [[], null]);
    assert.ok(!state.ledger.some((item) => item.role === 'caller'));
  });

  it('returns with its sentence, and answers again', () => {
    const { state, effects } = run([...aside, { type: 'return', text: 'I am back.' }]);
    assert.ok(effects.includes('synthesize'));
    assert.equal(state.turn?.segments[0]?.text, 'I am back.');
    assert.notEqual(nextDeadlineMs(state, DEFAULT_POLICY), null);
  });

  it('keeps what the colleague and the caller say, and does not answer it', () => {
    const overheard = (userId: number | null, text: string): TurnEventBody => ({
      type: 'overheard',
      said: { userId, text, startMs: 300, endMs: 900, confidence: 0.9 },
    });
    const talk = [overheard(7, 'I have waived the fee.'), overheard(null, 'Thank you.')];
    assert.deepEqual(run([...aside, ...talk]).state.turn, null);
    const { state } = run([...aside, ...talk, { type: 'return', text: 'I am back.' }]);
    assert.deepEqual(messagesOf(state.ledger), [
      { role: 'overheard', by: 'colleague', text: 'I have waived the fee.' },
      { role: 'overheard', by: 'caller', text: 'Thank you.' },
    ]);
  });

  it('keeps what a supervisor tells it for its next turn, and says nothing of it', () => {
    const { state, effects } = run([...aside, { type: 'instructed', userId: 7, text: 'Offer a callback.' }]);
    assert.deepEqual([state.turn, effects.includes('synthesize')], [null, false]);
    assert.deepEqual(messagesOf(state.ledger), [{ role: 'instruction', text: 'Offer a callback.' }]);
  });

  it('a caller who hangs up, or an end from outside, ends the call', () => {
    for (const end of [{ type: 'hung-up', reason: 'x' } as const, { type: 'end', reason: 'x' } as const])
      assert.ok(['closing', 'ended'].includes(run([...aside, end]).state.phase));
  });
});
