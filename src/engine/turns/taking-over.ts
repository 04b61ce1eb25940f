import { addSegment, callerTextNow, conclude, newTiming, pump, recordHeard, think } from './agent.ts';
import { isBackchannel } from './lexicon.ts';
import { addCallerText, emit, type Step } from './machine.ts';
import type { AgentTurn } from './state.ts';
import { toolResult } from './tools.ts';

/**
 * Goes on with a call of another server, whose model runs, audio and tools are gone: keeps what the caller said,
 * finishes the turn that was cut off, and reports the outcome of running tools as unknown.
 */
export function takeUp(step: Step): void {
  const { state } = step;
  state.lostUntilMs = null;
  state.hold = null;
  if (state.phase === 'closing') return emit(step, { type: 'hang-up', reason: state.closing?.reason ?? 'completed' });
  // The line may still hold audio of the previous server.
  emit(step, { type: 'clear' });
  for (const tool of state.tools)
    if (tool.status === 'running')
      toolResult(
        step,
        tool.key,
        'unknown',
        'The outcome is not known: the server that ran it stopped, and it is not run again.',
      );
  keepCallerText(step);
  if (state.screening) state.screening.tone = false;
  const { turn } = state;
  if (turn?.speculative) state.turn = null;
  else if (turn) takeUpTurn(step, turn);
  if (!state.turn) state.idle.sinceMs ??= state.nowMs;
}

/** No final text comes for what was being recognised, so its partial text stands. Utterances are counted anew. */
function keepCallerText(step: Step): void {
  const { state } = step;
  const { caller } = state;
  for (const { partial } of caller.pending) if (partial !== '') addCallerText(caller, 0, partial);
  if (caller.speaking && caller.partial !== '') addCallerText(caller, 0, caller.partial);
  Object.assign(caller, {
    speaking: false,
    utterance: 0,
    partial: '',
    finalEarly: false,
    pending: [],
    parts: caller.parts.map((part) => ({ ...part, utterance: 0 })),
    endMs: caller.speaking ? state.nowMs : (caller.endMs ?? state.nowMs),
    suspectedUntilMs: 0,
  });
}

/** Says what was not heard of the turn, from the beginning of the clause that was cut off. */
function takeUpTurn(step: Step, turn: AgentTurn): void {
  const { state, policy } = step;
  const text = callerTextNow(step);
  // The caller has interrupted: their words are answered instead.
  const interrupts = state.caller.digits !== '' || (text !== '' && !isBackchannel(text));
  if (turn.interruptible && policy.interruptible && interrupts) return conclude(step, turn, true);
  const rest = turn.segments
    .filter((one) => !one.finished && !one.opening && one.status !== 'failed')
    .map((one) => one.text);
  recordHeard(step, turn, rest.length > 0 || turn.thinking === 'running');
  Object.assign(turn, {
    segments: [],
    startedMs: state.nowMs,
    watchMs: state.nowMs + policy.watchdogMs,
    timing: newTiming(),
  });
  for (const clause of rest) addSegment(step, turn, clause);
  if (turn.thinking === 'running') think(step, turn, 1, rest.join(' '));
  if (turn.segments.length > 0 || turn.thinking === 'running') return pump(step, turn);
  state.turn = null;
  if (turn.endsCall !== null)
    state.leaving = { reason: turn.endsCall, atMs: state.nowMs, latestMs: state.nowMs + policy.longestFarewellMs };
}
