import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { wallClock, type TimeZone } from '../kernel/locale.ts';
import type { HistoryCall } from './campaign-history.ts';
import { getCampaign } from './campaigns.ts';
import { intervalOf, normal, rateOf, surelyLarger, type Proportion } from './proportions.ts';

export const SUGGESTION_TYPES = ['timing', 'retry', 'script', 'caller_id'] as const;
export type SuggestionType = (typeof SUGGESTION_TYPES)[number];

/** What a suggestion stands on: one row for each hour, attempt, objection or number. */
export interface SuggestionFigure {
  readonly name: string;
  readonly calls: number;
  /** Answered calls; of an objection those that it ended. */
  readonly hits: number;
  readonly rate: number;
  /** The interval of 95 per cent. */
  readonly low: number;
  readonly high: number;
}

export interface Suggestion {
  readonly type: SuggestionType;
  readonly description: string;
  /** How sure the figures make it, 0 to 1. */
  readonly confidence: number;
  readonly figures: readonly SuggestionFigure[];
}

export interface Suggestions {
  /** Calls of the campaign that were looked at. */
  readonly calls: number;
  readonly suggestions: readonly Suggestion[];
}

export const FEWEST_CALLS = 30;
/** The last calls tell more than those of long ago, and reading them costs the same for any campaign. */
const MOST_CALLS = 5000;
/** Fewer calls of a group say nothing of it. */
const FEWEST_OF_GROUP = 5;
const FEWEST_DIALS = 10;
/** A difference that is less sure is not suggested. */
const SURE = 0.9;

/** What a campaign's own calls suggest; nothing if there are fewer than 30. @throws AppError not-found */
export async function suggestionsFor(
  core: Pick<Core, 'store' | 'clock'>,
  ctx: Pick<Context, 'organizationId'>,
  campaignId: number,
  type: SuggestionType | null,
): Promise<Suggestions> {
  await getCampaign(core, ctx, campaignId);
  const [calls, organization] = await Promise.all([
    core.store.campaignHistory.recent(ctx.organizationId, campaignId, MOST_CALLS),
    core.store.organizations.get(ctx.organizationId),
  ]);
  return { calls: calls.length, suggestions: suggestionsOf(calls, organization!.timeZone, type) };
}

/** Surest first. With enough calls there is always what is known of the hours. */
export function suggestionsOf(
  calls: readonly HistoryCall[],
  zone: TimeZone,
  type: SuggestionType | null,
): readonly Suggestion[] {
  if (calls.length < FEWEST_CALLS) return [];
  const timing = ofHours(calls, zone);
  const all = [timing, ofAttempts(calls), ofObjections(calls), ofCallerIds(calls)].filter((one) => one !== null);
  const asked = type === null ? all : all.filter((one) => one.type === type);
  return (asked.length > 0 ? asked : [timing]).toSorted((one, other) => other.confidence - one.confidence);
}

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;
const share = (of: Proportion): string => `${of.hits} of ${of.of} (${percent(rateOf(of))})`;
const withInterval = (of: Proportion): string => {
  const { low, high } = intervalOf(of);
  return `${of.hits} of ${of.of} (${percent(rateOf(of))}, 95% interval ${percent(low)} to ${percent(high)})`;
};
const rounded = (value: number, digits = 4): number => Math.round(value * 10 ** digits) / 10 ** digits;

const figureOf = (name: string, of: Proportion): SuggestionFigure => {
  const { low, high } = intervalOf(of);
  return { name, calls: of.of, hits: of.hits, rate: rounded(rateOf(of)), low: rounded(low), high: rounded(high) };
};

interface Group<K> {
  readonly key: K;
  readonly answered: Proportion;
}

function groupsOf<K>(calls: readonly HistoryCall[], keyOf: (call: HistoryCall) => K | null): readonly Group<K>[] {
  const groups = Map.groupBy(calls, keyOf);
  return [...groups].flatMap(([key, some]) => (key === null ? [] : [{ key, answered: answeredOf(some) }]));
}

const answeredOf = (calls: readonly HistoryCall[]): Proportion => ({
  hits: calls.filter((call) => call.answered).length,
  of: calls.length,
});

const less = (all: Proportion, part: Proportion): Proportion => ({
  hits: all.hits - part.hits,
  of: all.of - part.of,
});

const hourName = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;
const hourRange = (hour: number): string => `${hourName(hour)} and ${hourName((hour + 1) % 24)}`;

function ofHours(calls: readonly HistoryCall[], zone: TimeZone): Suggestion {
  const hours = groupsOf(calls, (call) => wallClock(zone, call.placedAt).getUTCHours()).toSorted(
    (one, other) => one.key - other.key,
  );
  const all = answeredOf(calls);
  const best = hours
    .filter(({ answered }) => answered.of >= FEWEST_OF_GROUP)
    .toSorted((one, other) => intervalOf(other.answered).low - intervalOf(one.answered).low)[0];
  const rest = best && less(all, best.answered);
  const figures = hours.map(({ key, answered }) => figureOf(hourName(key), answered));
  if (best && rest && rest.of > 0 && rateOf(best.answered) > rateOf(rest))
    return {
      type: 'timing',
      description:
        `Call between ${hourRange(best.key)} (${zone}): ${withInterval(best.answered)} of the calls placed then were ` +
        `answered, against ${share(rest)} at other hours.`,
      confidence: rounded(surelyLarger(best.answered, rest), 2),
      figures,
    };
  const { low, high } = intervalOf(all);
  const where =
    hours.length === 1 ? `All calls were placed between ${hourRange(hours[0]!.key)} (${zone})` : 'No hour stands out';
  return {
    type: 'timing',
    description: `${where}: ${withInterval(all)} were answered. Call at further hours to find better ones.`,
    confidence: rounded(1 - (high - low), 2),
    figures,
  };
}

function ofAttempts(calls: readonly HistoryCall[]): Suggestion | null {
  const attempts = groupsOf(calls, (call) => call.attempt)
    .filter(({ answered }) => answered.of >= FEWEST_DIALS)
    .toSorted((one, other) => one.key - other.key);
  const [first] = attempts;
  const last = attempts.at(-1);
  if (!first || !last || first === last || first.key !== 1) return null;
  const fewer = surelyLarger(first.answered, last.answered);
  const figures = attempts.map(({ key, answered }) => figureOf(`attempt ${key}`, answered));
  const atFirst = share(first.answered);
  const found = `${withInterval(last.answered)} were answered at attempt ${last.key}, ${atFirst} at the first`;
  return fewer >= SURE
    ? {
        type: 'retry',
        description: `Try leads at most ${last.key - 1} times, and call new ones instead: ${found}.`,
        confidence: rounded(fewer, 2),
        figures,
      }
    : {
        type: 'retry',
        description: `Keep trying leads ${last.key} times: ${found}.`,
        confidence: rounded(1 - fewer, 2),
        figures,
      };
}

const OBJECTION = /objection|not_interested|refus|declin|do[-_]not|already|busy|no_time|expensive|no_need|trust/;

function ofObjections(calls: readonly HistoryCall[]): Suggestion | null {
  const talks = calls.filter((call) => call.answered && call.intent !== null);
  const lost = talks.filter((call) => !call.converted && OBJECTION.test(call.intent!));
  const objections = [...Map.groupBy(lost, (call) => call.intent!)]
    .map(([intent, some]) => ({ intent, ended: { hits: some.length, of: talks.length } }))
    .toSorted((one, other) => other.ended.hits - one.ended.hits || (one.intent < other.intent ? -1 : 1));
  const [first, second] = objections;
  if (!first || first.ended.hits < FEWEST_OF_GROUP) return null;
  const next = second?.ended.hits ?? 0;
  return {
    type: 'script',
    description:
      `Prepare the agent for the objection ${first.intent}: ${withInterval(first.ended)} of the analysed talks ` +
      'ended with it and without a conversion.',
    confidence: rounded(normal((first.ended.hits - next) / Math.sqrt(first.ended.hits + next)), 2),
    figures: objections.map(({ intent, ended }) => figureOf(intent, ended)),
  };
}

function ofCallerIds(calls: readonly HistoryCall[]): Suggestion | null {
  const numbers = groupsOf(calls, (call) => call.from).filter(({ answered }) => answered.of >= FEWEST_DIALS);
  const all = answeredOf(calls.filter((call) => call.from !== null));
  const [worst] = numbers.toSorted((one, other) => rateOf(one.answered) - rateOf(other.answered));
  if (!worst || numbers.length < 2) return null;
  const rest = less(all, worst.answered);
  const declined = surelyLarger(rest, worst.answered);
  if (declined < SURE) return null;
  return {
    type: 'caller_id',
    description:
      `Rest or replace the caller id ${worst.key}: ${withInterval(worst.answered)} of its calls were answered, ` +
      `against ${share(rest)} from the other numbers.`,
    confidence: rounded(declined, 2),
    figures: numbers.map(({ key, answered }) => figureOf(key, answered)),
  };
}
