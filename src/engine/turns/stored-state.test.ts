import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newTiming } from './agent.ts';
import type { TurnEffect, TurnEventBody } from './events.ts';
import { DEFAULT_POLICY, type TurnPolicy } from './policy.ts';
import { initialState, type LedgerItem, type TurnState } from './state.ts';
import { restoredState, stateOfLedger, storedState, wordlessState } from './stored-state.ts';
import { step } from './step.ts';

const POLICY: TurnPolicy = { ...DEFAULT_POLICY, firstMessage: 'Hello, this is Ada. How can I help you today?' };

/** Plays events on a state, and keeps the effects of all. */
function play(state: TurnState, events: readonly (TurnEventBody & { readonly atMs: number })[], policy = POLICY) {
  const effects: TurnEffect[] = [];
  for (const event of events) {
    const result = step(state, event, policy);
    state = result.state;
    effects.push(...result.effects);
  }
  return { state, effects };
}

const spoken = (effects: readonly TurnEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'synthesize' ? effect.text : [])).join(' ');

/** As another server reads it. */
const moved = (state: TurnState, nowMs: number) =>
  restoredState(JSON.parse(JSON.stringify(storedState(state))), state.ledger, nowMs)!;

const caller = (text: string, endMs: number): LedgerItem => ({
  role: 'caller',
  text,
  startMs: endMs - 500,
  endMs,
  backchannel: false,
  confidence: 1,
});

const agent = (text: string, endMs: number): LedgerItem => ({
  role: 'agent',
  turn: 1,
  kind: 'reply',
  text,
  intended: text,
  startMs: endMs - 500,
  endMs,
  heardMs: 500,
  interrupted: false,
  estimated: false,
  timing: newTiming(),
});

describe('the stored turn state', () => {
  it('is the state, with the ledger beside it', () => {
    const { state } = play(initialState(), [{ type: 'start', atMs: 0 }]);
    assert.deepEqual(moved(state, state.nowMs), state);
  });

  it('is not taken where its version is unknown, or where entries of it are missing', () => {
    const { state } = play(initialState(), [{ type: 'start', atMs: 0 }]);
    const stored = storedState({ ...state, ledger: [caller('hello', 900)] });
    for (const unknown of [null, 7, 'text', {}, { ...stored, v: 2 }])
      assert.equal(restoredState(unknown, [caller('hello', 900)], 1000), null);
    assert.equal(restoredState(stored, [], 1000), null);
    assert.ok(restoredState(stored, [caller('hello', 900)], 1000));
  });

  it('does not count the time without a server as silence of the caller', () => {
    const state: TurnState = { ...initialState(), phase: 'talking', nowMs: 5000 };
    state.idle.sinceMs = 3000;
    const later = moved(state, 12_000);
    assert.deepEqual([later.nowMs, later.idle.sinceMs], [12_000, 10_000]);
  });
});

describe('a call that is taken over', () => {
  it('repeats the clause that was cut off and goes on, and records the part that was heard', () => {
    const begun = play(initialState(), [{ type: 'start', atMs: 0 }]).state;
    const [first] = begun.turn!.segments;
    const words = first!.text.split(' ').map((text, n) => ({ text, endSample: (n + 1) * 2400 }));
    const { state } = play(begun, [
      { type: 'synthesis-started', segment: first!.id, atMs: 50 },
      { type: 'synthesis-done', segment: first!.id, samples: words.length * 2400, words, atMs: 60 },
      { type: 'playout-started', segment: first!.id, atMs: 100 },
      { type: 'media-lost', untilMs: 10_700, atMs: 700 },
      { type: 'playout-heard', segment: first!.id, samples: 4800, estimated: false, atMs: 700 },
    ]);
    const after = play(moved(state, 2000), [{ type: 'taken-over', atMs: 2000 }]);
    const [heard] = after.state.ledger;
    assert.ok(heard?.role === 'agent' && heard.interrupted);
    assert.equal(heard.text, first!.text.split(' ').slice(0, 2).join(' '));
    assert.equal(
      spoken(after.effects),
      begun
        .turn!.segments.map((one) => one.text)
        .slice(0, 2)
        .join(' '),
    );
    assert.ok(after.effects.some((effect) => effect.type === 'release'));
  });

  it('answers the caller who spoke last, and does not greet again', () => {
    const answered: TurnState = {
      ...initialState(),
      phase: 'talking',
      nowMs: 4000,
      ledger: [caller('What now', 3900)],
    };
    answered.caller.owed = true;
    for (const state of [moved(answered, 6000), stateOfLedger(answered.ledger, 'GREETING', 6000)]) {
      const { effects } = play(state, [
        { type: 'taken-over', atMs: 6000 },
        { type: 'tick', atMs: 6400 },
      ]);
      assert.equal(effects.filter((effect) => effect.type === 'think').length, 1);
      assert.equal(spoken(effects), '');
    }
  });

  it('listens when the agent spoke last', () => {
    const state = stateOfLedger([caller('What now', 900), agent('It costs ten dollars.', 3000)], 'GREETING', 6000);
    const { state: after, effects } = play(state, [
      { type: 'taken-over', atMs: 6000 },
      { type: 'tick', atMs: 9000 },
    ]);
    assert.deepEqual([after.turn, effects.map((effect) => effect.type)], [null, ['clear']]);
    assert.equal(after.idle.sinceMs, 6000);
  });

  it('speaks of a tool whose outcome is unknown, and runs it no more', () => {
    const ledger: readonly LedgerItem[] = [
      caller('Book it', 900),
      { role: 'tool-call', key: 'tool-7', name: 'book', args: {}, atMs: 1000 },
    ];
    const { state, effects } = play(stateOfLedger(ledger, 'GREETING', 3000), [{ type: 'taken-over', atMs: 3000 }]);
    assert.ok(state.ledger.some((item) => item.role === 'tool-result' && item.status === 'unknown'));
    assert.deepEqual(
      ['run-tool', 'think'].map((type) => effects.filter((effect) => effect.type === type).length),
      [0, 1],
    );
    assert.ok(state.nextId > 7, 'keys of tools stay unique');
  });

  it('asks the caller to repeat where no words are kept', () => {
    const answered: TurnState = { ...initialState(), phase: 'talking', nowMs: 4000, ledger: [caller('My card', 3900)] };
    answered.caller.owed = true;
    answered.caller.text = 'is 4111';
    answered.caller.parts = [{ utterance: 1, text: 'is 4111', confidence: 1 }];
    const stored = JSON.stringify(wordlessState(answered));
    assert.doesNotMatch(stored, /card|4111/);
    const state = restoredState(JSON.parse(stored), [], 6000)!;
    const { effects } = play(state, [
      { type: 'taken-over', atMs: 6000 },
      { type: 'tick', atMs: 6400 },
    ]);
    assert.equal(spoken(effects), POLICY.phrases.repeat);
  });
});
