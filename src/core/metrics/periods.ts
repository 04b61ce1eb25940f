import { aheadMs, wallClock, type TimeZone } from '../kernel/locale.ts';

export const GRANULARITIES = ['quarter', 'hour', 'day', 'week', 'month'] as const;
export type Granularity = (typeof GRANULARITIES)[number];

/** From an instant up to another, ms since 1970; the end is excluded. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

const SECOND_MS = 1000;
const QUARTER_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * The periods of a zone that a range consists of; the first and the last are cut at its ends. A day has 23 or 25 hours
 * where clocks are put forward or back, and a day that the zone skipped is left out.
 */
export function periodsOf(zone: TimeZone, granularity: Granularity, { from, to }: Period): readonly Period[] {
  const periods: Period[] = [];
  const next = nextOf(zone, granularity, from);
  for (let start = from; start < to;) {
    const end = Math.min(next(), to);
    if (end > start) periods.push({ from: start, to: end });
    start = Math.max(start, end);
  }
  return periods;
}

/** When the period began that an instant lies in. */
export function periodStart(zone: TimeZone, granularity: Granularity, at: number): number {
  if (granularity === 'quarter' || granularity === 'hour')
    return at - modulo(at + aheadMs(zone, at), granularity === 'quarter' ? QUARTER_MS : HOUR_MS);
  const local = wallClock(zone, new Date(at));
  const [year, month, day] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
  const back = granularity === 'day' ? 0 : granularity === 'week' ? (local.getUTCDay() + 6) % 7 : day - 1;
  return startOfDay(zone, Date.UTC(year, month, day - back));
}

/** Gives the beginnings of the periods after that of `from`, one at a time. */
function nextOf(zone: TimeZone, granularity: Granularity, from: number): () => number {
  if (granularity === 'quarter' || granularity === 'hour') {
    const length = granularity === 'quarter' ? QUARTER_MS : HOUR_MS;
    let at = from;
    return () => (at += length - modulo(at + aheadMs(zone, at), length));
  }
  // The calendar is walked as days of UTC, and each of them found in the zone.
  const local = wallClock(zone, new Date(from));
  const [year, month, day] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
  const weekday = (local.getUTCDay() + 6) % 7;
  let step = 0;
  return () => {
    step++;
    switch (granularity) {
      case 'day':
        return startOfDay(zone, Date.UTC(year, month, day + step));
      case 'week':
        return startOfDay(zone, Date.UTC(year, month, day - weekday + 7 * step));
      case 'month':
        return startOfDay(zone, Date.UTC(year, month + step, 1));
    }
  };
}

/** The first instant of a calendar day, given as its midnight in UTC. */
export function startOfDay(zone: TimeZone, midnight: number): number {
  const offsets = [aheadMs(zone, midnight - DAY_MS), aheadMs(zone, midnight + DAY_MS)];
  const [early, late] = [midnight - Math.max(...offsets), midnight - Math.min(...offsets)] as const;
  for (const at of [early, late]) if (at + aheadMs(zone, at) === midnight) return at;
  // Clocks are put forward over midnight: the day begins when they are.
  const before = aheadMs(zone, early);
  let [low, high] = [early / SECOND_MS, late / SECOND_MS];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (aheadMs(zone, middle * SECOND_MS) === before) low = middle;
    else high = middle;
  }
  return high * SECOND_MS;
}

/** Spans of UTC that roll-ups are kept for, the longest first. */
const SPANS = [
  ['day', DAY_MS],
  ['hour', HOUR_MS],
  ['quarter', QUARTER_MS],
] as const;
export type Span = (typeof SPANS)[number][0];
/** Those of the roll-ups of campaigns. */
export const CAMPAIGN_SPANS: readonly Span[] = ['day', 'quarter'];

/** A part of a period: whole spans, or `exact` for what is shorter than the shortest. */
export interface Part extends Period {
  readonly span: Span | 'exact';
}

/** The fewest parts that a period consists of. `among`: the spans to take. */
export function partsOf({ from, to }: Period, among: readonly Span[] = SPANS.map(([span]) => span)): readonly Part[] {
  if (from >= to) return [];
  const [span, ...shorter] = among;
  if (span === undefined) return [{ from, to, span: 'exact' }];
  const length = SPANS.find(([name]) => name === span)![1];
  const [first, last] = [Math.ceil(from / length) * length, Math.floor(to / length) * length];
  if (first >= last) return partsOf({ from, to }, shorter);
  return [
    ...partsOf({ from, to: first }, shorter),
    { from: first, to: last, span },
    ...partsOf({ from: last, to }, shorter),
  ];
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by;
