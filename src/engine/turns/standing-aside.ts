import { conclude, sayTurn, silence, takeUpCallerText } from './agent.ts';
import { addCallerText, emit, type Step } from './machine.ts';

/** A human agent talks with the caller: the AI agent stops at once, and neither listens nor speaks until it returns. */
export function standAside(step: Step): void {
  const { state } = step;
  const { turn, caller } = state;
  if (state.away || state.phase === 'waiting' || state.phase === 'closing') return;
  if (state.phase === 'screening') Object.assign(state, { phase: 'talking', screening: null });
  state.hold = null;
  state.leaving = null;
  emit(step, { type: 'clear' });
  if (turn) {
    silence(step, turn);
    if (turn.speculative) state.turn = null;
    else conclude(step, turn, true);
  }
  for (const { utterance, partial } of caller.pending) if (partial !== '') addCallerText(caller, utterance, partial);
  takeUpCallerText(step);
  // Results of tools that come now are for the human agent's call no longer of use.
  for (const tool of state.tools) tool.toldBy ??= turn?.id ?? 0;
  forgetSpeech(step);
  state.idle = { sinceMs: null, asked: 0, waitingForHuman: false };
  state.away = true;
}

/** The AI agent has the caller again, and says so. `endsCall`: the end reason, where that is all it says. */
export function returnToCaller(step: Step, text: string, endsCall: string | null): void {
  const { state } = step;
  if (!state.away) return;
  state.away = false;
  forgetSpeech(step);
  sayTurn(step, 'notice', text, endsCall === null ? {} : { endsCall, interruptible: false });
}

/** What was said to the human agent is not answered. */
function forgetSpeech({ state: { caller } }: Step): void {
  Object.assign(caller, { speaking: false, partial: '', pending: [], owed: false, unclear: false, digits: '' });
}
