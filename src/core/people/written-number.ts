import { CALLING_CODES } from '../dialling/area-codes.ts';
import { countryOf } from '../dialling/place.ts';
import { isPhoneNumber, type PhoneNumber } from '../kernel/phone-number.ts';

const CODES = new Map(
  Object.entries(CALLING_CODES).flatMap(([code, countries]) => countries.split(' ').map((one) => [one, code] as const)),
);
/** Countries whose numbers keep a leading zero when dialled from abroad. */
const KEEPS_ZERO: ReadonlySet<string> = new Set(['IT', 'VA', 'SM']);
const EXTENSION = /(?:;ext=|,|\bext(?:ension|n)?\b\.?|x|#)\s*\d{1,7}$/i;

/**
 * The one form in which a number is stored, for the ways in which people write it: `(415) 555-0100`,
 * `0049 (0)30 123456`, `011 44 20 7946 0000`, `+1 415 555 0100 x12`. `country` is that of numbers without a country
 * code. Null if it is none.
 */
export function writtenNumber(text: string, country: string | null): PhoneNumber | null {
  const plain = text.trim().replace(/^tel:/i, '').replace(EXTENSION, '');
  if (/[^\d\s().+/\-–‐]/.test(plain) || plain.lastIndexOf('+') > 0) return null;
  const written = plain.replace(/^(\+|00)(\s*\d[\d\s]*)\(0\)/, '$1$2').replaceAll(/[^\d+]/g, '');
  const number = international(written, countryOf(country));
  return number !== null && isPhoneNumber(number) ? number : null;
}

function international(digits: string, country: string | null): string | null {
  if (digits.startsWith('+')) return digits;
  const isNorthAmerican = country === 'US' || country === 'CA';
  if (isNorthAmerican && digits.startsWith('011')) return `+${digits.slice(3)}`;
  if (digits.startsWith('00')) return `+${digits.slice(2)}`;
  if (isNorthAmerican) {
    const national = digits.length === 11 && digits.startsWith('1') ? digits.slice(1) : digits;
    return /^[2-9]\d{9}$/.test(national) ? `+1${national}` : null;
  }
  const code = country === null ? undefined : CODES.get(country);
  if (code === undefined) return null;
  return `+${code}${KEEPS_ZERO.has(country!) ? digits : digits.replace(/^0/, '')}`;
}
