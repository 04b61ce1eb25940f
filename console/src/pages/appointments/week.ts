/** Days of a calendar, as `2026-03-29`: they have no zone. */

const DAY_MS = 86_400_000;
const textOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** The day that an instant lies on in a zone. */
export const dayIn = (zone: string, at: Date): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at);

export const shiftDays = (day: string, days: number): string => textOf(Date.parse(day) + days * DAY_MS);

/** The Monday of the week of a day; of an unreadable one the present week in UTC. */
export function weekOf(day: string): string {
  const at = Number.isNaN(Date.parse(day)) ? Date.now() : Date.parse(day);
  return shiftDays(textOf(at), -((new Date(at).getUTCDay() + 6) % 7));
}

export const daysOfWeek = (monday: string): readonly string[] =>
  Array.from({ length: 7 }, (_, day) => shiftDays(monday, day));
