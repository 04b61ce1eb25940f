import { callerTextNow, commit, interrupt, sayTurn } from './agent.ts';
import { clearCallerText, note, type Step } from './machine.ts';
import type { ScreeningState, TurnState } from './state.ts';
import { asksWhoCalls, greetsForBusiness, isSurelyMachine, offersHelp, soundsLikeMachine, wordsOf } from './lexicon.ts';

/** Silence after the answer before the agent begins. */
const SILENT_ANSWER_MS = 2200;
/** A person's hello is shorter than this; a machine's greeting is longer. */
const HUMAN_HELLO_MS = 2600;
const HUMAN_HELLO_WORDS = 8;
const AFTER_HELLO_MS = 250;
/** Pause after a longer or business greeting; a machine would continue within it. */
const AFTER_GREETING_MS = 1200;
/** Continuous speech of this length is a machine even without typical words. */
const MACHINE_SPEECH_MS = 7000;
/** The same if the carrier also reports a machine. */
const HINTED_SPEECH_MS = 3500;
/** Silence after which a greeting without a beep has ended. */
const GREETING_GAP_MS = 2500;
const AFTER_BEEP_MS = 250;
const LONGEST_GREETING_MS = 40_000;
/** A machine can still be detected until this long after the first word. */
const DOUBT_MS = 20_000;

const newScreening = (deadlineMs: number): ScreeningState => ({
  deadlineMs,
  speechMs: 0,
  text: '',
  verdict: 'unknown',
  tone: false,
  leaveAtMs: null,
  hinted: false,
});

export function startScreening(step: Step): void {
  step.state.phase = 'screening';
  step.state.screening = newScreening(step.state.nowMs + SILENT_ANSWER_MS);
}

/** Whether a beep would indicate a machine. */
export function mayBeMachine(state: TurnState): boolean {
  return state.phase === 'screening' || (state.phase === 'talking' && state.nowMs < state.doubtUntilMs);
}

/** Handles a beep: when it ends the voicemail message starts, whatever the verdict was. */
export function tone(step: Step, ended: boolean): void {
  const { state } = step;
  if (!ended) {
    if (state.screening) state.screening.tone = true;
    return;
  }
  if (!state.screening && mayBeMachine(state)) takeForMachine(step);
  const { screening } = state;
  if (!screening) return;
  screening.tone = false;
  if (screening.verdict === 'unknown' && screening.speechMs < 600) return;
  screening.verdict = 'machine';
  screening.leaveAtMs = state.nowMs + AFTER_BEEP_MS;
}

/**
 * The carrier reports a machine: long speech counts as one sooner, and a beep is awaited longer. The hint alone does
 * not decide.
 */
export function hintMachine(step: Step): void {
  const { state } = step;
  if (state.screening) state.screening.hinted = true;
  else if (mayBeMachine(state)) state.doubtUntilMs = state.nowMs + DOUBT_MS;
}

/** A machine was mistaken for a person: the agent stops and waits for the beep. */
export function reconsider(step: Step): void {
  const { state } = step;
  if (state.phase !== 'talking' || state.doubtUntilMs === 0) return;
  if (state.nowMs >= state.doubtUntilMs || state.leaving) state.doubtUntilMs = 0;
  else if (isSurelyMachine(callerTextNow(step))) takeForMachine(step);
}

function takeForMachine(step: Step): void {
  const { state } = step;
  state.doubtUntilMs = 0;
  if (state.turn || state.hold) interrupt(step);
  state.phase = 'screening';
  state.screening = {
    ...newScreening(state.nowMs + LONGEST_GREETING_MS),
    text: callerTextNow(step),
    verdict: 'machine',
  };
  clearCallerText(state.caller);
  Object.assign(state.caller, { owed: false, unclear: false });
  state.idle.sinceMs = null;
}

/** Human-first: only typical words or long speech indicate a machine, and the agent never hangs up on a verdict. */
export function screen(step: Step): void {
  const { state } = step;
  const { screening, caller } = state;
  if (state.phase !== 'screening' || !screening || state.lostUntilMs !== null) return;
  const text = textSoFar(screening, step);
  const spokenMs =
    caller.utterance === 0 ? 0 : (caller.speaking ? state.nowMs : (caller.endMs ?? state.nowMs)) - caller.onsetMs;
  if (caller.utterance > 0) screening.speechMs = Math.max(screening.speechMs, spokenMs);
  if (screening.verdict === 'unknown' && isMachine(text, screening)) {
    screening.verdict = 'machine';
    screening.deadlineMs = state.nowMs + LONGEST_GREETING_MS;
  }
  // The greeting turned out to be call screening: a person may be listening.
  if (screening.verdict === 'machine' && screening.leaveAtMs === null && asksWhoCalls(text) && !isSurelyMachine(text))
    screening.verdict = 'unknown';
  if (screening.verdict === 'machine') return awaitBeep(step);
  if (caller.utterance === 0) {
    if (state.nowMs >= screening.deadlineMs) beginTalk(step);
    return;
  }
  if (caller.speaking || caller.pending.length > 0 || caller.endMs === null) return;
  if (!screening.tone && state.nowMs >= caller.endMs + waitAfter(text, screening, step)) beginTalk(step);
}

const textSoFar = (screening: ScreeningState, step: Pick<Step, 'state'>): string =>
  [screening.text, callerTextNow(step)].filter(Boolean).join(' ');

const machineSpeechMs = ({ hinted }: ScreeningState): number => (hinted ? HINTED_SPEECH_MS : MACHINE_SPEECH_MS);

function isMachine(text: string, screening: ScreeningState): boolean {
  if (asksWhoCalls(text)) return isSurelyMachine(text);
  return soundsLikeMachine(text) || (screening.speechMs >= machineSpeechMs(screening) && !offersHelp(text));
}

function waitAfter(text: string, screening: ScreeningState, step: Pick<Step, 'policy'>): number {
  const hello =
    screening.speechMs < HUMAN_HELLO_MS && wordsOf(text).length <= HUMAN_HELLO_WORDS && !greetsForBusiness(text);
  return (hello && !screening.hinted) || (offersHelp(text) && !asksWhoCalls(text))
    ? AFTER_HELLO_MS + step.policy.endpointMs
    : AFTER_GREETING_MS;
}

/** When the greeting ends if no beep comes. */
function gapAtMs({ caller, screening }: TurnState): number {
  return !screening?.tone && !caller.speaking && caller.pending.length === 0 && caller.endMs !== null
    ? caller.endMs + GREETING_GAP_MS
    : Infinity;
}

function awaitBeep(step: Step): void {
  const { state } = step;
  const { screening } = state;
  if (!screening || state.nowMs < Math.min(screening.leaveAtMs ?? Infinity, gapAtMs(state), screening.deadlineMs))
    return;
  state.phase = 'talking';
  state.screening = null;
  note(step, { kind: 'answered-by', who: 'machine' });
  const message = step.policy.voicemailMessage ?? step.policy.firstMessage;
  state.turn = null;
  if (!step.policy.leavesMessage)
    return void (state.leaving = { reason: 'voicemail', atMs: state.nowMs, latestMs: state.nowMs });
  if (message === null)
    return void sayTurn(step, 'voicemail', step.policy.phrases.goodbye, {
      interruptible: false,
      endsCall: 'voicemail',
    });
  sayTurn(step, 'voicemail', message, { interruptible: false, endsCall: 'voicemail' });
}

/** The next deadline of screening. */
export function screeningAtMs(step: Pick<Step, 'state' | 'policy'>): number | null {
  const { screening, caller, nowMs } = step.state;
  if (step.state.phase !== 'screening' || !screening) return null;
  if (screening.verdict === 'machine')
    return Math.min(screening.leaveAtMs ?? Infinity, gapAtMs(step.state), screening.deadlineMs);
  if (caller.utterance === 0) return screening.deadlineMs;
  if (caller.speaking) {
    const long = caller.onsetMs + machineSpeechMs(screening);
    return long > nowMs ? long : null;
  }
  if (caller.pending.length > 0 || screening.tone) return null;
  return (caller.endMs ?? nowMs) + waitAfter(textSoFar(screening, step), screening, step);
}

/** A person answered, or the line is silent: the conversation begins. */
export function beginTalk(step: Step): void {
  const { state, policy } = step;
  state.phase = 'talking';
  state.screening = null;
  if (policy.screen) state.doubtUntilMs = state.nowMs + DOUBT_MS;
  note(step, { kind: 'answered-by', who: 'human' });
  if (policy.firstMessage === null || policy.firstMessage.trim() === '') {
    state.idle.sinceMs = state.nowMs;
    return;
  }
  const prepared = state.turn;
  if (prepared?.kind === 'first' && prepared.speculative) {
    commit(step, prepared);
    // The first message answers a "hello?".
    state.caller.owed = false;
  } else {
    sayTurn(step, 'first', policy.firstMessage);
    state.caller.owed = false;
  }
}
