import {
  callerTextNow,
  commit,
  discard,
  intendedText,
  interrupt,
  isAudible,
  pump,
  sayTurn,
  thinkTurn,
} from './agent.ts';
import { judge } from './barge-in.ts';
import { endpointWaitMs, tellingNow } from './endpointing.ts';
import type { WholeTranscript } from './events.ts';
import { addCallerText, emit, recordCallerText, type Step } from './machine.ts';
import type { PendingUtterance, TurnState } from './state.ts';
import { hasUntoldResult } from './tools.ts';
import { isBackchannel, sameWords } from './lexicon.ts';

/** Shorter speech without a transcript counts as noise. */
const NOISE_MS = 700;
/** A "yes" that begins this close to the end of a question answers it. */
const ANSWER_OVERLAP_MS = 1500;

export function speechStarted(step: Step, utterance: number, onsetMs: number): void {
  const { caller, idle } = step.state;
  if (utterance <= caller.utterance) return;
  if (caller.speaking) speechEnded(step, caller.utterance, onsetMs);
  Object.assign(caller, { speaking: true, utterance, onsetMs, partial: '', finalEarly: false });
  if (caller.text === '') caller.textStartMs = onsetMs;
  idle.sinceMs = null;
  makeRoom(step, false);
}

/** The caller speaks: discards a speculative turn, and holds a spoken one until the barge-in is decided. */
function makeRoom(step: Step, decided: boolean): void {
  const { state, policy } = step;
  const { turn } = state;
  if (!turn) return;
  if (turn.speculative) {
    if (turn.kind === 'reply') discard(step);
    return;
  }
  if (!turn.interruptible || !policy.interruptible) return;
  if (state.hold) {
    if (decided) state.hold.decideAtMs = Math.min(state.hold.decideAtMs, state.nowMs);
    return;
  }
  const { speaking, onsetMs } = state.caller;
  state.hold = {
    sinceMs: state.nowMs,
    fresh: true,
    decideAtMs: decided ? state.nowMs : state.nowMs + policy.bargeInMs,
    voicedMs: speaking ? state.nowMs - onsetMs : 0,
    voicedAtMs: state.nowMs,
  };
  emit(step, { type: 'pause' });
}

export function speechGoesOn(step: Step, ms: number): void {
  const { hold, nowMs } = step.state;
  if (hold) Object.assign(hold, { voicedMs: hold.voicedMs + ms, voicedAtMs: nowMs });
}

export function partial(step: Step, utterance: number, text: string): void {
  const { caller, nowMs } = step.state;
  const late = caller.pending.find((one) => one.utterance === utterance);
  if (late) {
    if (late.partial !== text) Object.assign(late, { partial: text, partialMs: nowMs });
  } else if (caller.speaking && utterance === caller.utterance) {
    caller.partial = text;
    if (text !== '' && !isBackchannel(text)) makeRoom(step, false);
  }
}

export function speechEnded(step: Step, utterance: number, endMs: number): void {
  const { caller, nowMs } = step.state;
  if (!caller.speaking || utterance !== caller.utterance) return;
  caller.speaking = false;
  caller.endMs = Math.max(endMs, caller.endMs ?? endMs);
  if (caller.finalEarly && caller.partial === '') return;
  caller.pending.push({
    utterance,
    endMs,
    lengthMs: Math.max(0, endMs - caller.onsetMs),
    partial: caller.partial,
    partialMs: nowMs,
    deadlineMs: nowMs + step.policy.finalTimeoutMs,
  });
  caller.partial = '';
}

/** The transcript of an utterance with its confidence. */
export interface Understood {
  readonly text: string;
  readonly confidence?: number | null;
  readonly whole?: WholeTranscript;
}

export function final(step: Step, utterance: number, said: Understood): void {
  const { text } = said;
  const { caller } = step.state;
  const awaited = caller.pending.find((one) => one.utterance === utterance);
  if (awaited) {
    caller.pending = caller.pending.filter((one) => one !== awaited);
    understood(step, utterance, said, awaited);
    return;
  }
  // A final may come before our own end of speech; a late one for a given-up utterance is used as well.
  if (utterance > caller.utterance || text === '') return;
  if (utterance === caller.utterance && caller.speaking) {
    caller.finalEarly = true;
    caller.partial = '';
  }
  understood(step, utterance, said, null);
}

function understood(
  step: Step,
  number: number,
  { text, confidence, whole }: Understood,
  utterance: PendingUtterance | null,
): void {
  const { state } = step;
  const { caller, turn } = state;
  caller.finalMs = state.nowMs;
  if (text === '') {
    // The agent does not ask the caller to repeat what the agent talked over.
    if (utterance && utterance.lengthMs >= NOISE_MS && (!turn || turn.speculative)) caller.unclear = true;
    if (state.hold === null && turn === null) state.idle.sinceMs ??= state.nowMs;
    return;
  }
  state.idle.asked = 0;
  if (caller.text === '' && utterance)
    caller.textStartMs = Math.min(caller.textStartMs, utterance.endMs - utterance.lengthMs);
  addCallerText(caller, number, text, { whole, confidence });
  if (turn?.speculative && turn.kind === 'reply' && !sameWords(caller.text, turn.basis)) discard(step);
  if (turn && !turn.speculative && state.hold === null && isBackchannel(text)) settleBackchannel(step);
  else if (turn && !turn.speculative && !isBackchannel(text)) makeRoom(step, true);
}

/** A backchannel ("mm-hm") needs no answer, unless it answers the question that the agent is asking. */
function settleBackchannel(step: Step): void {
  const { turn } = step.state;
  if (!turn || !step.policy.interruptible || !isAudible(turn)) return;
  const leftMs = turn.segments.reduce(
    (sum, one) => sum + (one.finished ? 0 : ((one.samples ?? Infinity) - one.heardSamples) / 8),
    0,
  );
  if (leftMs <= ANSWER_OVERLAP_MS && turn.thinking === 'done' && /\?\s*$/.test(intendedText(turn))) return;
  recordCallerText(step, true);
}

/** Gives up overdue finals: uses the partial text and reports the recogniser. */
export function giveUpFinals(step: Step): void {
  const { caller, nowMs } = step.state;
  for (const late of caller.pending.filter((one) => one.deadlineMs <= nowMs)) {
    caller.pending = caller.pending.filter((one) => one !== late);
    emit(step, { type: 'transcript-missed', utterance: late.utterance });
    understood(step, late.utterance, { text: late.partial }, late);
  }
}

/** Decides on a sound during the agent's speech as soon as possible, at the latest at the deadline. */
export function decideHold(step: Step): void {
  const { state } = step;
  const { caller, hold } = state;
  if (!hold || hold.fresh || state.lostUntilMs !== null) return;
  const verdict =
    caller.digits !== '' || caller.written
      ? 'stop'
      : judge({
          text: callerTextNow(step),
          lengthMs: (caller.speaking ? state.nowMs : (caller.endMs ?? state.nowMs)) - caller.onsetMs,
          speaking: caller.speaking,
          final: caller.pending.length === 0 && (!caller.speaking || caller.finalEarly),
          due: state.nowMs >= hold.decideAtMs,
          voicedMs: hold.voicedMs,
          quietMs: state.nowMs - hold.voicedAtMs,
        });
  if (verdict === 'stop') interrupt(step);
  if (verdict === 'resume') {
    state.hold = null;
    caller.unclear = false;
    emit(step, { type: 'resume' });
    if (state.turn) {
      state.turn.watchMs = state.nowMs + step.policy.watchdogMs;
      if (caller.text !== '' && isBackchannel(caller.text)) settleBackchannel(step);
    }
  }
}

/** When the caller's turn ends; null while that is open. */
export function endpointAtMs(state: TurnState, policy: Step['policy']): number | null {
  const { caller } = state;
  if (
    state.phase !== 'talking' ||
    state.hold ||
    state.lostUntilMs !== null ||
    caller.speaking ||
    caller.pending.length > 0
  )
    return null;
  if (state.turn && !state.turn.speculative) return null;
  if (caller.digits !== '') return (caller.endMs ?? state.nowMs) + policy.unfinishedEndpointMs;
  if (caller.written) return caller.endMs ?? state.nowMs;
  if (caller.text === '' && !caller.owed && !caller.unclear) return null;
  return Math.max(
    caller.suspectedUntilMs,
    (caller.endMs ?? state.nowMs) + endpointWaitMs(caller.text, tellingNow(state), policy),
  );
}

/** Starts a speculative answer before the caller's turn has surely ended. */
export function speculate(step: Step): void {
  const { state, policy } = step;
  const { caller } = state;
  if (!policy.speculates) return;
  if (state.phase !== 'talking' || state.turn || state.hold || state.lostUntilMs !== null || caller.digits !== '')
    return;
  if (caller.speaking && !caller.finalEarly) return;
  if (caller.pending.some((one) => one.partial === '' || state.nowMs < one.partialMs + policy.stablePartialMs)) return;
  const basis = [caller.text, ...caller.pending.map((one) => one.partial)].filter(Boolean).join(' ');
  if (basis !== '' && (caller.text !== '' || caller.pending.length > 0)) thinkTurn(step, 'reply', basis, true);
}

/** The caller's turn is over: answer it. */
export function endpoint(step: Step): void {
  const { state, policy } = step;
  const { caller } = state;
  const at = endpointAtMs(state, policy);
  if (at === null || state.nowMs < at) return;
  if (caller.digits !== '') {
    addCallerText(caller, caller.utterance, caller.digits);
    caller.digits = '';
  }
  const ready = state.turn;
  if (ready?.speculative && ready.kind === 'reply' && sameWords(ready.basis, caller.text)) {
    commit(step, ready);
    if (ready.thinking === 'done') pump(step, ready);
    return;
  }
  if (ready) discard(step);
  if (caller.text === '' && !caller.owed) {
    caller.unclear = false;
    sayTurn(step, 'repeat', policy.phrases.repeat);
    return;
  }
  thinkTurn(step, 'reply', caller.text, false);
}

/** Starts a turn for tool results that came while the agent or the caller spoke. */
export function speakToolResults(step: Step): void {
  const { state } = step;
  if (
    state.phase !== 'talking' ||
    state.turn ||
    state.hold ||
    state.caller.speaking ||
    state.caller.pending.length > 0 ||
    state.lostUntilMs !== null
  )
    return;
  if (hasUntoldResult(state)) thinkTurn(step, 'tool', '', false);
}

/** Takes a written message as the caller's words. */
export function written(step: Step, text: string): void {
  const { state } = step;
  const { caller } = state;
  if (caller.text === '') caller.textStartMs = state.nowMs;
  // It belongs to no utterance, so that a revised transcript does not remove it.
  addCallerText(caller, 0, text, { confidence: 1 });
  Object.assign(caller, { written: true, finalMs: state.nowMs, ...(caller.speaking ? {} : { endMs: state.nowMs }) });
  state.idle.sinceMs = null;
  state.idle.asked = 0;
  makeRoom(step, true);
}

export function dtmf(step: Step, digit: string): void {
  const { state } = step;
  const { caller } = state;
  caller.digits += digit.slice(0, 1);
  caller.endMs = digit === '#' ? state.nowMs - step.policy.unfinishedEndpointMs : state.nowMs;
  state.idle.sinceMs = null;
  state.idle.asked = 0;
  makeRoom(step, true);
}
