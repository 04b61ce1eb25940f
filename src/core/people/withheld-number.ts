/**
 * Numbers that carriers send for a withheld one: ANONYMOUS, RESTRICTED, BLOCKED and UNAVAILABLE on a telephone keypad.
 */
const STAND_IN_DIGITS: ReadonlySet<string> = new Set(['266696687', '7378742833', '2562533', '86282452253']);
const STAND_IN_WORDS: ReadonlySet<string> = new Set([
  'anonymous',
  'blocked',
  'callerunknown',
  'nocallerid',
  'none',
  'null',
  'numberunavailable',
  'numberwithheld',
  'private',
  'privatenumber',
  'restricted',
  'unavailable',
  'undefined',
  'unknown',
  'unknowncaller',
  'unknownnumber',
  'withheld',
]);
const LONGEST_STAND_IN = 200;

/**
 * Whether a caller id means that the caller withholds the number. Such callers are no known person: they have no
 * memory, no limit and no do-not-call entry.
 */
export function isWithheldNumber(caller: string | null | undefined): boolean {
  if (caller == null || caller.trim() === '') return true;
  if (caller.length > LONGEST_STAND_IN) return false;
  const written = caller.trim().toLowerCase();
  const address = written.includes('<') ? written.slice(written.indexOf('<') + 1).replace('>', '') : written;
  const user = address.replace(/^(?:sips?|tel):/, '').split(/[@;?]/)[0]!;
  const digits = user.replaceAll(/[\s().+-]/g, '');
  return (
    user === '' || STAND_IN_DIGITS.has(digits.replace(/^00/, '')) || STAND_IN_WORDS.has(digits.replaceAll('_', ''))
  );
}

/** The number that identifies a person; null if it is withheld. */
export function numberOf(caller: string | null): string | null {
  return isWithheldNumber(caller) ? null : caller;
}
