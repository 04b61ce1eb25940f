const ONES = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'thirteen',
  'fourteen',
  'fifteen',
  'sixteen',
  'seventeen',
  'eighteen',
  'nineteen',
];
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];

/** A whole number below a million as it is spoken. */
export function spokenNumber(value: number): string {
  if (value < 20) return ONES[value]!;
  if (value < 100) return [TENS[Math.floor(value / 10)], value % 10 ? ONES[value % 10] : ''].filter(Boolean).join(' ');
  if (value < 1000)
    return [ONES[Math.floor(value / 100)], 'hundred', value % 100 ? spokenNumber(value % 100) : '']
      .filter(Boolean)
      .join(' ');
  return [spokenNumber(Math.floor(value / 1000)), 'thousand', value % 1000 ? spokenNumber(value % 1000) : '']
    .filter(Boolean)
    .join(' ');
}

const MARKS: readonly (readonly [RegExp, string])[] = [
  [/\$\s?(\d[\d,]*)/g, '$1 dollars'],
  [/(\d)\s?%/g, '$1 percent'],
  [/&/g, ' and '],
  [/@/g, ' at '],
];

/** A written sentence as the lower-case words that are spoken. */
export function spokenWords(text: string): string[] {
  let plain = text.normalize('NFKD').replace(/[\u2018\u2019]/g, "'");
  for (const [pattern, spoken] of MARKS) plain = plain.replace(pattern, spoken);
  plain = plain
    .replace(/(\d),(?=\d{3}\b)/g, '$1')
    .replace(/\d+/g, (digits) =>
      digits.length > 6 || (digits.length > 1 && digits.startsWith('0'))
        ? [...digits].map((digit) => ONES[Number(digit)]).join(' ')
        : ` ${spokenNumber(Number(digits))} `,
    );
  return plain.toLowerCase().match(/[a-z]+(?:'[a-z]+)*/g) ?? [];
}

/** A text cut into sentences of spoken words; headings, bullets and quoted phrases stand for themselves. */
export function spokenSentences(text: string): string[][] {
  const quoted = [...text.matchAll(/"([^"\n]{2,200})"/g)].map((match) => match[1]!);
  return [...text.split(/[.!?;:\n]+/), ...quoted]
    .map(spokenWords)
    .filter((words) => words.length > 0 && words.length <= 60);
}
