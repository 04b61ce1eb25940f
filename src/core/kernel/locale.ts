import { AppError } from './errors.ts';

/** IANA time zone, as in `Europe/Berlin`. */
export type TimeZone = string & { readonly brand: 'TimeZone' };

/** BCP 47 language whose word lists exist. */
export type Language = 'en';

/** @throws AppError invalid-input when the runtime knows no such zone */
export function timeZone(value: string): TimeZone {
  try {
    Intl.DateTimeFormat('en', { timeZone: value });
    return value as TimeZone;
  } catch {
    throw new AppError('invalid-input', 'Unknown time zone', {
      issues: [{ path: 'time_zone', message: `${value} is not an IANA time zone`, kind: 'format' }],
    });
  }
}

/** The calendar day of an instant where the organization is, `YYYY-MM-DD`. */
export function dayIn(zone: TimeZone, at: Date): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    at,
  );
}

/** The instant at which clocks in a zone show this day (`YYYY-MM-DD`) and time. */
export function instantIn(zone: TimeZone, day: string, hour: number, minute: number): Date {
  const wanted = Date.parse(`${day}T${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}:00Z`);
  // What a zone is ahead by is known of an instant only: the second look is from where the first one led.
  return new Date(wanted - aheadMs(zone, wanted - aheadMs(zone, wanted)));
}

function aheadMs(zone: TimeZone, atMs: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(new Date(atMs));
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  return (
    Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) -
    Math.floor(atMs / 1000) * 1000
  );
}
