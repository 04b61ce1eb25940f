import assert from 'node:assert/strict';
import type { TurnEffect } from '#engine/turns/events.ts';
import { wordsOf } from '#engine/turns/lexicon.ts';
import type { TurnState } from '#engine/turns/state.ts';

// What the turn machine promises, whatever happens around it.

/** A segment of the agent's speech on the line. */
export interface Track {
  readonly id: number;
  readonly text: string;
  durationMs: number | null;
  releasedAs: number | null;
  started: boolean;
  /** How much the caller has really been played, ms. */
  playedMs: number;
  dropped: boolean;
  words: { text: string; endSample: number }[];
}

export const newTrack = (id: number, text: string): Track => ({
  id,
  text,
  durationMs: null,
  releasedAs: null,
  started: false,
  playedMs: 0,
  dropped: false,
  words: [],
});

/** Nothing is sent after the hang-up. */
export function checkSilent(effects: readonly TurnEffect[]): void {
  const sent = effects.find((one) =>
    ['think', 'synthesize', 'release', 'pause', 'resume', 'clear', 'run-tool'].includes(one.type),
  );
  assert.equal(sent, undefined, 'something was sent after hang-up');
}

/** The state is plain data, and what the ledger holds stays as it is. */
export function checkPlain(before: TurnState, state: TurnState): void {
  assert.deepEqual(JSON.parse(JSON.stringify(state)), state, 'the state does not survive JSON');
  assert.deepEqual(state.ledger.slice(0, before.ledger.length), before.ledger, 'the ledger was rewritten');
}

/** What the caller has heard only grows. */
export function checkHeard(before: TurnState, state: TurnState): void {
  assert.ok(state.ledger.length >= before.ledger.length, 'the ledger shrank');
  for (const segment of state.turn?.segments ?? []) {
    const old = before.turn?.segments.find((one) => one.id === segment.id);
    if (old) assert.ok(segment.heardSamples >= old.heardSamples, 'what was heard shrank');
  }
}

/** What the machine may send in which state. */
export function checkEffects(before: TurnState, state: TurnState, effects: readonly TurnEffect[]): void {
  for (const [at, effect] of effects.entries()) {
    if (effect.type === 'note' && effect.note.kind === 'interrupted')
      assert.ok(
        effects.slice(0, at).some((one) => one.type === 'clear'),
        'a barge-in sent no clear',
      );
    if (
      effect.type === 'note' &&
      effect.note.kind === 'entry' &&
      effect.note.item.role === 'agent' &&
      effect.note.item.interrupted &&
      state.phase !== 'closing' &&
      state.phase !== 'ended'
    ) {
      assert.ok(
        effects.some((one) => one.type === 'clear'),
        'an interrupted turn sent no clear',
      );
    }
    const sealed = before.turn?.speculative && state.turn?.id === before.turn.id && state.turn.speculative;
    if (sealed && state.turn?.kind === 'reply')
      assert.ok(
        !['release', 'run-tool', 'hang-up', 'expect'].includes(effect.type) &&
          !(effect.type === 'note' && ['responded', 'phase', 'first-frame'].includes(effect.note.kind)),
        `a sealed turn leaked ${effect.type}`,
      );
    if (effect.type === 'release')
      assert.ok(
        !state.turn?.speculative || state.turn.segments.every((one) => one.id !== effect.segment),
        'a sealed turn was released',
      );
  }
}

/** Opening words stand before an answer to the caller that was late, once, and never in a sealed turn. */
export function checkOpening({ turn }: TurnState): void {
  const openings = turn?.segments.filter((one) => one.opening) ?? [];
  if (!turn || openings.length === 0) return;
  assert.equal(turn.kind, 'reply', 'opening words where no answer was due');
  assert.ok(!turn.speculative, 'a sealed turn has opening words');
  assert.ok(
    turn.segments.slice(0, openings.length).every((one) => one.opening),
    'opening words after the answer had begun',
  );
  assert.ok(openings.length === 1 || openings.every((one, at) => one.attempt === at + 1), 'opening words twice');
}

/** The ledger says of the agent only what was really played. */
export function checkLedger(before: TurnState, state: TurnState, line: readonly Track[]): void {
  const added = state.ledger.slice(before.ledger.length).filter((item) => item.role === 'agent');
  if (added.length === 0) return;
  for (const { text } of added) {
    const played = playedWords(line);
    for (const word of wordsOf(text)) {
      const left = played.get(word) ?? 0;
      assert.ok(left > 0, `the ledger says the caller heard "${word}" of "${text}", which was not played`);
      played.set(word, left - 1);
    }
  }
}

function playedWords(line: readonly Track[]): Map<string, number> {
  const words = new Map<string, number>();
  for (const track of line) {
    for (const word of track.words) {
      if (word.endSample > track.playedMs * 8) continue;
      for (const plain of wordsOf(word.text)) words.set(plain, (words.get(plain) ?? 0) + 1);
    }
  }
  return words;
}

/** After a takeover the agent says what it had not said, answers what was not answered, or listens. */
export function checkTakenUp(before: TurnState, state: TurnState): void {
  if (state.phase !== 'talking') return;
  for (const tool of before.tools)
    if (tool.status === 'running')
      assert.ok(
        state.ledger.some((item) => item.role === 'tool-result' && item.key === tool.key && item.status === 'unknown'),
        'the outcome of a tool that was lost is not on record',
      );
  const { turn } = before;
  const unheard =
    turn && !turn.speculative && turn.segments.some((one) => !one.finished && !one.opening && one.status !== 'failed');
  const due = state.caller.text !== '' || state.caller.owed || state.caller.digits !== '';
  assert.ok(state.turn || due || state.leaving || state.idle.sinceMs !== null, 'nothing follows a takeover');
  if (unheard) assert.ok(state.turn || due || state.leaving, 'the sentence that was cut off is not finished');
}
