import type { TurnEffect, TurnNote, WholeTranscript } from './events.ts';
import type { TurnPolicy } from './policy.ts';
import type { CallerState, LedgerItem, TurnState } from './state.ts';

/** One step: the draft of the state that handlers change, and their effects. */
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

/** Appends to the ledger, which is append-only. */
export function record(step: Step, item: LedgerItem): void {
  step.state.ledger = [...step.state.ledger, item];
  note(step, { kind: 'entry', item });
}

/** Adds recognised words to the caller's pending text. */
export function addCallerText(
  caller: CallerState,
  utterance: number,
  text: string,
  more: { readonly whole?: WholeTranscript | undefined; readonly confidence?: number | null | undefined } = {},
): void {
  const { whole, confidence = null } = more;
  const again = whole !== undefined && caller.parts.some((part) => part.utterance >= whole.since);
  caller.parts = again ? caller.parts.filter((part) => part.utterance < whole.since) : caller.parts;
  caller.parts.push({ utterance, text: again ? whole.text : text, confidence });
  caller.text = caller.parts
    .map((part) => part.text)
    .filter(Boolean)
    .join(' ');
}

/** Moves the caller's pending text to the ledger. */
export function recordCallerText(step: Step, backchannel: boolean): void {
  const { caller, nowMs } = step.state;
  const known = caller.parts.flatMap((part) => part.confidence ?? []);
  record(step, {
    role: 'caller',
    text: caller.text,
    startMs: caller.textStartMs,
    endMs: caller.endMs ?? nowMs,
    backchannel,
    // The lowest confidence of the parts.
    confidence: known.length > 0 ? Math.min(...known) : null,
    ...(caller.written ? { written: true } : {}),
  });
  clearCallerText(caller);
}

export function clearCallerText(caller: CallerState): void {
  caller.parts = [];
  caller.written = false;
  caller.text = '';
}

export function newId(step: Step): number {
  return step.state.nextId++;
}
