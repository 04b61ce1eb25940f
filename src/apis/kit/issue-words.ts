import type { z } from 'zod';

type RawIssue = z.core.$ZodRawIssue;

/** What a value must be, by the type that a schema expects. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  file: 'a file',
  date: 'a date',
};
const FORMATS: Readonly<Record<string, string>> = {
  email: 'an e-mail address',
  url: 'an address such as https://example.com',
  datetime: 'an ISO date and time, as in 2026-01-10T18:30:00Z',
  date: 'an ISO date, as in 2026-01-10',
  time: 'a time, as in 18:30',
  uuid: 'a UUID',
};
const LONGEST_NAME = 100;

/**
 * What is wrong with a value, to follow the name of its field: `must be 1 or more`. For schemas that bring no message
 * of their own.
 */
export function issueWords(issue: RawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeWords(issue.expected)}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${valueWords(issue.values[0])}`
        : `must be one of ${issue.values.map(valueWords).join(', ')}`;
    case 'too_small':
      return `must ${limitWords(issue.origin, Number(issue.minimum), issue.inclusive === false ? 'more' : 'least')}`;
    case 'too_big':
      return `must ${limitWords(issue.origin, Number(issue.maximum), issue.inclusive === false ? 'less' : 'most')}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return `must be ${FORMATS[issue.format] ?? 'written in the documented form'}`;
    case 'unrecognized_keys':
      return `must not hold ${issue.keys.map((key) => `"${key.slice(0, LONGEST_NAME)}"`).join(', ')}`;
    case 'invalid_union':
      return `must be ${unionWords(issue.errors)}`;
    case 'invalid_key':
      return 'must not hold a key of this form';
    case 'invalid_element':
      return 'must not hold an element of this form';
    default:
      return 'must have the documented form';
  }
}

const typeWords = (type: string): string => TYPES[type] ?? `of the type ${type}`;
const valueWords = (value: unknown): string => (typeof value === 'string' ? value : String(value));

type Bound = 'least' | 'most' | 'more' | 'less';

/** `be 1 or more`, `have at most 20 elements`. */
function limitWords(origin: string, limit: number, bound: Bound): string {
  const unit = { string: 'character', array: 'element', set: 'element', map: 'entry', file: 'byte' }[origin];
  if (unit === undefined)
    return (
      { least: `be ${limit} or more`, most: `be ${limit} or less` }[bound as string] ?? `be ${bound} than ${limit}`
    );
  const amount = { least: 'at least', most: 'at most', more: 'more than', less: 'less than' }[bound];
  const plural = unit === 'entry' ? 'entries' : `${unit}s`;
  return `have ${amount} ${limit} ${limit === 1 ? unit : plural}`;
}

/** The types that a union takes, where its branches differ by nothing else. */
function unionWords(branches: readonly (readonly z.core.$ZodIssue[])[]): string {
  const expected = branches.flatMap((issues) =>
    issues.flatMap((issue) => (issue.code === 'invalid_type' && issue.path.length === 0 ? [issue.expected] : [])),
  );
  const types = [...new Set(expected)].map(typeWords);
  if (types.length === 0) return 'of one of the documented forms';
  return types.length === 1 ? types[0]! : `${types.slice(0, -1).join(', ')} or ${types.at(-1)}`;
}
