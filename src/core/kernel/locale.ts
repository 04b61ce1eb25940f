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
    throw new AppError('invalid-input', 'Unknown time zone', { issues: [{ path: 'time_zone', message: `${value} is not an IANA time zone`, kind: 'format' }] });
  }
}

/** The calendar day of an instant where the organization is, `YYYY-MM-DD`. */
export function dayIn(zone: TimeZone, at: Date): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at);
}
