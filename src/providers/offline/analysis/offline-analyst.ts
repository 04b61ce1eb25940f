import type { Analysis, Analyst, Line } from '#core/memory/analyst.ts';
import { factsIn, GENERAL } from './facts.ts';
import { judge } from './judgement.ts';

const LONGEST_QUOTE = 160;

/** Analyses a conversation by rules; a stand-in for a large model. */
export class OfflineAnalyst implements Analyst {
  readonly id = 'offline-rules';

  analyse(lines: readonly Line[]): Promise<Analysis> {
    const said = lines.flatMap((line) => (line.role === 'caller' ? [line.text] : []));
    const facts = factsIn(said);
    const preferences = {
      ...facts.preferences,
      ...(facts.name === null ? {} : { name: facts.name }),
      ...(facts.wants === null ? {} : { wants: facts.wants }),
    };
    return Promise.resolve({
      summary: summaryOf(lines, said, facts),
      topics: facts.topics,
      preferences,
      judgement: judge(lines),
    });
  }
}

function summaryOf(
  lines: readonly Line[],
  said: readonly string[],
  { name, wants, topics }: ReturnType<typeof factsIn>,
): string | null {
  if (said.length === 0) return null;
  const who = name ?? 'The person';
  const about =
    topics[0] === GENERAL
      ? `${who} had a general question`
      : topics.length > 0
        ? `${who} asked about ${listed(topics.map((topic) => topic.replaceAll('_', ' ')))}`
        : `${who} said: ${quoted(said.toSorted((a, b) => b.length - a.length)[0]!)}`;
  const last = lines.findLast((line) => line.role === 'agent')?.text;
  return [
    `${about}.`,
    ...(wants === null ? [] : [`They want ${wishOf(wants)}.`]),
    ...(last === undefined ? [] : [`Last answer: ${quoted(last)}`]),
  ].join(' ');
}

/** In the words of the one who reads the summary, without a further question of the person. */
const wishOf = (wants: string): string =>
  wants
    .replace(/,? (?:can|could|may|will|would|do|is|are) (?:i|you|we|it|there)\b.*$/is, '')
    .replace(/,$/, '')
    .replaceAll(/\byour\b/gi, 'the')
    .replaceAll(/\b(?:my|our)\b/gi, 'their');

const listed = (words: readonly string[]) =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
const quoted = (text: string) => `"${text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text}"`;
