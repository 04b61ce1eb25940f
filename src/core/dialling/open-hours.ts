import { aheadMs, type TimeZone } from '../kernel/locale.ts';
import { isClosedOn } from './closed-dates.ts';
import type { Jurisdiction } from './rules.ts';
import { common, DAY_MINUTES, minutesOn, WEEKDAYS, type Minutes, type WeekHours } from './week-hours.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Half a year, in which clocks change in every zone: hours that do not open within it never open. */
const FARTHEST_DAYS = 190;

/** Instants from (included) to (excluded). */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** When calls are allowed: in each zone, by each jurisdiction and by our own hours. */
export interface OpenHours {
  readonly zones: readonly TimeZone[];
  readonly jurisdictions: readonly Pick<Jurisdiction, 'hours' | 'closed' | 'closedDatesMove'>[];
  readonly own: readonly WeekHours[];
}

/** The minutes of a calendar day (UTC midnight of its date) that all hours allow. */
function openMinutes({ jurisdictions, own }: OpenHours, day: number): Minutes {
  const weekday = WEEKDAYS[new Date(day).getUTCDay()]!;
  const all: Minutes = [[0, DAY_MINUTES]];
  const hours = [...jurisdictions.map((one) => one.hours), ...own];
  const closed = jurisdictions.some((one) => isClosedOn(day, one.closed, one.closedDatesMove ?? false));
  return closed ? [] : hours.reduce((left, one) => (one === null ? left : common(left, minutesOn(one, weekday))), all);
}

/** The stretches around a calendar day in which a zone's clocks are ahead of UTC by the same time. */
function stretches(zone: TimeZone, day: number): readonly (Interval & { readonly ahead: number })[] {
  const [from, to] = [day - DAY_MS, day + 2 * DAY_MS];
  const [before, after] = [aheadMs(zone, from), aheadMs(zone, to)];
  if (before === after) return [{ fromMs: from, toMs: to, ahead: before }];
  let [low, high] = [from, to];
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (middle === low) break;
    if (aheadMs(zone, middle) === before) low = middle;
    else high = middle;
  }
  return [
    { fromMs: from, toMs: high, ahead: before },
    { fromMs: high, toMs: to, ahead: after },
  ];
}

const merged = (intervals: readonly Interval[]): readonly Interval[] => {
  const result: { fromMs: number; toMs: number }[] = [];
  for (const one of intervals.toSorted((left, right) => left.fromMs - right.fromMs)) {
    const last = result.at(-1);
    if (last && one.fromMs <= last.toMs) last.toMs = Math.max(last.toMs, one.toMs);
    else result.push({ ...one });
  }
  return result;
};

/** Looks for open hours day by day, and looks at no day twice. */
class OpenDays {
  readonly #hours: OpenHours;
  readonly #minutes = new Map<number, Minutes>();
  readonly #intervals = new Map<string, readonly Interval[]>();

  constructor(hours: OpenHours) {
    this.#hours = hours;
  }

  /** When all zones are open, between two UTC midnights. */
  between(fromDay: number, toDay: number): readonly Interval[] {
    const days: number[] = [];
    // Clocks differ from UTC by up to 14 hours, so a zone's own day may begin or end outside.
    for (let day = fromDay - DAY_MS; day <= toDay; day += DAY_MS) days.push(day);
    if (days.every((day) => this.#openMinutes(day).length === 0)) return [];
    return this.#hours.zones
      .map((zone) => merged(days.flatMap((day) => this.#openOn(zone, day))))
      .reduce((left, right) =>
        left.flatMap((one) =>
          right.flatMap((other) => {
            const both = { fromMs: Math.max(one.fromMs, other.fromMs), toMs: Math.min(one.toMs, other.toMs) };
            return both.fromMs < both.toMs ? [both] : [];
          }),
        ),
      )
      .map(({ fromMs, toMs }) => ({ fromMs: Math.max(fromMs, fromDay), toMs: Math.min(toMs, toDay) }))
      .filter(({ fromMs, toMs }) => fromMs < toMs);
  }

  #openMinutes(day: number): Minutes {
    return remembered(this.#minutes, day, () => openMinutes(this.#hours, day));
  }

  /** When a zone is open on a calendar day of its own. Where clocks are put back, the repeated hour is open twice. */
  #openOn(zone: TimeZone, day: number): readonly Interval[] {
    const minutes = this.#openMinutes(day);
    if (minutes.length === 0) return [];
    return remembered(this.#intervals, `${zone} ${day}`, () =>
      stretches(zone, day).flatMap(({ fromMs, toMs, ahead }) =>
        minutes.flatMap(([from, to]) => {
          const open = {
            fromMs: Math.max(fromMs, day + from * MINUTE_MS - ahead),
            toMs: Math.min(toMs, day + to * MINUTE_MS - ahead),
          };
          return open.fromMs < open.toMs ? [open] : [];
        }),
      ),
    );
  }
}

function remembered<K, V>(known: Map<K, V>, key: K, compute: () => V): V {
  const found = known.get(key);
  if (found !== undefined) return found;
  const value = compute();
  known.set(key, value);
  return value;
}

/** The open interval that an instant lies in, or else the next one, of two days at most; null if none comes. */
export function openAtOrAfter(hours: OpenHours, at: Date): Interval | null {
  if (hours.zones.length === 0) return null;
  const atMs = at.getTime();
  const today = Math.floor(atMs / DAY_MS) * DAY_MS;
  const days = new OpenDays(hours);
  for (let step = 0; step < FARTHEST_DAYS; step++) {
    const day = today + step * DAY_MS;
    // The interval is followed into the next day, so that its end is known.
    const found = days.between(day, day + 2 * DAY_MS).find(({ toMs }) => toMs > atMs);
    if (found) return { fromMs: Math.max(found.fromMs, atMs), toMs: found.toMs };
  }
  return null;
}
