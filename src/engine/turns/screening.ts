import { commit, sayTurn } from './agent.ts';
import { note, type Step } from './machine.ts';
import { soundsLikeMachine, wordsOf } from './words.ts';

/** Nobody said hello: the agent begins. */
const SILENT_ANSWER_MS = 2200;
/** People say hello and stop; a greeting goes on. */
const HUMAN_HELLO_MS = 2600;
const MACHINE_SPEECH_MS = 4500;
const AFTER_HELLO_MS = 250;
/** A greeting without a beep is over after so long a silence. */
const GREETING_GAP_MS = 2500;
const AFTER_BEEP_MS = 250;
const LONGEST_GREETING_MS = 40_000;

export function startScreening(step: Step): void {
  step.state.phase = 'screening';
  step.state.screening = { deadlineMs: step.state.nowMs + SILENT_ANSWER_MS, speechMs: 0, text: '', verdict: 'unknown', leaveAtMs: null };
}

/** The beep is over: now is the time to speak. */
export function toneEnded(step: Step): void {
  const { screening, nowMs } = step.state;
  if (!screening || (screening.verdict === 'unknown' && screening.speechMs < 600)) return;
  screening.verdict = 'machine';
  screening.leaveAtMs = nowMs + AFTER_BEEP_MS;
}

/** Human-first: a machine is only what says so of itself, or talks on and on; nobody is ever hung up on. */
export function screen(step: Step): void {
  const { state } = step;
  const { screening, caller } = state;
  if (state.phase !== 'screening' || !screening || state.lostUntilMs !== null) return;
  const text = [screening.text, caller.text, ...caller.pending.map((one) => one.partial), caller.speaking ? caller.partial : ''].filter(Boolean).join(' ');
  const spokenMs = caller.utterance === 0 ? 0 : (caller.speaking ? state.nowMs : (caller.endMs ?? state.nowMs)) - caller.onsetMs;
  if (caller.utterance > 0) screening.speechMs = Math.max(screening.speechMs, spokenMs);
  if (screening.verdict === 'unknown' && (soundsLikeMachine(text) || screening.speechMs >= MACHINE_SPEECH_MS)) {
    screening.verdict = 'machine';
    screening.deadlineMs = state.nowMs + LONGEST_GREETING_MS;
  }
  if (screening.verdict === 'machine') return awaitBeep(step);
  if (caller.utterance === 0) {
    if (state.nowMs >= screening.deadlineMs) beginTalk(step);
    return;
  }
  const quiet = !caller.speaking && caller.pending.length === 0 && caller.endMs !== null;
  if (!quiet) return;
  // A short hello needs no long wait; after more than that, a machine would go on within the second.
  const waitMs = screening.speechMs < HUMAN_HELLO_MS && wordsOf(text).length <= 8 ? AFTER_HELLO_MS + step.policy.endpointMs : 1200;
  if (state.nowMs >= caller.endMs! + waitMs) beginTalk(step);
}

function awaitBeep(step: Step): void {
  const { state } = step;
  const { screening, caller } = state;
  if (!screening) return;
  const gapAtMs = !caller.speaking && caller.pending.length === 0 && caller.endMs !== null ? caller.endMs + GREETING_GAP_MS : Infinity;
  if (state.nowMs < Math.min(screening.leaveAtMs ?? Infinity, gapAtMs, screening.deadlineMs)) return;
  state.phase = 'talking';
  state.screening = null;
  note(step, { kind: 'answered-by', who: 'machine' });
  const message = step.policy.voicemailMessage ?? step.policy.firstMessage;
  state.turn = null;
  if (message === null) return void sayTurn(step, 'voicemail', step.policy.phrases.goodbye, { interruptible: false, endsCall: 'voicemail' });
  sayTurn(step, 'voicemail', message, { interruptible: false, endsCall: 'voicemail' });
}

/** When screening has to look again without an event. */
export function screeningAtMs(step: Pick<Step, 'state' | 'policy'>): number | null {
  const { screening, caller, nowMs } = step.state;
  if (step.state.phase !== 'screening' || !screening) return null;
  if (screening.verdict === 'machine') {
    const gap = !caller.speaking && caller.pending.length === 0 && caller.endMs !== null ? caller.endMs + GREETING_GAP_MS : Infinity;
    return Math.min(screening.leaveAtMs ?? Infinity, gap, screening.deadlineMs);
  }
  if (caller.utterance === 0) return screening.deadlineMs;
  if (caller.speaking) return caller.onsetMs + MACHINE_SPEECH_MS;
  if (caller.pending.length > 0) return null;
  const ended = caller.endMs ?? nowMs;
  const short = ended + AFTER_HELLO_MS + step.policy.endpointMs;
  return nowMs < short ? short : ended + 1200;
}

/** A person, or someone who waits to be spoken to. */
export function beginTalk(step: Step): void {
  const { state, policy } = step;
  state.phase = 'talking';
  state.screening = null;
  note(step, { kind: 'answered-by', who: 'human' });
  if (policy.firstMessage === null || policy.firstMessage.trim() === '') {
    state.idle.sinceMs = state.nowMs;
    return;
  }
  const prepared = state.turn;
  if (prepared?.kind === 'first' && prepared.speculative) {
    commit(step, prepared);
    // A "hello?" asks for no more than the first message.
    state.caller.owed = false;
  } else {
    sayTurn(step, 'first', policy.firstMessage);
    state.caller.owed = false;
  }
}
