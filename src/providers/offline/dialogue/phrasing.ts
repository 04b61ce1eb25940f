import { spokenNumber } from '../speech/text.ts';

const SHORT_FORMS: readonly (readonly [RegExp, string])[] = [
  [/\be\.\s?g\.,?/gi, 'for example'],
  [/\bi\.\s?e\.,?/gi, 'that is'],
  [/\betc\./gi, 'and so on.'],
  [/\bapprox\.?/gi, 'about'],
  [/\bvs\.?/gi, 'versus'],
  [/\bmin\.(?=\s|$)/gi, 'minutes'],
  [/\/\s?mo(?:nth)?\b\.?/gi, ' a month'],
  [/\/\s?(?:yr|year)\b\.?/gi, ' a year'],
  [/\bMon\./g, 'Monday'],
  [/\bTue\./g, 'Tuesday'],
  [/\bWed\./g, 'Wednesday'],
  [/\bThu\./g, 'Thursday'],
  [/\bFri\./g, 'Friday'],
];

/**
 * A written text in words that can be spoken: no markup, signs and numbers in words. The work of an agent that phrases.
 */
export function phrase(text: string): string {
  let plain = text
    .replace(/```[\s\S]*?```/g, ' ')
    .replace(/!?\[([^[\]]*)\]\([^()]*\)/g, '$1')
    .split('\n')
    .map(plainLine)
    .join('\n')
    .replace(/[*_`~]{1,3}(?=\S)|(?<=\S)[*_`~]{1,3}/g, '')
    .replace(/\p{Extended_Pictographic}/gu, '')
    .replace(/https?:\/\/(?:www\.)?([\w.-]+)\S*/g, (_, host: string) => host.replaceAll('.', ' dot '))
    .replace(
      /(?<![\w.+-])([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)/g,
      (_, name: string, host: string) => `${name.replaceAll('.', ' dot ')} at ${host.replaceAll('.', ' dot ')}`,
    );
  for (const [pattern, words] of SHORT_FORMS) plain = plain.replace(pattern, words);
  plain = plain
    .replace(/([$€£])\s?(\d[\d,]*)(?:\.(\d{2}))?/g, (_, sign: string, whole: string, cents: string | undefined) =>
      money(sign, Number(whole.replaceAll(',', '')), Number(cents ?? 0)),
    )
    .replace(
      /(\d{1,2}):(\d{2})\b/g,
      (_, hour: string, minute: string) =>
        `${spokenNumber(Number(hour))}${minute === '00' ? " o'clock" : ` ${Number(minute) < 10 ? 'oh ' : ''}${spokenNumber(Number(minute))}`}`,
    )
    .replace(
      /(?<!\d)(\d+)\.(\d+)/g,
      (_, whole: string, rest: string) =>
        `${digits(whole)} point ${[...rest].map((one) => spokenNumber(Number(one))).join(' ')}`,
    )
    .replace(/(\d)\s?%/g, '$1 percent')
    .replace(/\s&\s/g, ' and ')
    .replace(/(\d),(?=\d{3}\b)/g, '$1')
    .replace(/\+?\d+/g, digits);
  return plain
    .replace(/\s+/g, ' ')
    .replace(/ ([.,!?])/g, '$1')
    .replace(/([.!?])(?: ?\.)+/g, '$1')
    .trim();
}

/** A heading or an item of a list as a sentence. */
function plainLine(line: string): string {
  const text = line.trim();
  const mark = /^(?:#+|(?:[-*•]|\d+[.)])(?=\s))/.exec(text)?.[0];
  return mark === undefined
    ? line
    : `${text
        .slice(mark.length)
        .trim()
        .replace(/[.:;,]$/, '')}. `;
}

const MONEY: Readonly<Record<string, readonly [string, string]>> = {
  $: ['dollar', 'cent'],
  '€': ['euro', 'cent'],
  '£': ['pound', 'penny'],
};

function money(sign: string, whole: number, cents: number): string {
  const [unit, part] = MONEY[sign]!;
  const counted = (n: number, word: string) =>
    `${spokenNumber(n)} ${n === 1 ? word : word === 'penny' ? 'pence' : `${word}s`}`;
  if (whole >= 1_000_000) return `${whole} ${unit}s`;
  return cents === 0 ? counted(whole, unit) : `${counted(whole, unit)} and ${counted(cents, part)}`;
}

/** Long numbers and numbers with a leading zero are spoken digit by digit. */
function digits(text: string): string {
  const plain = text.replace('+', '');
  const one = (digit: string) => spokenNumber(Number(digit));
  return plain.length > 6 || (plain.length > 1 && plain.startsWith('0'))
    ? [...plain].map(one).join(' ')
    : spokenNumber(Number(plain));
}
