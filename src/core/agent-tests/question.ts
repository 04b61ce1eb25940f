import type { CallEntry } from '../conversations/entry.ts';

export interface Question {
  /** What was said and done up to the caller's words, these included. Empty without a question. */
  readonly before: readonly CallEntry[];
  /** Null: the entry is not there, or answers no caller. */
  readonly question: CallEntry | null;
  /** The agent's words after it. */
  readonly recorded: CallEntry | null;
}

/** The caller's words that an entry is or answers, with what came before and after. */
export function questionAt(entries: readonly CallEntry[], seq: number): Question {
  const at = entries.findIndex((one) => one.seq === seq);
  const asked = at < 0 ? -1 : entries.findLastIndex((one, place) => place <= at && one.role === 'caller');
  if (asked < 0) return { before: [], question: null, recorded: null };
  const next = entries.slice(asked + 1);
  const end = next.findIndex(({ role }) => role === 'caller');
  const answers = (end < 0 ? next : next.slice(0, end)).filter(({ role }) => role === 'agent');
  return { before: entries.slice(0, asked + 1), question: entries[asked]!, recorded: answers[0] ?? null };
}
