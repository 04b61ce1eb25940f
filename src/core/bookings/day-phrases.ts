import { MONTH } from './clock-words.ts';

/** Phrases for a day that the date parser does not know, written as dates; all days are `YYYY-MM-DD`. */

export type DateOrder = 'day-first' | 'month-first' | 'unknown';

export const WEEKDAY = '(?:sunday|monday|tuesday|wednesday|thursday|friday|saturday)';
const COUNT = '(a|an|\\d{1,2})';
const DAY_MS = 86_400_000;

export const laterDay = (day: string, days: number) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
export const weekdayOf = (day: string) => new Date(`${day}T00:00:00Z`).getUTCDay();
export const isDay = (day: string) => {
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
};

const pad = (value: number) => String(value).padStart(2, '0');
const indexOf = (weekday: string) => ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'].indexOf(weekday.slice(0, 3));
const count = (word: string) => (/^an?$/.test(word) ? 1 : Number(word));
/** The next such weekday after today. */
const coming = (weekday: string, today: string) => laterDay(today, (indexOf(weekday) - weekdayOf(today) + 7) % 7 || 7);
/** That weekday of the week, Monday to Sunday, that is so many weeks ahead. */
const inWeek = (weekday: string, weeks: number, today: string) =>
  laterDay(today, weeks * 7 - ((weekdayOf(today) + 6) % 7) + ((indexOf(weekday) + 6) % 7));

/** Day `number` of the month that is so many months ahead; null where that month is shorter. */
function dayOfMonth(number: number, months: number, today: string): string | null {
  const first = new Date(Date.UTC(Number(today.slice(0, 4)), Number(today.slice(5, 7)) - 1 + months, 1));
  const day = `${first.toISOString().slice(0, 8)}${pad(number)}`;
  return isDay(day) ? day : null;
}

function nextDayOfMonth(number: number, today: string): string | null {
  for (let months = 0; months < 3; months++) {
    const day = dayOfMonth(number, months, today);
    if (day !== null && day >= today) return day;
  }
  return null;
}

/** `text` with its day phrases as dates. `ambiguous`: a date of numbers that is another day in another region. */
export function withDates(text: string, today: string, order: DateOrder): { text: string; ambiguous: boolean } {
  const numbered = numericDates(text, today, order);
  const relative = relativeDays(numbered.text, today);
  return { text: daysOfMonth(relative, today), ambiguous: numbered.ambiguous };
}

function numericDates(text: string, today: string, order: DateOrder): { text: string; ambiguous: boolean } {
  let ambiguous = false;
  const dated = text.replace(
    /(?<![\d/.-])(\d{1,2})(?:([/.-])(\d{1,2})\2(\d{4}|\d\d)|\/(\d{1,2}))(?![\d/-]|\.\d)/g,
    (whole, first: string, _mark, second: string | undefined, year: string | undefined, short: string | undefined) => {
      const [one, other] = [Number(first), Number(second ?? short)];
      const dayOf = (day: number, month: number) => {
        if (year !== undefined) return `${year.length === 2 ? `20${year}` : year}-${pad(month)}-${pad(day)}`;
        const soon = `${today.slice(0, 4)}-${pad(month)}-${pad(day)}`;
        return soon >= today ? soon : `${Number(today.slice(0, 4)) + 1}${soon.slice(4)}`;
      };
      const readings = { 'day-first': dayOf(one, other), 'month-first': dayOf(other, one) };
      const possible = [...new Set(Object.values(readings))].filter(isDay);
      if (possible.length === 2 && order !== 'unknown') return ` ${readings[order]} `;
      if (possible.length === 2) ambiguous = true;
      return possible.length === 1 ? ` ${possible[0]} ` : whole;
    },
  );
  return { text: dated.replace(/\s+/g, ' ').trim(), ambiguous };
}

function relativeDays(text: string, today: string): string {
  const base = `(today|now|tomorrow|(?:next |this )?${WEEKDAY}|\\d{4}-\\d\\d-\\d\\d)`;
  const dayNamed = (word: string) => {
    const bare = word.replace(/^(next|this) /, '');
    if (bare === 'today' || bare === 'now') return today;
    if (bare === 'tomorrow') return laterDay(today, 1);
    return /^\d/.test(bare) ? bare : coming(bare, today);
  };
  const days = (unit: string) => (unit.startsWith('day') ? 1 : unit.startsWith('week') ? 7 : 14);
  return text
    .replace(/\b(?:the )?day after tomorrow\b/g, laterDay(today, 2))
    .replace(/\b(coming|upcoming) /g, '')
    .replace(/\bthis (?=morning|afternoon|evening)/g, 'today ')
    .replace(
      new RegExp(`\\b(?:in )?${COUNT} (days?|weeks?|fortnights?) (?:from|after|on) ${base}\\b`, 'g'),
      (_, number, unit, word) => laterDay(dayNamed(word), count(number) * days(unit)),
    )
    .replace(new RegExp(`\\b(today|tomorrow|${WEEKDAY}) (week|fortnight)\\b`, 'g'), (_, word, unit) =>
      laterDay(dayNamed(word), days(unit)),
    )
    .replace(new RegExp(`\\b(${WEEKDAY}) (?:in |of )?(next|this) week\\b`, 'g'), (_, weekday, which) =>
      inWeek(weekday, which === 'next' ? 1 : 0, today),
    )
    .replace(new RegExp(`\\b(next|this) week (?:on )?(${WEEKDAY})\\b`, 'g'), (_, which, weekday) =>
      inWeek(weekday, which === 'next' ? 1 : 0, today),
    )
    .replace(
      new RegExp(`\\b(${WEEKDAY})( at \\S+(?: [ap]m)?) (?:in |of )?(next|this) week\\b`, 'g'),
      (_, weekday, at, which) => `${inWeek(weekday, which === 'next' ? 1 : 0, today)}${at}`,
    )
    .replace(new RegExp(`\\b(${WEEKDAY}) in ${COUNT} weeks?\\b`, 'g'), (_, weekday, weeks) =>
      inWeek(weekday, count(weeks), today),
    )
    .replace(new RegExp(`\\bin ${COUNT} weeks? on (?:a )?(${WEEKDAY})\\b`, 'g'), (_, weeks, weekday) =>
      inWeek(weekday, count(weeks), today),
    )
    .replace(/\b(a|\d{1,2}) fortnights?\b/g, (_, number) => `${count(number) * 2} weeks`);
}

const MONTHS_AHEAD: Readonly<Record<string, number>> = { next: 1, following: 1 };

function daysOfMonth(text: string, today: string): string {
  const nth = '(\\d{1,2})(?:st|nd|rd|th)';
  const month = '(?:the )?(next|following|this|current|same)? ?month';
  const put = (whole: string, day: string | null) => day ?? whole;
  return text
    .replace(new RegExp(`\\b(?:the )?last day of ${month}\\b`, 'g'), (_, which) =>
      laterDay(dayOfMonth(1, (MONTHS_AHEAD[which] ?? 0) + 1, today)!, -1),
    )
    .replace(new RegExp(`\\b(?:the )?${nth} (?:day )?of ${month}\\b`, 'g'), (whole, number, which) =>
      put(whole, dayOfMonth(Number(number), MONTHS_AHEAD[which] ?? 0, today)),
    )
    .replace(new RegExp(`\\b(next|this) month on the ${nth}\\b`, 'g'), (whole, which, number) =>
      put(whole, dayOfMonth(Number(number), MONTHS_AHEAD[which] ?? 0, today)),
    )
    .replace(new RegExp(`\\b(${MONTH}) the (?=\\d)`, 'g'), '$1 ')
    .replace(
      new RegExp(
        `\\b((?:on )?the|on|${WEEKDAY}) ${nth}\\b(?! (?:of\\b|${MONTH}\\b|thing|available|free|${WEEKDAY}\\b))`,
        'g',
      ),
      (whole, lead, number) => {
        const day = nextDayOfMonth(Number(number), today);
        if (day === null) return whole;
        return new RegExp(`^${WEEKDAY}$`).test(lead) ? `${lead} ${day}` : day;
      },
    )
    .replace(/\b(\d{4}-\d\d-\d\d)(?: at)? /g, '$1 at ')
    .replace(/ at$/, '');
}
