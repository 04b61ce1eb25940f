/** Turns English number words and clock phrases into digits: `half past ten` -> `10:30`, `twenty third` -> `23rd`. */

const UNITS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const ORDINALS =
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth'.split(
    ' ',
  );
const TENTHS = ['', '', 'twentieth', 'thirtieth'];

/** Full names, which every part of the parser reads. */
const WEEKDAYS: readonly (readonly [RegExp, string])[] = [
  [/\bsun\b/g, 'sunday'],
  [/\bmon\b/g, 'monday'],
  [/\btues?\b/g, 'tuesday'],
  [/\bweds?\b/g, 'wednesday'],
  [/\bthu(?:rs?)?\b/g, 'thursday'],
  [/\bfri\b/g, 'friday'],
  [/\bsat\b/g, 'saturday'],
];

export const MONTH =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';

const NUMBERS = new Map<string, string>([
  ...UNITS.map((word, value) => [word, String(value)] as const),
  ...ORDINALS.map((word, at) => [word, ordinal(at + 1)] as const),
  ...TENTHS.flatMap((word, tens) => (word === '' ? [] : [[word, ordinal(tens * 10)] as const])),
  ...TENS.flatMap((tens, at) =>
    tens === ''
      ? []
      : [
          [tens, String(at * 10)] as const,
          ...UNITS.slice(1, 10).map((unit, i) => [`${tens} ${unit}`, String(at * 10 + i + 1)] as const),
          ...ORDINALS.slice(0, 9).map((unit, i) => [`${tens} ${unit}`, ordinal(at * 10 + i + 1)] as const),
        ],
  ),
]);
/** Longest first, so that `twenty third` is not read as `twenty`. */
const NUMBER_WORD = new RegExp(
  `\\b(${[...NUMBERS.keys()].toSorted((one, other) => other.length - one.length).join('|')})\\b`,
  'g',
);

function ordinal(value: number): string {
  const tail = value % 100 > 10 && value % 100 < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th');
  return `${value}${tail}`;
}

/** Lower case, digits, `h:mm`, `am` and `pm`; what is no number or clock phrase stays. */
export function withDigits(text: string): string {
  const plain = text
    .toLowerCase()
    .normalize('NFKC')
    .replace(/[’‘]/g, "'")
    .replace(/(\d{4}-\d{2}-\d{2})t(?=\d)/g, '$1 ')
    .replace(/\b([ap])\.?\s?m\b\.?/g, '$1m')
    .replace(/\bmay (?=i\b|we\b|be\b|come\b|have\b|need\b|want\b|not\b)/g, 'might ')
    .replace(/(?<=[a-z])-(?=[a-z])/g, ' ')
    .replace(/[,;!?"()]|\.(?!\d)/g, ' ')
    .replace(/\b(this|that|another|no|which) one\b/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
  const digits = plain
    .replace(NUMBER_WORD, (word) => NUMBERS.get(word)!)
    .replace(/\b(?:oh|o) ([1-9])\b/g, '0$1')
    .replace(/\b(\d{1,2}) ?ish\b/g, '$1')
    // A year is said in two halves.
    .replace(
      new RegExp(
        `(${MONTH} (?:the )?\\d{1,2}(?:st|nd|rd|th)?|\\d(?:st|nd|rd|th)? (?:of )?${MONTH}) 20 (\\d\\d)\\b`,
        'g',
      ),
      '$1 20$2',
    );
  return clockPhrases(WEEKDAYS.reduce((changed, [short, whole]) => changed.replace(short, whole), digits));
}

function clockPhrases(text: string): string {
  return (
    text
      .replace(/\b(?:around|about|approximately|roughly) (?=\d|noon|half|quarter|a quarter)/g, 'at ')
      .replace(
        /\b(\d{1,2})(?::00)? o' ?clock\b|\b(\d{1,2}) o clock\b|\b(\d{1,2}) oclock\b/g,
        (_, a, b, c) => `${a ?? b ?? c}:00`,
      )
      .replace(/\bhalf (?:past )?(\d{1,2})\b/g, '$1:30')
      .replace(/\b(?:a )?quarter (?:past|after) (\d{1,2})\b/g, '$1:15')
      .replace(/\b(?:a )?quarter (?:to|of|before|till?) (\d{1,2})\b/g, (_, hour) => before(hour, 15))
      .replace(
        /\b(\d{1,2})(?: minutes?)? past (\d{1,2})\b/g,
        (_, minutes, hour) => `${hour}:${minutes.padStart(2, '0')}`,
      )
      .replace(/\b(\d{1,2}) minutes? (?:to|before) (\d{1,2})\b/g, (_, minutes, hour) => before(hour, Number(minutes)))
      // `five to six` may be a range, `at five to six` and `ten to five` are none.
      .replace(/(?<!\b(?:from|between) )(\bat )?\b(5|10|20|25) to (\d{1,2})\b/g, (whole, at, minutes, hour) =>
        at !== undefined || Number(minutes) > Number(hour) ? `${at ?? ''}${before(hour, Number(minutes))}` : whole,
      )
      .replace(/\b(?:12 )?(?:midday|noon)\b/g, 'noon')
      .replace(/\b(\d{1,2})h(\d\d)?\b/g, (_, hour, minutes) => `${hour}:${minutes ?? '00'}`)
      .replace(/\bat (\d{1,2})\.(\d\d)\b(?!\.\d)/g, 'at $1:$2')
      .replace(
        /\b(?:at ([01]\d|2[0-3])([0-5]\d)(?: hours)?|([01]\d|2[0-3])([0-5]\d) hours)\b/g,
        (_, a, b, c, d) => `at ${a ?? c}:${b ?? d}`,
      )
      .replace(
        new RegExp(
          `(?<!${MONTH} |[\\d:/.-])\\b(1?\\d|2[0-3]) ([0-5]\\d)\\b(?! ?(?:days?|weeks?|months?|people|persons|guests|of))(?![:/.-]\\d)`,
          'g',
        ),
        '$1:$2',
      )
  );
}

const before = (hour: string, minutes: number) => `${hour === '1' ? 12 : Number(hour) - 1}:${60 - minutes}`;
