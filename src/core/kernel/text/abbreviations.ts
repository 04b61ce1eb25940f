/** Which full stops end a sentence. Words are in lower case and without their own full stop. */

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** Always followed by what they belong to. */
const LEADING = set(
  'mr mrs ms mx dr prof st ste mt ft rev hon capt col gen lt sgt maj pres gov sen rep messrs mme mlle mm sra srta dra hr fr hrn frl dipl ing e.g i.e cf vs z.b d.h u.a s.o bspw bzw ggf inkl exkl zzgl lt p.ej p.ex c.-à-d ca approx circa ул пл пр просп г-н г-жа т.е т.д напр св',
);
/** Followed by a number, or they are words of their own: "No. 5", "No. We are closed." */
const NUMBERED = set(
  'no nos nr nrn num núm nº art abs p pp pg pág s vol fig figs ch chap sec ext apt ste rm tel fax ph ver v bd kap mon tue tues wed thu thur thurs fri sat sun mo di mi do fr sa so jan feb mar apr jun jul aug sep sept oct nov dec okt dez д кв стр тел г',
);
/** Followed by a sentence only where the next word begins one: "at Miller Inc. We ship". */
const TRAILING = set(
  'inc ltd co corp llc plc bros jr sr esq etc usw al ave blvd rd hwy str est dept temp misc min max mins secs hrs lbs oz qty ed eds ud uds av руб коп тыс млн млрд',
);
/** Words that begin a sentence and hardly ever a name. */
const STARTERS = set(
  'we you it he she they i this that these those there here the a an our your my please what when where why how who which if is are do does can could would will may shall let thank thanks yes no so and but or then also in on at for to from with as not no just after before wir sie es er ich der die das ein eine bitte ja nein und aber wenn wie was wann wo nous vous il elle le la les un une el los las usted nosotros мы вы он она они это я да нет',
);
/** In German a number with a full stop after one of these counts: "am 3. Mai", "im 2. Stock". */
const BEFORE_ORDINAL = set(
  'am im der die das den dem des vom zum zur beim bis ab seit ein eine einen einem einer jeder jeden jedem mein dein sein ihr unser',
);
const ZONES = set('est edt cst cdt mst mdt pst pdt et ct pt utc gmt bst cet cest');

const CALENDAR: ReadonlySet<string> = new Set(
  ['en', 'de', 'da', 'nb', 'fi', 'cs', 'nl', 'et'].flatMap((locale) => {
    const months = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', timeZone: 'UTC' });
    const days = new Intl.DateTimeFormat(locale, { weekday: 'long', timeZone: 'UTC' });
    const part = (format: Intl.DateTimeFormat, at: Date, type: string) =>
      format.formatToParts(at).flatMap((one) => (one.type === type ? [one.value.toLowerCase()] : []));
    return [
      ...Array.from({ length: 12 }, (_, month) => part(months, new Date(Date.UTC(2026, month, 3)), 'month')).flat(),
      ...Array.from({ length: 7 }, (_, day) => part(days, new Date(Date.UTC(2026, 0, 5 + day)), 'weekday')).flat(),
    ];
  }),
);

export interface FullStop {
  /** The token before it, and the one before that. */
  readonly word: string;
  readonly before: string;
  /** The word after it, as far as it is known; '' at the end of the text. */
  readonly after: string;
  /** Whether the sentence begins with a capital, so that the next would too. */
  readonly capitalised: boolean;
  /** Whether the token is the first of its line: "1. Basic". */
  readonly first: boolean;
}

/** Whether a full stop between a word and white space ends the sentence. */
export function endsSentence({ word, before, after, capitalised, first }: FullStop): boolean {
  if (after === '') return true;
  const lower = word.toLowerCase();
  const next = after.toLowerCase();
  const nextLower = /^\p{Ll}/u.test(after);
  const starts = STARTERS.has(next) && !nextLower;
  if (/^[ap]\.m$/.test(lower) || (lower === 'm' && /^[ap]\.$/i.test(before)))
    return !nextLower && !/^\d/.test(after) && !CALENDAR.has(next) && !ZONES.has(next);
  if (LEADING.has(lower)) return false;
  if (NUMBERED.has(lower) && /^[\d+(#]/.test(after)) return false;
  if (TRAILING.has(lower)) return starts || !/^[\p{L}\p{N}]/u.test(after);
  if (/^(?:\p{L}\.){1,6}\p{L}$/u.test(word)) return starts;
  if (/^\p{L}$/u.test(word)) return endsAfterLetter(word, before, starts);
  if (/^\d{1,2}$/.test(word)) {
    if (first || CALENDAR.has(next) || (BEFORE_ORDINAL.has(before.toLowerCase()) && /^\p{L}/u.test(after)))
      return false;
    return !(nextLower && capitalised);
  }
  // A title that is not listed: "Mgr. Novak".
  if (UNLISTED_TITLE.test(word)) return starts;
  const short = word.length <= SHORT || /[\d.]/.test(word);
  return !(nextLower && capitalised && short);
}

/** A longer word is no abbreviation, unless it is listed. */
const SHORT = 4;
const UNLISTED_TITLE = /^\p{Lu}[b-df-hj-np-tv-xz]{1,4}$/u;

/** Whether the answer depends on what follows the white space. */
export function needsNext(word: string): boolean {
  return word.length <= SHORT || /[\d.]/.test(word) || needsWholeNext(word);
}

/** Whether it depends on the whole word that follows, and not on its first letter alone. */
export function needsWholeNext(word: string): boolean {
  const lower = word.toLowerCase();
  return (
    word.length < 2 ||
    /^\d{1,2}$|^(?:\p{L}\.){1,6}\p{L}$/u.test(word) ||
    TRAILING.has(lower) ||
    LEADING.has(lower) ||
    UNLISTED_TITLE.test(word)
  );
}

function endsAfterLetter(letter: string, before: string, starts: boolean): boolean {
  if (letter === 'I' && /^\p{Ll}/u.test(before)) return true;
  if (/^\p{Lu}$/u.test(letter)) return starts && /^\p{Ll}/u.test(before);
  // A letter alone is short for something, but for Russian "я".
  return letter === 'я' || starts || !/^\p{Ll}$/u.test(letter);
}
