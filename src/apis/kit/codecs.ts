import { z } from 'zod';
import { notFound } from '#core/kernel/errors.ts';
import { isPhoneNumber, LONGEST_PHONE_NUMBER } from '#core/kernel/phone-number.ts';

/** How ids, times and numbers in queries are written, where several APIs do it alike. */

/** `call_123`, as every API but those with bare numbers writes an id. */
export const idOf = (kind: string, id: number): string => `${kind}_${id}`;

/** The number in `agent_7`, or null for anything else. */
export function numberIn(kind: string, id: string): number | null {
  const digits = new RegExp(`^${kind}_(0|[1-9]\\d{0,14})$`).exec(id)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** @throws AppError not-found for anything that is not an id of this kind */
export function numberOf(kind: string, id: string, what: string, field: string): number {
  const found = numberIn(kind, id);
  if (found === null) throw notFound(what, `${field}: ${id}`);
  return found;
}

/** `2026-01-10T18:30:00Z` */
export const timeInSeconds = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;
/** `2026-01-10T18:30:00.000Z` */
export const timeInMilliseconds = (at: Date): string => at.toISOString();

/** `+` and 7 to 15 digits. */
export const phoneNumberText = z
  .string()
  .refine(isPhoneNumber, 'must be + and 7 to 15 digits, as in +1234567890')
  .max(LONGEST_PHONE_NUMBER);

/** A number in a query, where an unescaped + reads as a space. */
export const phoneNumberInQuery = z
  .string()
  .max(LONGEST_PHONE_NUMBER)
  .transform((text) => text.replace(/^ /, '+'))
  .refine(isPhoneNumber, 'must be + and 7 to 15 digits, as in %2B1234567890');

/** An address that we are to send to; where it leads is checked when connecting. */
export const webUrl = z
  .string()
  .max(2000)
  .refine(
    (text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''),
    'must be an address that begins with http:// or https://',
  );

/** What deliveries are to be signed with. */
export const signingSecretText = z.string().min(1).max(500);

/** A whole number in a query. One that is negative or has too many digits is out of range, not malformed. */
export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^-?\d{1,300}$/, 'must be a whole number')
    .meta({ pattern: '^\\d{1,15}$', maxLength: 15 })
    .transform(Number)
    .pipe(z.number().min(least).max(most));

const LARGEST_PAGE = 1000;
const FARTHEST = 999_999_999_999_999;

/** `skip` and `limit`, as two of the APIs page (one calls the first `offset`). */
export const pageLimit = (usual: number) => wholeNumber(0, LARGEST_PAGE).default(usual);
export const pageSkip = wholeNumber(0, FARTHEST).default(0);

const DAY_MS = 86_400_000;

/** Whether the calendar has this day: `2026-02-30` parses, as the second of March. */
const isDate = (day: string): boolean => new Date(`${day}T00:00Z`).toISOString().startsWith(day);

/**
 * An ISO date or time in a query; without a zone it is UTC. `at`: the instant or the start of the day; `end`: the same
 * instant, or the end of the day.
 */
export const instantInQuery = z
  .string()
  .max(40)
  .regex(
    /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[ +-]\d\d:?\d\d)?)?$/,
    'must be an ISO date or time',
  )
  .transform((given, context) => {
    // In a query an unescaped + reads as a space.
    const text = given.replace(/^(\S{10}) /, '$1T').replace(' ', '+');
    const at = new Date(/^.{10}$|Z$|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
    if (Number.isNaN(at.getTime()) || !isDate(text.slice(0, 10))) {
      context.addIssue({ code: 'custom', message: 'must be an ISO date or time' });
      return z.NEVER;
    }
    return { at, end: text.length === 10 ? new Date(at.getTime() + DAY_MS) : at };
  });

/** A yes or no in a query; clients in Python write `True`. */
export const queryFlag = z
  .string()
  .max(10)
  .toLowerCase()
  .pipe(z.enum(['true', 'false', '1', '0']))
  .transform((value) => value === 'true' || value === '1');

/** Inverts an API's mapping of our codes, such as statuses: for each of its words, the codes that it stands for. */
export function wordsFor<Ours extends string>(
  words: Readonly<Record<Ours, string>>,
): ReadonlyMap<string, readonly Ours[]> {
  return Map.groupBy(Object.keys(words) as Ours[], (ours) => words[ours]);
}

/** A check of a value by its length as JSON, for `refine`. */
export const jsonOfAtMost = (most: number) =>
  [
    (value: unknown) => (JSON.stringify(value) ?? '').length <= most,
    `must be at most ${most} characters as JSON`,
  ] as const;

/** A field that may be left out; clients that write all their fields send null for it. */
export const leftOut = <Shape extends z.ZodType>(shape: Shape) =>
  shape.nullish().transform((value) => value ?? undefined);

/** An id as a client sends it. */
export const IdText = z.string().max(200);

/** Letters of all values together. */
const LONGEST_VARIABLES = 200_000;

/** Variables may be sent as anything that reads as a text. */
export const Variables = z
  .record(z.string().max(200), z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]))
  .refine((given) => Object.keys(given).length <= 200, 'at most 200 variables')
  .refine(
    (given) =>
      Object.values(given).reduce<number>((sum, one) => sum + String(one ?? '').length, 0) <= LONGEST_VARIABLES,
    `at most ${LONGEST_VARIABLES} letters in all values`,
  )
  .transform((given) =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value === null ? '' : String(value)])),
  );
