import { LONGEST_ENDPOINT_MS, type TurnPolicy } from './policy.ts';
import type { TurnState } from './state.ts';
import { asksFor, digitsAtEnd, endsOpen, isUnfinished, lettersAtEnd, wordsOf } from './lexicon.ts';

/** The kind of answer that the caller is giving: numbers and spellings come in pieces with pauses between them. */
export type Telling = 'phone-number' | 'number' | 'spelling' | 'open';

/** Lengths that can be a complete number: telephone numbers with and without an area code, and longer. */
const WHOLE_NUMBER = (digits: number) => digits === 7 || digits >= 10;
/** A telephone number with fewer digits goes on. */
const SHORTEST_PHONE_NUMBER = 7;
/** Few names are shorter. */
const SHORTEST_SPELLING = 4;

/** Whether these words begin a phrase that the prompt expects. */
function begins(text: string, completions: readonly string[]): boolean {
  const words = `${wordsOf(text).join(' ')} `;
  return words !== ' ' && completions.some((phrase) => phrase.startsWith(words));
}

/** Taken from the model's expected answer, else from the agent's last question. */
export function tellingNow({ dialogue, ledger }: Pick<TurnState, 'dialogue' | 'ledger'>): Telling {
  const question = ledger.findLast((item) => item.role === 'agent');
  const asked = question?.role === 'agent' ? asksFor(question.text) : null;
  if (dialogue.expects === 'number') return asked === 'phone-number' ? asked : 'number';
  return asked ?? 'open';
}

/**
 * The endpoint wait after the end of speech, in ms: the agent's setting after a finished clause; longer, but bounded,
 * after an unfinished one and within a number or a spelling.
 */
export function endpointWaitMs(text: string, telling: Telling, policy: TurnPolicy): number {
  const wait = (ms: number) =>
    Math.min(Math.max(policy.endpointMs, LONGEST_ENDPOINT_MS), Math.max(policy.endpointMs, ms));
  if (text === '') return policy.endpointMs;
  const digits = digitsAtEnd(text);
  // A single digit ends many sentences; two in a row are a number.
  if (digits >= 2 || (digits === 1 && (telling === 'number' || telling === 'phone-number'))) {
    if (digits < SHORTEST_PHONE_NUMBER && telling === 'phone-number') return wait(policy.unfinishedEndpointMs);
    if (digits < SHORTEST_PHONE_NUMBER && telling === 'number') return wait(policy.begunEndpointMs);
    return wait(WHOLE_NUMBER(digits) ? policy.wholeNumberEndpointMs : policy.piecewiseEndpointMs);
  }
  const letters = lettersAtEnd(text);
  if (telling === 'spelling' && letters > 0 && letters < SHORTEST_SPELLING) return wait(policy.begunEndpointMs);
  if (letters >= (telling === 'spelling' ? 1 : 2)) return wait(policy.piecewiseEndpointMs);
  if (isUnfinished(text) || (telling !== 'open' && endsOpen(text)) || begins(text, policy.completions))
    return wait(policy.unfinishedEndpointMs);
  return policy.endpointMs;
}
