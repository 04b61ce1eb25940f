import { endpointAtMs } from './caller.ts';
import type { TurnPolicy } from './policy.ts';
import { screeningAtMs } from './screening.ts';
import type { TurnState } from './state.ts';

/** An answer that comes so soon after the end of the turn needs no opening words. */
const LEAST_OPENING_MS = 500;

/** When the machine needs the next `tick`; null if it has no deadline. */
export function nextDeadlineMs(state: TurnState, policy: TurnPolicy): number | null {
  if (state.phase === 'ended') return null;
  if (state.phase === 'closing') return state.closing?.deadlineMs ?? null;
  if (state.lostUntilMs !== null) return state.lostUntilMs;
  if (state.phase === 'waiting' || state.away) return null;
  let next = Infinity;
  const consider = (at: number | null) => {
    if (at !== null && at < next) next = at;
  };
  if (state.leaving) {
    consider(state.leaving.latestMs);
    if (!state.caller.speaking && state.caller.pending.length === 0) consider(state.leaving.atMs);
    for (const pending of state.caller.pending) consider(pending.deadlineMs);
    return next;
  }
  consider(endpointAtMs(state, policy));
  consider(screeningAtMs({ state, policy }));
  consider(state.hold?.decideAtMs ?? null);
  consider(idleAtMs(state, policy));
  for (const pending of state.caller.pending) {
    consider(pending.deadlineMs);
    if (!state.turn && pending.partial !== '') {
      const stable = pending.partialMs + policy.stablePartialMs;
      if (stable > state.nowMs) consider(stable);
    }
  }
  for (const tool of state.tools) {
    if (tool.status !== 'running') continue;
    consider(tool.deadlineMs);
    if (wantsFiller(state, tool.turn) && tool.fillAtMs > state.nowMs) consider(tool.fillAtMs);
  }
  const { turn } = state;
  if (turn) {
    consider(openingAtMs(state, policy));
    consider(turn.thinkDeadlineMs);
    if (!turn.speculative && !state.hold && turn.awaiting.length === 0) consider(turn.watchMs);
    for (const segment of turn.segments) consider(segment.deadlineMs);
  }
  return next === Infinity ? null : next;
}

export function idleAtMs(state: TurnState, policy: TurnPolicy): number | null {
  const { idle, caller } = state;
  if (
    state.phase !== 'talking' ||
    idle.sinceMs === null ||
    state.turn ||
    caller.speaking ||
    caller.pending.length > 0 ||
    state.tools.some((tool) => tool.status === 'running')
  )
    return null;
  return idle.sinceMs + (idle.waitingForHuman ? policy.waitingNoticeMs : policy.idleMs);
}

export function wantsFiller(state: TurnState, turnId: number): boolean {
  const { turn } = state;
  return (
    turn !== null &&
    turn.id === turnId &&
    !turn.speculative &&
    !state.hold &&
    turn.segments.every((one) => one.finished || one.status === 'failed')
  );
}

/** When the agent says opening words because the answer to the caller is late. */
export function openingAtMs({ turn, hold, caller }: TurnState, policy: TurnPolicy): number | null {
  if (policy.openingAfterMs === null || hold || turn?.kind !== 'reply' || turn.speculative) return null;
  if (turn.thinking !== 'running' || turn.segments.length > 0 || turn.awaiting.length > 0 || caller.speaking)
    return null;
  const { endOfSpeechMs, committedMs } = turn.timing;
  const committed = committedMs ?? turn.startedMs;
  // A turn that was waited for longer gives its model some time as well.
  return Math.max((endOfSpeechMs ?? committed) + policy.openingAfterMs, committed + LEAST_OPENING_MS);
}
