import type { TurnEffect, TurnNote, WholeTranscript } from './events.ts';
import type { TurnPolicy } from './policy.ts';
import type { CallerState, LedgerItem, TurnState } from './state.ts';

/** One step under way: a draft of the state that handlers change, and the effects they ask for. */
export interface Step {
  readonly state: TurnState;
  readonly policy: TurnPolicy;
  readonly effects: TurnEffect[];
}

export function emit(step: Step, effect: TurnEffect): void {
  step.effects.push(effect);
}

export function note(step: Step, what: TurnNote): void {
  step.effects.push({ type: 'note', note: what });
}

/** Adds to the one record of what was said and done. Nothing in it is ever changed or taken back. */
export function record(step: Step, item: LedgerItem): void {
  step.state.ledger = [...step.state.ledger, item];
  note(step, { kind: 'entry', item });
}

/** Adds understood words to what no turn has taken up yet. */
export function addCallerText(caller: CallerState, utterance: number, text: string, whole?: WholeTranscript): void {
  const again = whole !== undefined && caller.parts.some((part) => part.utterance >= whole.since);
  caller.parts = again ? caller.parts.filter((part) => part.utterance < whole.since) : caller.parts;
  caller.parts.push({ utterance, text: again ? whole.text : text });
  caller.text = caller.parts.map((part) => part.text).filter(Boolean).join(' ');
}

export function clearCallerText(caller: CallerState): void {
  caller.parts = [];
  caller.text = '';
}

export function newId(step: Step): number {
  return step.state.nextId++;
}
