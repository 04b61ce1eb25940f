import { conclude, silence, takeUpCallerText } from './agent.ts';
import { addCallerText, emit, type Step } from './machine.ts';

/** Enters the closing phase: pending transcripts are awaited for a bounded time before the end is reported. */
export function beginClosing(step: Step, reason: string): void {
  const { state, policy } = step;
  if (state.phase === 'closing' || state.phase === 'ended') return;
  const { turn, caller } = state;
  state.phase = 'closing';
  state.hold = null;
  state.screening = null;
  state.lostUntilMs = null;
  if (turn) {
    silence(step, turn);
    if (turn.speculative) state.turn = null;
    else conclude(step, turn, true);
  }
  if (caller.speaking) {
    caller.pending.push({
      utterance: caller.utterance,
      endMs: state.nowMs,
      lengthMs: state.nowMs - caller.onsetMs,
      partial: caller.partial,
      partialMs: state.nowMs,
      deadlineMs: state.nowMs + policy.flushMs,
    });
    caller.speaking = false;
    caller.endMs = state.nowMs;
  }
  state.idle.sinceMs = null;
  state.closing = { reason, deadlineMs: state.nowMs + policy.flushMs };
  if (caller.pending.length > 0) emit(step, { type: 'flush' });
}

export function finishClosing(step: Step): void {
  const { state } = step;
  const { closing, caller } = state;
  if (state.phase !== 'closing' || !closing) return;
  if (caller.pending.length > 0 && state.nowMs < closing.deadlineMs) return;
  for (const late of caller.pending) if (late.partial !== '') addCallerText(caller, late.utterance, late.partial);
  caller.pending = [];
  if (caller.digits !== '') addCallerText(caller, caller.utterance, caller.digits);
  takeUpCallerText(step);
  for (const tool of state.tools) if (tool.status === 'running') tool.status = 'unknown';
  state.phase = 'ended';
  emit(step, { type: 'closed', reason: closing.reason });
}
