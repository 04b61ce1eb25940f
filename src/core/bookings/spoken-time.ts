import { dayIn, instantIn, type TimeZone } from '../kernel/locale.ts';

/** When somebody said something is to be, in English words or as a date: `tuesday at three`, `tomorrow 14:30`, `2026-01-15T15:00`. */

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const UNITS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS: Readonly<Record<string, number>> = { twenty: 20, thirty: 30, forty: 40, fifty: 50 };
const ORDINALS: Readonly<Record<string, number>> = {
  first: 1,
  second: 2,
  third: 3,
  fifth: 5,
  eighth: 8,
  ninth: 9,
  twelfth: 12,
  twentieth: 20,
  thirtieth: 30,
};
const PART_OF_DAY: Readonly<Record<string, number>> = { morning: 9, noon: 12, midday: 12, afternoon: 14, evening: 18 };
const NUMBER = `\\d{1,2}|(?:${[...UNITS, ...Object.keys(TENS)].join('|')})`;
/** Nobody means three at night who says "at three". */
const FIRST_HOUR = 8;

/** The instant that was meant, the next such one from `now`; null where no day or no time was named. */
export function spokenTime(text: string, now: Date, zone: TimeZone): Date | null {
  const iso =
    /(\d{4})-(\d{2})-(\d{2})(?:[T ]+(?:at )?(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?/i.exec(
      text,
    );
  if (iso?.[6] !== undefined) return valid(new Date(iso[0].replace(' ', 'T')));
  const words = text
    .toLowerCase()
    .replaceAll('.', '')
    .replace(/(\d)\s*([ap]m)\b/g, '$1 $2')
    .replace(/(\d)(?:st|nd|rd|th)\b/g, '$1');
  const clock = iso?.[4] === undefined ? timeOfDay(words) : { hour: Number(iso[4]), minute: Number(iso[5]) };
  if (clock === null || clock.hour > 23 || clock.minute > 59) return null;
  const today = dayIn(zone, now);
  const day = iso ? `${iso[1]}-${iso[2]}-${iso[3]}` : dayMeant(words, today);
  if (day !== null) return valid(instantIn(zone, day, clock.hour, clock.minute));
  // A time without a day is the next such time.
  const soon = instantIn(zone, today, clock.hour, clock.minute);
  return valid(soon > now ? soon : instantIn(zone, later(today, 1), clock.hour, clock.minute));
}

const valid = (at: Date) => (Number.isNaN(at.getTime()) ? null : at);

function dayMeant(words: string, today: string): string | null {
  if (/\bday after tomorrow\b/.test(words)) return later(today, 2);
  if (/\btomorrow\b/.test(words)) return later(today, 1);
  if (/\b(today|tonight|this (morning|afternoon|evening))\b/.test(words)) return today;
  const weekday = DAYS.findIndex((day) => new RegExp(`\\b${day}`).test(words));
  if (weekday >= 0) {
    const ahead = (weekday - weekdayOf(today) + 7) % 7 || 7;
    return later(today, /\bnext week\b/.test(words) && ahead < 7 - ((weekdayOf(today) + 6) % 7) ? ahead + 7 : ahead);
  }
  const dated = dateMeant(words, today);
  if (dated !== null) return dated;
  return /\bnext week\b/.test(words) ? later(today, (8 - weekdayOf(today)) % 7 || 7) : null;
}

/** `the third of march`, `march 3`. */
function dateMeant(words: string, today: string): string | null {
  const month = MONTHS.findIndex((name) => new RegExp(`\\b${name}\\b`).test(words));
  if (month < 0) return null;
  const around = new RegExp(
    `\\b((?:twenty |thirty )?[a-z]+|\\d{1,2}) (?:of )?${MONTHS[month]}\\b|\\b${MONTHS[month]} (?:the )?((?:twenty |thirty )?[a-z]+|\\d{1,2})`,
  ).exec(words);
  const day =
    [around?.[1], around?.[2]].map((one) => (one === undefined ? null : ordinal(one))).find((one) => one !== null) ??
    null;
  if (day === null || day < 1 || day > 31) return null;
  const year = Number(today.slice(0, 4));
  const of = (y: number) => `${y}-${pad(month + 1)}-${pad(day)}`;
  return of(year) >= today ? of(year) : of(year + 1);
}

function ordinal(word: string): number | null {
  const [tens, unit] = word.split(' ') as [string, string?];
  if (unit !== undefined) return (TENS[tens] ?? 0) + (ordinal(unit) ?? 0);
  return ORDINALS[word] ?? number(word.replace(/th$/, '')) ?? null;
}

function number(word: string): number | null {
  if (/^\d+$/.test(word)) return Number(word);
  const unit = UNITS.indexOf(word);
  return unit >= 0 ? unit : (TENS[word] ?? null);
}

/** What stands where a time of day would. */
function timeOfDay(words: string): { hour: number; minute: number } | null {
  const digits = /\b(\d{1,2}):(\d{2})(?: ([ap])m)?/.exec(words);
  if (digits) return clock(Number(digits[1]), Number(digits[2]), digits[3], words, true);
  const past = new RegExp(`\\b(half|quarter|${NUMBER}) (past|to) (${NUMBER})\\b(?: ([ap])m)?`).exec(words);
  if (past) {
    const minutes = past[1] === 'half' ? 30 : past[1] === 'quarter' ? 15 : number(past[1]!)!;
    const hour = number(past[3]!)!;
    return past[2] === 'past'
      ? clock(hour, minutes, past[4], words)
      : clock(hour === 1 ? 12 : hour - 1, 60 - minutes, past[4], words);
  }
  const spoken = new RegExp(
    `(?:\\bat |\\baround |\\babout )(${NUMBER})(?: (thirty|fifteen|forty five|forty-five|ten|twenty))?\\b(?: ([ap])m)?|\\b(${NUMBER})(?: (thirty|fifteen|forty five|forty-five))?(?: (?:o'?clock)| ([ap])m)`,
  ).exec(words);
  if (spoken)
    return clock(number((spoken[1] ?? spoken[4])!)!, minutesOf(spoken[2] ?? spoken[5]), spoken[3] ?? spoken[6], words);
  const halfHour = new RegExp(`\\b(${NUMBER}) (thirty|fifteen|forty five)\\b`).exec(words);
  if (halfHour) return clock(number(halfHour[1]!)!, minutesOf(halfHour[2]), undefined, words);
  const part = Object.keys(PART_OF_DAY).find((one) => new RegExp(`\\b${one}\\b`).test(words));
  return part === undefined ? null : { hour: PART_OF_DAY[part]!, minute: 0 };
}

function minutesOf(word: string | undefined): number {
  if (word === undefined) return 0;
  return /^forty.five$/.test(word) ? 45 : (number(word) ?? 0);
}

function clock(
  hour: number,
  minute: number,
  half: string | undefined,
  words: string,
  exact = false,
): { hour: number; minute: number } {
  if (half === 'p' || (half === undefined && hour < 12 && /\b(afternoon|evening|tonight)\b/.test(words)))
    return { hour: (hour % 12) + 12, minute };
  if (half === 'a' || /\bmorning\b/.test(words)) return { hour: hour % 12, minute };
  return { hour: !exact && hour > 0 && hour < FIRST_HOUR ? hour + 12 : hour, minute };
}

const pad = (value: number) => String(value).padStart(2, '0');
const weekdayOf = (day: string) => new Date(`${day}T00:00:00Z`).getUTCDay();
const later = (day: string, days: number) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
