import { AppError } from './errors.ts';

/** IANA time zone, as in `Europe/Berlin`. */
export type TimeZone = string & { readonly brand: 'TimeZone' };

/** BCP 47 language whose word lists exist. */
export type Language = 'en';

/** @throws AppError invalid-input when the runtime knows no such zone */
export function timeZone(value: string): TimeZone {
  if (isTimeZone(value)) return value;
  throw new AppError('invalid-input', 'Unknown time zone', {
    issues: [{ path: 'time_zone', message: `${value} is not an IANA time zone`, kind: 'format' }],
  });
}

/** Whether the runtime knows the zone. */
export function isTimeZone(value: string): value is TimeZone {
  try {
    Intl.DateTimeFormat('en', { timeZone: value });
    return true;
  } catch {
    return false;
  }
}

/** The calendar day of an instant where the organization is, `YYYY-MM-DD`. */
export function dayIn(zone: TimeZone, at: Date): string {
  return wallClock(zone, at).toISOString().slice(0, 10);
}

/**
 * The instants at which clocks in a zone show this day (`YYYY-MM-DD`) and time: none where clocks are put forward over
 * it, two where they are put back.
 */
export function instantsIn(zone: TimeZone, day: string, hour: number, minute: number): Date[] {
  const wall = Date.parse(`${day}T${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}:00Z`);
  if (Number.isNaN(wall)) return [];
  const offsets = new Set([wall - DAY_MS, wall + DAY_MS].map((near) => aheadMs(zone, near)));
  return [...offsets]
    .map((ahead) => wall - ahead)
    .filter((at) => at + aheadMs(zone, at) === wall)
    .toSorted((one, other) => one - other)
    .map((at) => new Date(at));
}

const DAY_MS = 86_400_000;

/** What clocks in a zone show, as if it were UTC. */
export function wallClock(zone: TimeZone, at: Date): Date {
  return new Date(at.getTime() + aheadMs(zone, at.getTime()));
}

/** Building a formatter takes a hundred times as long as using it. */
const FORMATTERS = new Map<string, Intl.DateTimeFormat>();
const MOST_FORMATTERS = 600;

function formatterOf(zone: TimeZone): Intl.DateTimeFormat {
  const known = FORMATTERS.get(zone);
  if (known) return known;
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (FORMATTERS.size >= MOST_FORMATTERS) FORMATTERS.clear();
  FORMATTERS.set(zone, formatter);
  return formatter;
}

/** By zone and day of UTC, the difference that holds all day; null on days on which clocks change. */
const DAYS = new Map<string, number | null>();
const MOST_DAYS = 20_000;

/** How far clocks in a zone are ahead of UTC at an instant. */
export function aheadMs(zone: TimeZone, atMs: number): number {
  const day = Math.floor(atMs / DAY_MS);
  const key = `${zone} ${day}`;
  let allDay = DAYS.get(key);
  if (allDay === undefined) {
    const atStart = aheadAt(zone, day * DAY_MS);
    allDay = atStart === aheadAt(zone, (day + 1) * DAY_MS) ? atStart : null;
    if (DAYS.size >= MOST_DAYS) DAYS.clear();
    DAYS.set(key, allDay);
  }
  return allDay ?? aheadAt(zone, atMs);
}

function aheadAt(zone: TimeZone, atMs: number): number {
  const parts = formatterOf(zone).formatToParts(new Date(atMs));
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  return (
    Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) -
    Math.floor(atMs / 1000) * 1000
  );
}
