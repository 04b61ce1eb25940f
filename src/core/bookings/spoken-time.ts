import * as chrono from 'chrono-node/en';
import { instantsIn, wallClock, type TimeZone } from '../kernel/locale.ts';
import { MONTH, withDigits } from './clock-words.ts';
import { isDay, laterDay, WEEKDAY, weekdayOf, withDates, type DateOrder } from './day-phrases.ts';
import { withoutZone } from './zone-words.ts';

export type TimeProblem =
  | 'nothing'
  | 'not-understood'
  | 'several'
  | 'no-day'
  | 'no-time'
  | 'contradiction'
  | 'date-order'
  | 'past'
  | 'clock-change';

/** The result of parsing a spoken time. */
export interface SpokenTime {
  /** The instant, if it is unambiguous; null if there is a problem. */
  readonly at: Date | null;
  /** `YYYY-MM-DD` and `HH:MM` in the named zone, else in the organization's; null if not named. */
  readonly day: string | null;
  readonly time: string | null;
  /** Whether morning or afternoon was said, not guessed. */
  readonly exact: boolean;
  readonly problem: TimeProblem | null;
  /** Relevant words that were not understood, in order. */
  readonly left: readonly string[];
  /** A sentence that says what to ask, if there is a problem. */
  readonly ask: string | null;
}

export interface SpokenTimeOptions {
  readonly now: Date;
  /** The organization's time zone. */
  readonly zone: TimeZone;
  readonly dateOrder: DateOrder;
  /** A guess is good enough: `at four` is the next four o'clock, `tomorrow morning` is nine. */
  readonly guess?: boolean;
}

/** Words that change the meaning of the others, at any position. */
const BLOCKING =
  /^(any|anything|anytime|anyday|but|except|excluding|not|never|neither|nor|cannot|\w+n't|dont|cant|wont|or|unless|until|till|before|after|between|every|each|either|whenever|sometime|earlier|later|early|late|earliest|latest|asap|end|beginning|start|middle|mid|midnight|weekends?|couple|few|several|other|following|alternate|eve|christmas|xmas|easter|thanksgiving|halloween|pentecost|ramadan|eid|diwali|hanukkah|holidays?|birthday|\w+ish|than|instead)$/;
/** Words that matter unless they are part of an understood phrase. */
const MATTERS = new RegExp(
  `^([^\\s\\d]*\\d\\S*|days?|weeks?|months?|years?|fortnights?|hours?|minutes?|quarter|half|past|to|next|last|previous|ago|yesterday|tomorrow|today|tonight|noon|am|pm|${WEEKDAY}s?|${MONTH})$`,
);
const PAST = new RegExp(
  `\\b(?:yesterday|ago|(?:last|previous|past) (?:week|month|year|night|${WEEKDAY}|${MONTH})\\b(?! day))`,
);
const VAGUE = /\b(?:next|this|the|last|past) (?:week|month|year|quarter)\b/;
const RELATIVE = /\b(?:hours?|minutes?|mins?|hrs?)\b/;
/** Longer texts are not parsed, which bounds the cost of the patterns. */
const LONGEST = 300;
/** People who name an hour without its half of the day mean office hours: `at three` is 15:00, `at eight` is 8:00. */
const FIRST_OFFICE_HOUR = 8;
const PARTS: readonly (readonly [RegExp, number])[] = [
  [/\bmorning\b/, 9],
  [/\blunch(?:time)?\b/, 12],
  [/\bafternoon\b/, 14],
  [/\b(?:evening|tonight|night)\b/, 18],
];

/** In which order a region writes dates of numbers: the caller's where the number tells it, else the organization's. */
export function dateOrderOf(zone: TimeZone, number: string | null): DateOrder {
  if (number !== null) return /^\+(?:1|63)/.test(number) ? 'month-first' : 'day-first';
  if (US_ZONES.has(zone)) return 'month-first';
  return /^(?:UTC|GMT|Etc\/|America\/(?:Toronto|Vancouver|Edmonton|Winnipeg|Halifax|St_Johns|Regina))/.test(zone)
    ? 'unknown'
    : 'day-first';
}

const US_ZONES: ReadonlySet<string> = new Set(
  (new Intl.Locale('en-US') as Intl.Locale & { getTimeZones(): string[] }).getTimeZones(),
);

/** Parses a time in English or as a date. If it is not certain, the result says what to ask instead of a guess. */
export function readSpokenTime(said: string, options: SpokenTimeOptions): SpokenTime {
  const iso = /^\s*\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(?:Z|[+-]\d{2}:?\d{2})\s*$/i.exec(said);
  if (iso) return ofInstant(new Date(said.trim().replace(' ', 'T')), options);
  const zoned = withoutZone(withDigits(said.slice(0, LONGEST)), options.zone);
  const local = wallClock(zoned.zone, options.now);
  const today = local.toISOString().slice(0, 10);
  const dated = withDates(zoned.text, today, options.dateOrder);
  return resolve(understood(dated.text, local, today), {
    ...options,
    zone: zoned.zone,
    text: dated.text,
    today,
    ambiguous: dated.ambiguous,
    saidZone: zoned.problem,
  });
}

function ofInstant(at: Date, { zone, now }: SpokenTimeOptions): SpokenTime {
  if (Number.isNaN(at.getTime())) return failed('not-understood', { left: ['date'] });
  const wall = wallClock(zone, at).toISOString();
  const found = { day: wall.slice(0, 10), time: wall.slice(11, 16) };
  return at > now
    ? { ...found, at, exact: true, problem: null, left: [], ask: null }
    : failed('past', { ...found, exact: true });
}

interface Understood {
  readonly days: readonly string[];
  readonly weekdays: readonly string[];
  readonly times: readonly string[];
  readonly exact: boolean;
  readonly part: number | null;
  readonly range: boolean;
  readonly left: readonly string[];
}

/** What the date parser found, sorted by what it is sure of. */
function understood(text: string, local: Date, today: string): Understood {
  const results = chrono.casual.parse(text, { instant: local, timezone: 0 }, { forwardDate: true });
  const days = new Set<string>();
  const weekdays = new Set<string>();
  const times = new Set<string>();
  let exact = true;
  const part = PARTS.find(([words]) => words.test(text))?.[1] ?? null;
  for (const { start, text: words } of results) {
    const day = `${start.get('year')}-${two(start.get('month'))}-${two(start.get('day'))}`;
    const relative = RELATIVE.test(words) && start.isCertain('hour');
    if (!VAGUE.test(words) || relative) {
      if (relative || start.isCertain('day')) days.add(day);
      else if (start.isCertain('weekday'))
        weekdays.add(day === today && !/\bthis\b/.test(words) ? laterDay(day, 7) : day);
      if (start.isCertain('day') && start.isCertain('weekday') && start.get('weekday') !== weekdayOf(day))
        weekdays.add(laterDay(day, start.get('weekday')! - weekdayOf(day)));
    }
    if (!start.isCertain('hour')) continue;
    const sure =
      relative || start.isCertain('meridiem') || start.get('hour')! > 12 || /\b0\d:\d\d|\bnoon\b/.test(words);
    exact &&= sure;
    times.add(`${two(sure ? start.get('hour') : hourMeant(start.get('hour')!, part))}:${two(start.get('minute'))}`);
  }
  const bare = days.size + weekdays.size > 0 && times.size === 0 ? bareHour(text, results) : null;
  if (bare !== null) {
    exact = false;
    times.add(`${two(hourMeant(bare.hour, part))}:00`);
  }
  return {
    days: [...days],
    weekdays: [...weekdays],
    times: [...times],
    exact,
    part,
    range: results.some((one) => one.end !== undefined && one.end !== null),
    left: leftWords(text, [...results, ...(bare ? [bare] : [])], times.size > 0, days.size + weekdays.size > 0),
  };
}

const two = (value: number | null) => String(value ?? 0).padStart(2, '0');

function hourMeant(hour: number, part: number | null): number {
  if (part === 9) return hour % 12;
  if (part !== null) return hour < 12 ? hour + 12 : hour;
  return hour > 0 && hour < FIRST_OFFICE_HOUR ? hour + 12 : hour;
}

interface Span {
  readonly index: number;
  readonly text: string;
}

/** `tuesday three`: the only number beside a day is an hour. */
function bareHour(text: string, spans: readonly Span[]): (Span & { hour: number }) | null {
  const numbers = [...text.matchAll(/(?<!\bfor )\b(\d{1,2})\b(?![:/.-]?\d| (?:people|persons|guests))/g)].filter(
    (one) => !inside(one.index, spans),
  );
  const hour = Number(numbers[0]?.[1]);
  return numbers.length === 1 && hour >= 1 && hour <= 12
    ? { index: numbers[0]!.index, text: numbers[0]![0], hour }
    : null;
}

const inside = (at: number, spans: readonly Span[]) =>
  spans.some((span) => at >= span.index && at < span.index + span.text.length);

function leftWords(text: string, spans: readonly Span[], timed: boolean, dayKnown: boolean): string[] {
  // `tomorrow at three, next week`: a week beside a day may change it.
  const vague = dayKnown
    ? [...text.matchAll(new RegExp(VAGUE, 'g'))].map((one) => ({ index: one.index, text: one[0] }))
    : [];
  // A number of people is no time where the time was named as well.
  const people = new Set(
    [...text.matchAll(/\bfor (\d{1,2})\b(?= (?:people|persons|guests|of us)\b)?/g)]
      .filter((one) => timed || /^ (?:people|persons|guests|of us)\b/.test(text.slice(one.index + one[0].length)))
      .map((one) => one.index + 4),
  );
  const words = [...text.matchAll(/\S+/g)];
  return words
    .filter(({ 0: word, index }) => {
      if (BLOCKING.test(word) || vague.some((span) => inside(index, [span]))) return true;
      if (inside(index, spans) || people.has(index)) return false;
      // Prepositions of many phrases; they matter before a time.
      if (word === 'to' || word === 'by') return /^\w+ (?:\d|noon)/.test(text.slice(index));
      return MATTERS.test(word);
    })
    .map(([word]) => word);
}

interface Scene extends SpokenTimeOptions {
  readonly text: string;
  readonly today: string;
  readonly ambiguous: boolean;
  /** Words that name a zone that is not known. */
  readonly saidZone: readonly string[];
}

function resolve(found: Understood, scene: Scene): SpokenTime {
  const { zone, now, guess = false, text, today } = scene;
  const { days, weekdays, times, part } = found;
  const left = [...found.left, ...scene.saidZone];
  let day = days[0] ?? weekdays[0] ?? null;
  let time = times[0] ?? null;
  const problem = (kind: TimeProblem) => failed(kind, { day, time, exact: found.exact, left });
  if (scene.ambiguous) return problem('date-order');
  if (PAST.test(text)) return problem('past');
  if (left.includes('or') || found.range || days.length > 1 || times.length > 1) return problem('several');
  if (days.length === 0 && weekdays.length > 1) return problem('several');
  if (left.length > 0) return problem('not-understood');
  if (days.length === 1 && weekdays.some((one) => weekdayOf(one) !== weekdayOf(day!))) return problem('contradiction');
  if (guess) time ??= part === null ? null : `${two(part)}:00`;
  if (day === null && time === null) return problem(part === null && !VAGUE.test(text) ? 'nothing' : 'no-day');
  if (time === null) return problem('no-time');
  if (day === null && guess && !VAGUE.test(text)) day = nextDayWith(time, today, scene);
  if (day === null) return problem('no-day');
  if (!isDay(day)) return problem('not-understood');
  const [hour, minute] = time.split(':').map(Number) as [number, number];
  const instants = instantsIn(zone, day, hour, minute);
  if (instants.length !== 1) return problem('clock-change');
  const at = instants[0]!;
  return at > now ? { at, day, time, exact: found.exact, problem: null, left, ask: null } : problem('past');
}

function nextDayWith(time: string, today: string, { zone, now }: Scene): string {
  const [hour, minute] = time.split(':').map(Number) as [number, number];
  const soon = instantsIn(zone, today, hour, minute)[0];
  return soon !== undefined && soon > now ? today : laterDay(today, 1);
}

const ASKS: Readonly<Record<TimeProblem, string>> = {
  nothing: 'Ask for a day and a time.',
  'not-understood': 'Ask for one day and one time in other words.',
  several: 'More than one time was named. Ask which one is meant.',
  'no-day': 'Ask for the day.',
  'no-time': 'Ask for the time of day.',
  contradiction: 'The weekday and the date do not belong together. Ask which day is meant.',
  'date-order': 'Ask which number is the day and which is the month.',
  past: 'That time is over. Ask for a later one.',
  'clock-change': 'Clocks are changed at that hour, so there is no such time, or there are two. Ask for another one.',
};

function failed(problem: TimeProblem, found: Partial<SpokenTime>): SpokenTime {
  const left = found.left ?? [];
  const named =
    left.length > 0 && problem === 'not-understood' ? `These words were not clear: "${left.join(' ')}". ` : '';
  return {
    day: found.day ?? null,
    time: found.time ?? null,
    exact: found.exact ?? false,
    left,
    at: null,
    problem,
    ask: `${named}${ASKS[problem]}`,
  };
}

/** An instant as spoken text with weekday and date, and the year if it is not the current one. */
export function sayTime(at: Date, zone: TimeZone, now: Date): string {
  const year =
    wallClock(zone, at).getUTCFullYear() === wallClock(zone, now).getUTCFullYear() ? {} : { year: 'numeric' as const };
  return at.toLocaleString('en-US', {
    timeZone: zone,
    weekday: 'long',
    month: 'long',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    ...year,
  });
}
