import type { ExpectedAnswer } from '../contracts/language-model.ts';
import { LONGEST_ENDPOINT_MS, type TurnPolicy } from './policy.ts';
import { endsInDigits, isUnfinished, wordsOf } from './words.ts';

/** Whether these words are the beginning of something that the prompt expects to be said. */
function begins(text: string, completions: readonly string[]): boolean {
  const words = `${wordsOf(text).join(' ')} `;
  return words !== ' ' && completions.some((phrase) => phrase.startsWith(words));
}

/**
 * How long to wait after the end of speech before the turn is the agent's, in ms: the agent's own setting after a
 * finished clause, longer in mid-thought, while a number is told or a name spelled; never forever.
 */
export function endpointWaitMs(text: string, expects: ExpectedAnswer, policy: TurnPolicy): number {
  const atMost = Math.max(policy.endpointMs, LONGEST_ENDPOINT_MS);
  if (text === '') return policy.endpointMs;
  if (isUnfinished(text) || begins(text, policy.completions)) return Math.min(atMost, Math.max(policy.endpointMs, policy.unfinishedEndpointMs));
  const digits = endsInDigits(text);
  if (expects === 'number' && digits) return Math.min(atMost, Math.max(policy.endpointMs, policy.unfinishedEndpointMs));
  // A lone digit or letter is rarely all of a number or a spelled name.
  if (digits && wordsOf(text).length > 1) return Math.min(atMost, Math.max(policy.endpointMs, policy.unfinishedEndpointMs / 2));
  return policy.endpointMs;
}
