import { invalid } from '../kernel/errors.ts';

/** Bounds of a password's length: long enough against guessing, short enough for hashing. */
const SHORTEST = 8;
const LONGEST = 128;

/** The most common passwords of eight characters or more. */
const COMMON = new Set([
  'password',
  'password1',
  'password12',
  'password123',
  'passw0rd',
  '12345678',
  '123456789',
  '1234567890',
  '11111111',
  '00000000',
  '87654321',
  '88888888',
  'qwertyui',
  'qwertyuiop',
  'qwerty123',
  '1q2w3e4r',
  '1qaz2wsx',
  'iloveyou',
  'sunshine',
  'princess',
  'football',
  'baseball',
  'trustno1',
  'superman',
  'starwars',
  'whatever',
  'letmein1',
  'welcome1',
  'admin123',
  'administrator',
  'changeme',
  'abcd1234',
  'abc12345',
  'computer',
  'internet',
]);

/** What is wrong with the length of a password, or null. */
function lengthProblem(password: string): string | null {
  if (password.length < SHORTEST) return `must have at least ${SHORTEST} characters`;
  return password.length > LONGEST ? `must have at most ${LONGEST} characters` : null;
}

/** Why a password of the right length is easy to guess, or null. Kinds of characters are not required. */
function guessProblem(password: string, email: string): string | null {
  const lower = password.toLowerCase();
  if (COMMON.has(lower) || new Set(lower).size < 3) return 'is a common password that is easy to guess';
  const [local = ''] = email.toLowerCase().split('@');
  if (lower === email.toLowerCase() || (local.length >= SHORTEST && lower === local))
    return 'must not be the e-mail address';
  return null;
}

/** @throws AppError invalid-input */
export function checkPassword(password: string, email: string, path = 'password'): void {
  const length = lengthProblem(password);
  if (length !== null) throw invalid(path, length, 'range');
  const problem = guessProblem(password, email);
  if (problem !== null) throw invalid(path, problem);
}
