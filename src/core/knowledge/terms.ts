/** The meaningful words of a text in a normal form: `prices`, `how much` and `cost` are the same term. */

const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');

/** Words that only hold a sentence together, and those with which people lead up to what they ask. */
const COMMON = new Set(
  words(`a an the is are was were be been am do does did done doing you your yours i me my mine we our us it its he she his
  her him they them their to in on at for with and or nor that this these those what how when where why which who whom whose
  can could will would shall should may might must about please tell many much have has had be there here any some if so as
  from by of up out into than then too very just only also again not no nor don't doesn't didn't isn't aren't can't won't
  i'm i'd i'll i've it's that's there's what's where's who's how's when's let's you're we're they're im id ive ill its whats
  um uh er hmm yeah yes well oh hey hi hello okay ok thanks thank sorry excuse question quick know wonder wondering ask
  asking want wants wanted need needs like get gets got go goes going come comes give take takes took make makes use uses
  somebody someone anybody anyone something anything everything thing things guys folks one ones bit really actually
  maybe perhaps probably kind sort lot all each every other another own still already yet ever never now
  husband wife mother mom mum father dad grandma grandpa friend boyfriend girlfriend boss neighbour neighbor
  say says said saying mean happen happens look looking see think guess hear find found let set sure right exactly
  time times morning afternoon evening day days o'clock forgot forgotten good gone middle wait moment minute
  place places spot somewhere
  different possible else more most less least down off over under while because since until till through during`),
);

/** Words that people use for the same thing. The first of each line is the term. */
const SAME_THING = [
  'cost price rate fee expensive cheap afford',
  'open opening opened opens closed close closes closing shut',
  'address located location street situated directions',
  'parking park car garage drive driving',
  'child children kid kids baby babies toddler',
  'deliver delivery deliveries delivered delivering ship shipping shipped ships send sending sent',
  'doctor doctors dr dentist dentists',
  'insurance insured insure coverage covered',
  'pay payment payments paying paid',
  'cancel cancelled canceled cancelling cancellation',
  'password passwords passcode',
  'delete deleted deleting remove erase',
  'dress wear clothes clothing jacket',
  'people person persons user users',
  'weight weigh weighs heavy load carry carries',
  'length long longest',
  'broken broke breaks break damaged damage',
  'return returns returned',
  'box boxes packaging',
  'parcel parcels package packages',
  'elevator lift wheelchair',
  'eat eating food eats',
  'chair chairs highchair highchairs',
  'keep keeps kept',
  'plan plans installment installments instalment instalments',
  'signature sign signed',
  'discount reduced reduction',
  'space storage',
  'remedy fix solve',
  'meaning means',
  'show music concert',
  'attachment attach attached attachments',
  'try try-out test trying tried',
  'repair repairs repaired',
  'voucher vouchers',
  'move moved reschedule postpone',
  'buy buys buying bought purchase purchased',
].map(words);
const ALIKE = new Map(SAME_THING.flatMap((group) => group.map((word) => [stem(word), group[0]!] as const)));
const ALIKE_WORDS = new Map(SAME_THING.map((group) => [group[0]!, group] as const));

const UNITS = words(
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
);
const TENS = words('- - twenty thirty forty fifty sixty seventy eighty ninety');
/** How letters are written that a recogniser hears spelled. */
const LETTERS: Readonly<Record<string, string>> = { em: 'm', dee: 'd', zee: 'z', zed: 'z', pee: 'p', queue: 'q' };
const NUMBERED = new Set(words('number code room zone size dish error version model ticket'));

const WEEKDAYS = words('sunday monday tuesday wednesday thursday friday saturday');
const DAY = new Map<string, number>(
  WEEKDAYS.flatMap((day, n) => [
    [day, n],
    [`${day}s`, n],
    [day.slice(0, 3), n],
    ...(day === 'tuesday' || day === 'thursday' ? ([[day.slice(0, 4), n]] as const) : []),
  ]),
);

/** Words that mean something else in this form alone. */
const AS_WRITTEN: Readonly<Record<string, string>> = { hours: 'open' };

/** Said in several words what texts say in one. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\bup ?front\b|\bin advance\b/gi, ' deposit '],
  [/\bmoney back\b/gi, ' refund '],
  [/\bpass word/gi, ' password'],
  [/\bset (?:me|us) back\b|\b(?:do you|you) charge\b|\bcharge (?:me|us|for)\b/gi, ' cost '],
  [/\b(?:send|sending|give|bring) (?:it|them|this|something|a parcel|things) back\b/gi, ' return '],
  [/\bhow (?:long|much|many|late|soon|fast|far|big)\b/gi, ' '],
  [/\bfree of charge\b/gi, ' free '],
];

export interface Term {
  readonly term: string;
  /** Names one thing and no other: `m120`, `959`. It fits whole or not at all. */
  readonly exact: boolean;
}

function stem(word: string): string {
  let plain = word.replace(/'s$/, '').replace(/(?:ing|ed|es|s|ly)$/, '');
  if (plain.length < 3) plain = word;
  plain = plain.replace(/e$/, '').replace(/y$/, 'i');
  return plain.length > 3 && plain.at(-1) === plain.at(-2) ? plain.slice(0, -1) : plain;
}

/** The pieces of a text as they stand, with what is written together together: `m-120`, `8:00`, `don't`. */
export function tokensOf(text: string): string[] {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\u2018\u2019]/g, "'");
  const tokens = plain.match(/[\p{L}\p{N}]+(?:['.:,/-][\p{L}\p{N}]+)*/gu) ?? [];
  return spelled(
    tokens.flatMap((token) => {
      if (/\d/.test(token)) return [token.replaceAll(/[-,/](?=[\p{L}\p{N}])/gu, '')];
      return token.split(/[-.:,/]/);
    }),
  );
}

/**
 * Number words after a letter or a word such as `number`, and two or more in a row, are digits; single letters go with
 * digits after them, and one letter after them with a code that was said in words: `pw twelve a` is `pw12a`.
 */
function spelled(tokens: readonly string[]): string[] {
  const digits: string[] = [];
  const said = new Set<number>();
  for (let at = 0; at < tokens.length;) {
    let end = at;
    while (end < tokens.length && isNumberWord(tokens[end]!)) end++;
    const run = tokens.slice(at, end);
    const before = digits.at(-1) ?? '';
    if (
      run.length > 1 ||
      (run.length === 1 &&
        (letterOf(before) !== null || before.length === 1 || NUMBERED.has(before) || valueOf(run[0]!) > 12))
    ) {
      said.add(digits.length);
      digits.push(digitsOf(run));
      at = end;
    } else digits.push(tokens[at++]!);
  }
  const joined: string[] = [];
  for (let at = 0; at < digits.length; at++) {
    const token = digits[at]!;
    let whole = token;
    if (/^\d/.test(token) && !/[.:]/.test(token))
      for (let letter = letterOf(joined.at(-1)); letter !== null; letter = letterOf(joined.at(-1))) {
        joined.pop();
        whole = letter + whole;
      }
    const isCode = said.has(at) && whole !== token;
    if (isCode && /^[a-hj-z]$/.test(digits[at + 1] ?? '') && !/^\d/.test(digits[at + 2] ?? '')) whole += digits[++at];
    joined.push(whole);
  }
  return joined;
}

const NOT_SPELLED = new Set(words('pm mr mrs ms dr st th nd rd tv vs kg km lb cm mm hr ft'));

/** `a` and `i` are words before a number; `pw` is two letters. */
function letterOf(word: string | undefined): string | null {
  if (word !== undefined && /^[b-df-hj-np-tv-xz]{2,3}$/.test(word) && !NOT_SPELLED.has(word)) return word;
  const letter = word === undefined ? '' : (LETTERS[word] ?? word);
  return /^[b-hj-z]$/.test(letter) ? letter : null;
}

const isNumberWord = (word: string) => valueOf(word) >= 0 || word === 'hundred' || word === 'thousand';

function valueOf(word: string): number {
  const unit = UNITS.indexOf(word);
  const ten = TENS.indexOf(word);
  return unit >= 0 ? unit : ten > 1 ? ten * 10 : -1;
}

/** `nine five nine`, `nine fifty nine` and `nine hundred fifty nine` are all 959. */
function digitsOf(run: readonly string[]): string {
  if (run.some((word) => word === 'hundred' || word === 'thousand')) {
    let [total, part] = [0, 0];
    for (const word of run) {
      if (word === 'hundred') part = (part || 1) * 100;
      else if (word === 'thousand') [total, part] = [total + (part || 1) * 1000, 0];
      else part += valueOf(word);
    }
    return String(total + part);
  }
  let digits = '';
  for (let at = 0; at < run.length; at++) {
    const value = valueOf(run[at]!);
    const next = at + 1 < run.length ? valueOf(run[at + 1]!) : -1;
    if (value >= 20 && next > 0 && next < 10) {
      digits += value + next;
      at++;
    } else digits += value;
  }
  return digits;
}

const NUMBER_TERMS = new Set([...UNITS, ...TENS, 'hundred', 'thousand'].map(stem));

/** Whether a term is a number in words. */
export const isNumberTerm = (term: string) => NUMBER_TERMS.has(term);

/** The weekdays that a text names, single or as a range; 0 is Sunday. */
export function weekdaysIn(tokens: readonly string[]): number[] {
  const days = new Set<number>();
  for (const [at, token] of tokens.entries()) {
    const day = DAY.get(token);
    if (day !== undefined) days.add(day);
    const from = DAY.get(tokens[at - 2] ?? '');
    if (day !== undefined && from !== undefined && /^(?:to|through|until|till)$/.test(tokens[at - 1]!))
      for (let n = from; n !== day; n = (n + 1) % 7) days.add(n);
    if (/^weekdays?$/.test(token)) for (let n = 1; n <= 5; n++) days.add(n);
    if (/^weekends?$/.test(token)) days.add(0).add(6);
    if (token === 'daily' || (token === 'day' && tokens[at - 1] === 'every')) for (let n = 0; n < 7; n++) days.add(n);
  }
  return [...days];
}

/** The terms of a text, each once. */
export function termsOf(text: string): Term[] {
  const terms = new Map<string, Term>();
  const tokens = tokensOf(PHRASES.reduce((plain, [pattern, word]) => plain.replace(pattern, word), text));
  for (const day of weekdaysIn(tokens)) terms.set(`day ${day}`, { term: `day ${day}`, exact: false });
  for (const [at, token] of tokens.entries()) {
    if (DAY.has(token)) continue;
    if (/\d/.test(token)) terms.set(token, { term: token, exact: !token.includes(':') });
    else if (NUMBERED.has(tokens[at - 1] ?? '') && token.length === 1) terms.set(token, { term: token, exact: true });
    else if (!COMMON.has(token) && token.length > 1) {
      const plain = stem(token);
      const term = AS_WRITTEN[token] ?? ALIKE.get(plain) ?? plain;
      terms.set(term, { term, exact: false });
    }
  }
  return [...terms.values()];
}

/** A question with other words for the same things, for a search by words. `weekday`: today's. */
export function searchWords(question: string, weekday: number | null): string {
  const more: string[] = [];
  for (const { term, exact } of termsOf(question)) {
    if (exact) more.push(term, term.replace(/^([a-z]+)(\d+)$/, '$1-$2'));
    else more.push(...(ALIKE_WORDS.get(term) ?? []));
  }
  const plain = question.toLowerCase();
  if (/\bhow much\b/.test(plain)) more.push('price', 'cost', 'fee', 'rate');
  if (/\bhow long\b|\bhow many (?:days|hours|minutes)\b/.test(plain)) more.push('duration', 'time');
  if (weekday !== null) {
    if (/\b(?:today|tonight|now)\b/.test(plain)) more.push(WEEKDAYS[weekday]!);
    if (/\btomorrow\b/.test(plain)) more.push(WEEKDAYS[(weekday + 1) % 7]!);
  }
  return [question, ...more].join(' ');
}

/** Other words for what a text is about, which its readers may ask with. */
export function otherWordsFor(text: string): string[] {
  const written = new Set(tokensOf(text));
  return termsOf(text).flatMap(({ term, exact }) =>
    exact ? [] : (ALIKE_WORDS.get(term) ?? []).filter((word) => !written.has(word)),
  );
}
