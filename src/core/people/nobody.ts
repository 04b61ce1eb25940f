/** Numbers that carriers put in the place of a withheld one: the telephone keys of ANONYMOUS, RESTRICTED, BLOCKED and UNAVAILABLE. */
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

/** Whether a number, address or name is what a caller has who withholds theirs. Such callers are nobody: no memory, no limit, no refusal is theirs, and no two of them are the same person. */
export function isNobody(caller: string | null | undefined): boolean {
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

/** The number by which a person is known; null where it is nobody's. */
export function numberOf(caller: string | null): string | null {
  return isNobody(caller) ? null : caller;
}
