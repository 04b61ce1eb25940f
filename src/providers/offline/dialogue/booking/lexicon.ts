import { nameIn } from '../../analysis/names.ts';
import { intentOf } from '../intents.ts';
import { isHeard, isPlausible, spelledIn } from './heard-name.ts';

/** The details of a booking that a message names. */

const NUMBERS =
  'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'.split(
    ' ',
  );
const NUMBER = `(?:\\d{1,3}|${NUMBERS.join('|')})`;
const WEEKDAY = '(?:mon|tues|wednes|thurs|fri|satur|sun)day';
const MONTH =
  '(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)';
const ORDINAL =
  '(?:\\d{1,2}(?:st|nd|rd|th)|(?:twenty |thirty )?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)';

const DAYS = new RegExp(
  [
    '\\d{4}-\\d\\d-\\d\\d',
    '\\d{1,2}/\\d{1,2}(?:/\\d{2,4})?',
    '(?:the )?day after tomorrow',
    'tomorrow',
    'today',
    'tonight',
    `(?:next |this |coming )?${WEEKDAY}(?: (?:next|this) week| week)?`,
    `in (?:an? |${NUMBER} )(?:days?|weeks?)`,
    `(?:the )?${ORDINAL} (?:of )?(?:next month|this month|${MONTH})`,
    `${MONTH}\\.? (?:the )?(?:${ORDINAL}|\\d{1,2})`,
    `the ${ORDINAL}`,
    `on ${ORDINAL}`,
  ]
    .map((one) => `\\b${one}\\b`)
    .join('|'),
  'gi',
);
const HALF_OF_DAY = '(?: ?[ap]\\.?m\\b\\.?)';
const MINUTES = '(?: (?:thirty|fifteen|twenty|ten|forty[- ]five))';
const AT = '(?:(?:at|around|about|by) )';
const CLOCKS = new RegExp(
  [
    `${AT}?(?:a )?(?:half|quarter|${NUMBER}(?: minutes)?) (?:past|to) ${NUMBER}${HALF_OF_DAY}?`,
    `${AT}?\\d{1,2}:\\d\\d${HALF_OF_DAY}?`,
    `${AT}?${NUMBER}${MINUTES}?(?:${HALF_OF_DAY}| ?o'? ?clock\\b)`,
    `${AT}?${NUMBER}${MINUTES}\\b`,
    `${AT}${NUMBER}\\b(?! (?:people|persons|guests|of us|days?|weeks?)|[:/])`,
    `${AT}?(?:noon|midday)\\b`,
  ]
    .map((one) => `\\b${one}`)
    .join('|'),
  'gi',
);
const PARTS = /\b(?:in the )?(?:morning|afternoon|evening|night)\b/gi;
/** "not Friday", "any day but Tuesday": what is not meant. */
const EXCLUDED = new RegExp(`\\b(?:not|but not|except|but) (?:on |for )?(?:${WEEKDAY}|tomorrow|today)s?\\b`, 'gi');

const last = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].at(-1)?.[0] ?? null;

/** "At two pm" is easily heard as "at to pm", and "table for six" as "table four six". */
const withHeardNumbers = (text: string) =>
  text
    .replaceAll(/\b(?:to|too|for|ate)(?= (?:[ap]\.?m\b|o'? ?clock\b))/gi, (word) => SOUNDS_LIKE[word.toLowerCase()]!)
    .replaceAll(TABLE_FOUR, '$1 for');
const TABLE_FOUR = new RegExp(`\\b(table|party|room) four(?= ${NUMBER}\\b)`, 'gi');
const SOUNDS_LIKE: Readonly<Record<string, string>> = { to: 'two', too: 'two', for: 'four', ate: 'eight' };

/** The words that name a day, a time of day and a part of the day; a parser says what they mean. */
export interface TimeWords {
  readonly day: string | null;
  readonly clock: string | null;
  readonly part: string | null;
}

export function timeWordsIn(text: string): TimeWords {
  const meant = withHeardNumbers(text).replaceAll(EXCLUDED, ' ').replaceAll(PEOPLE, ' ');
  return { day: last(meant, DAYS), clock: last(meant.replaceAll(DAYS, ' , '), CLOCKS), part: last(meant, PARTS) };
}

const BARE_NUMBER = new RegExp(`\\b${NUMBER}\\b`, 'i');
const PEOPLE = new RegExp(
  `\\b(?:(?:table|reservation|party|group|room) (?:for|of) (${NUMBER})\\b(?! ?[ap]m| o'? ?clock|:)|(${NUMBER}) (?:people|persons|guests|adults|of us)\\b|(?:we are|we're|we will be|for the) (${NUMBER})\\b|for (${NUMBER})(?! ?[ap]\\.?m| o'? ?clock|:| thirty| days?| weeks?)(?=$|[,.?!]| (?:on|at|tomorrow|today|please|this|next)\\b))`,
  'gi',
);

/** How many people are meant, or null. `asked`: any number answers. */
export function peopleIn(text: string, asked: boolean): string | null {
  const found = [...withHeardNumbers(text).matchAll(PEOPLE)]
    .at(-1)
    ?.slice(1)
    .find((one) => one !== undefined);
  const number = found ?? (asked ? BARE_NUMBER.exec(text)?.[0] : undefined);
  if (number === undefined) return asked && /\b(?:just|only) me\b|\bmyself\b/i.test(text) ? '1' : null;
  const word = NUMBERS.indexOf(number.toLowerCase());
  return word < 0 ? number : String(word + 1);
}

const NO_NAME =
  /\b(?:no|not|yes|yeah|sure|please|what|when|why|how|do|is|are|want|book|table|appointment|still|waiting|monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|tomorrow|morning|afternoon|never|mind|forget|cancel|sorry|thanks|thank|none|know)\b/i;

/** The name with which a message introduces its author, or null. */
export function nameSaid(text: string): string | null {
  const name = nameIn([text]);
  return name !== null && isPlausible(name, text) ? name : null;
}

/** The name in an answer to "May I have your name?", or null. `before`: the name as it was understood before. */
export function nameAnswered(text: string, before: string | null = null): string | null {
  const said = spelledIn(text, before) ?? nameIn([text]) ?? bareName(text);
  return said !== null && isPlausible(said, text) ? said : null;
}

function bareName(text: string): string | null {
  const bare = text
    .replace(/^[\s,]*(?:(?:um|uh|oh|well|yes|sure|okay|ok|of course)(?![\p{L}'-])[\s,]*)?/iu, '')
    .replace(/^(?:it's|its|it is|that's|that is|the name is|name is|i'm|i am|this is)\s+/i, '')
    .replace(/[.!,]{1,5}$/, '')
    .trim();
  const words = bare.split(/\s+/);
  if (bare === '' || words.length > 3 || /\d/.test(bare) || NO_NAME.test(bare)) return null;
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ');
}

/** Whether an answer to the name question was heard as words that are no name: "is roth" for "Ines Roth". */
export function isGarbled(text: string): boolean {
  if (!isHeard(text) || nameAnswered(text) !== null) return false;
  const intent = intentOf(text);
  return intent === 'statement' || (intent === 'question' && /^(?:is|are|do|can|may|will) [a-z']+$/.test(text.trim()));
}

export const emailIn = (text: string) => /[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,32}){1,4}/.exec(text)?.[0] ?? null;

export function phoneIn(text: string): string | null {
  const digits = text.replaceAll(/[^\d+]/g, '');
  return digits.length >= 6 ? digits : null;
}

const GIVES_UP =
  /\b(?:forget (?:it|about it|that)|never ?mind|cancel|chang(?:ed|e) my mind|(?:don't|do not|dont) want (?:it|that|this|to book|one)|leave it|no longer|rather not|maybe another time|have to ask my)\b/;

export const givesUp = (plain: string) => GIVES_UP.test(plain);

const THING =
  '(?:appointment|reservation|booking|table|session|pickup|pick up|test ride|meeting|demo|slot|visit|consultation|call with|time|viewing|cleaning|check ?up)';
const WISHES = [
  new RegExp(`\\b(?:want|need|like|wanna|love|looking|have to|arrange)\\b(?: [a-z']+){0,6} ${THING}\\b`),
  /\b(?:want|need|like|wanna|love)(?: [a-z']+){0,2} (?:book|schedule|reserve|come in)\b/,
  /^(?:(?:hi|hello|hey|yes|ok|okay|so|please|and|um|well) )*(?:please )?(?:book|schedule|reserve|arrange|set up)\b/,
  /\bplease (?:book|schedule|reserve)\b/,
  new RegExp(
    `\\b(?:can|could|may|shall) (?:i|we|you) (?:please )?(?:make|get|have|arrange|set up|take)\\b(?: [a-z']+){0,4} ${THING}\\b`,
  ),
  /\b(?:can|could|may) (?:i|we|you) (?:please )?(?:book|reserve|schedule)\b/,
];
const THING_AND_TIME = new RegExp(`\\b(?:${THING}|anything|something free|come|come in|room)\\b`);
const ONLY_ASKS = /^(?:(?:so|and|um|hi|hello|hey) )*(?:what|how|why|where|who|which|do i|do we|must i)\b/;

const OF_THEIRS = `(?:${THING}|it|that|this)\\b`;
const CANCELS = [
  new RegExp(`\\b(?:cancel|call off|delete|drop)\\b(?: [a-z']+){0,4} ${OF_THEIRS}`),
  new RegExp(`\\b(?:can't|cannot|can not|won't) (?:make|come to|keep|be at)\\b(?: [a-z']+){0,3} ${OF_THEIRS}`),
  /\b(?:have|need|want|like|must|got) (?:to )?cancel(?: please)?$/,
];
const MOVES = [
  new RegExp(`\\b(?:move|shift|push|postpone)\\b(?: [a-z']+){0,4} ${OF_THEIRS}`),
  new RegExp(`\\bchange\\b(?: [a-z']+){0,4} ${THING}\\b`),
  /\bchange (?:it|that) (?:to|from)\b/,
  /\breschedule\b/,
];

/** Whether an appointment that is booked is to be cancelled or moved. */
export function changeWanted(plain: string): 'cancel' | 'move' | null {
  if (ONLY_ASKS.test(plain)) return null;
  if (MOVES.some((pattern) => pattern.test(plain))) return 'move';
  return CANCELS.some((pattern) => pattern.test(plain)) ? 'cancel' : null;
}

/** Whether a message asks to book, rather than asks about booking. */
export function wantsBooking(text: string, plain: string): boolean {
  if (ONLY_ASKS.test(plain) || givesUp(plain) || changeWanted(plain) !== null) return false;
  if (WISHES.some((pattern) => pattern.test(plain))) return true;
  const { day, clock } = timeWordsIn(text);
  return (
    (clock !== null || (day !== null && /\btable\b|\bappointment\b/.test(plain))) &&
    THING_AND_TIME.test(plain) &&
    !/\b(?:open|close|closed)\b/.test(plain)
  );
}
