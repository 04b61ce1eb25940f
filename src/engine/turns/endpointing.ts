import { LONGEST_ENDPOINT_MS, type TurnPolicy } from './policy.ts';
import type { TurnState } from './state.ts';
import { asksFor, digitsAtEnd, endsOpen, isUnfinished, lettersAtEnd, wordsOf } from './words.ts';

/** What the caller is likely to be telling: something that is told in pieces needs a longer wait between them. */
export type Telling = 'number' | 'spelling' | 'open';

/** Numbers of these lengths may be whole: telephone numbers with and without an area code, and longer ones. */
const WHOLE_NUMBER = (digits: number) => digits === 7 || digits >= 10;

/** Whether these words are the beginning of something that the prompt expects to be said. */
function begins(text: string, completions: readonly string[]): boolean {
  const words = `${wordsOf(text).join(' ')} `;
  return words !== ' ' && completions.some((phrase) => phrase.startsWith(words));
}

/** By what the model said that it expects, else by the agent's own last question. */
export function tellingNow({ dialogue, ledger }: Pick<TurnState, 'dialogue' | 'ledger'>): Telling {
  if (dialogue.expects === 'number') return 'number';
  const question = ledger.findLast((item) => item.role === 'agent');
  return (question?.role === 'agent' ? asksFor(question.text) : null) ?? 'open';
}

/**
 * How long to wait after the end of speech before the turn is the agent's, in ms: the agent's own setting after a
 * finished clause, longer in mid-thought, while a number is told or a name spelled; never forever.
 */
export function endpointWaitMs(text: string, telling: Telling, policy: TurnPolicy): number {
  const wait = (ms: number) =>
    Math.min(Math.max(policy.endpointMs, LONGEST_ENDPOINT_MS), Math.max(policy.endpointMs, ms));
  if (text === '') return policy.endpointMs;
  const digits = digitsAtEnd(text);
  // A single digit ends many sentences; two in a row are a number.
  if (digits >= 2 || (digits === 1 && telling === 'number'))
    return wait(WHOLE_NUMBER(digits) ? policy.wholeNumberEndpointMs : policy.piecewiseEndpointMs);
  const letters = lettersAtEnd(text);
  if (letters >= 2 || (letters === 1 && telling === 'spelling')) return wait(policy.piecewiseEndpointMs);
  if (isUnfinished(text) || (telling !== 'open' && endsOpen(text)) || begins(text, policy.completions))
    return wait(policy.unfinishedEndpointMs);
  return policy.endpointMs;
}
