import type { TurnEffect, TurnNote } from './events.ts';
import type { TurnPolicy } from './policy.ts';
import type { LedgerItem, TurnState } from './state.ts';

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

export function newId(step: Step): number {
  return step.state.nextId++;
}
