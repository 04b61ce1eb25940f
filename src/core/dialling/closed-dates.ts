import type { ClosedDate } from './rules.ts';
import { WEEKDAYS } from './week-hours.ts';

const DAY_MS = 86_400_000;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** The day on which a closed date falls in a year, as UTC midnight; null if the words are not understood. */
export function closedDateIn(year: number, words: ClosedDate): number | null {
  const fixed = /^(\d{2})-(\d{2})$/.exec(words);
  if (fixed) {
    const at = Date.UTC(year, Number(fixed[1]) - 1, Number(fixed[2]));
    return new Date(at).toISOString().slice(5, 10) === words ? at : null;
  }
  const easter = /^easter([+-]\d{1,2})?$/.exec(words);
  if (easter) return easterOf(year) + Number(easter[1] ?? 0) * DAY_MS;
  const counted = /^([1-5]|last) (\w{3}) (\w{3})$/.exec(words);
  const weekday = WEEKDAYS.findIndex((one) => one === counted?.[2]);
  const month = MONTHS.indexOf(counted?.[3] ?? '');
  if (!counted || weekday < 0 || month < 0) return null;
  if (counted[1] === 'last') {
    const end = Date.UTC(year, month + 1, 0);
    return end - ((new Date(end).getUTCDay() - weekday + 7) % 7) * DAY_MS;
  }
  const start = Date.UTC(year, month, 1);
  return start + (((weekday - new Date(start).getUTCDay() + 7) % 7) + (Number(counted[1]) - 1) * 7) * DAY_MS;
}

const CLOSED_DAYS = new WeakMap<readonly ClosedDate[], Map<string, ReadonlySet<number>>>();

/** Whether a day (UTC midnight) is closed. `move`: a date at a weekend also closes the nearest weekday. */
export function isClosedOn(day: number, dates: readonly ClosedDate[], move: boolean): boolean {
  if (dates.length === 0) return false;
  const known = CLOSED_DAYS.get(dates) ?? new Map<string, ReadonlySet<number>>();
  CLOSED_DAYS.set(dates, known);
  const year = new Date(day).getUTCFullYear();
  const days = known.get(`${year} ${move}`) ?? closedDays(year, dates, move);
  known.set(`${year} ${move}`, days);
  return days.has(day);
}

/** The closed days of a year, and those beside it. */
function closedDays(year: number, dates: readonly ClosedDate[], move: boolean): ReadonlySet<number> {
  const days = [year - 1, year, year + 1].flatMap((one) => dates.map((words) => closedDateIn(one, words)));
  return new Set(
    days.flatMap((at) => {
      if (at === null) return [];
      const weekday = new Date(at).getUTCDay();
      return move && weekday === 6 ? [at, at - DAY_MS] : move && weekday === 0 ? [at, at + DAY_MS] : [at];
    }),
  );
}

/** Easter Sunday of the Gregorian calendar (the algorithm of Meeus, Jones and Butcher). */
function easterOf(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4);
  const k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return Date.UTC(year, Math.floor(n / 31) - 1, (n % 31) + 1);
}
