import type { z } from 'zod';
import { AppError, type Issue } from '#core/kernel/errors.ts';
import { issueWords } from './issue-words.ts';
import type { Shape } from './operation.ts';

const DEEPEST = 64;
const LONGEST_SHOWN = 100;

/** A body as JSON, whatever it calls itself; an empty one is `{}`. @throws AppError invalid-input */
export function readJson(body: unknown): unknown {
  if (typeof body !== 'string' || body.trim() === '') return {};
  if (depthOf(body) > DEEPEST) throw tooDeep('body');
  try {
    return JSON.parse(body.replace(/^\uFEFF/, ''));
  } catch {
    throw wrong('body', 'the body is not valid JSON');
  }
}

/** @throws AppError invalid-input with every issue */
export function parseInput(schema: Shape | undefined, value: unknown, where: 'path' | 'query' | 'body'): unknown {
  if (!schema) return undefined;
  checkValue(value, where);
  const parsed = schema.safeParse(value, { error: issueWords });
  if (parsed.success) return parsed.data;
  throw new AppError('invalid-input', 'Invalid request parameters', {
    issues: parsed.error.issues.map((issue) => toIssue(issue, where, value)),
  });
}

export function wrong(path: string, message: string, kind: Issue['kind'] = 'format'): AppError {
  return new AppError('invalid-input', 'Invalid request parameters', { issues: [{ path, message, kind }] });
}

/**
 * Refuses strings that no database can keep (with NUL, or half of a surrogate pair), and input that is nested too deep,
 * which tRPC has parsed before. @throws AppError invalid-input
 */
function checkValue(value: unknown, where: string, depth = 0): void {
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed())
      throw wrong(where, `the ${where} holds a NUL character or a half character`);
    return;
  }
  // The bytes of a file are no text, and millions.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (depth === DEEPEST) throw tooDeep(where);
  for (const [key, inner] of Object.entries(value)) {
    checkValue(key, where);
    checkValue(inner, where, depth + 1);
  }
}

const tooDeep = (where: string): AppError => wrong(where, `the ${where} is nested deeper than ${DEEPEST}`, 'range');

/** Of brackets outside of strings. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (inString) {
      if (char === 0x5c) i++;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x5b || char === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (char === 0x5d || char === 0x7d) depth--;
  }
  return deepest;
}

/** Names of fields and paths are the client's own text: a refusal repeats only their beginning. */
export const shortened = (text: string): string =>
  text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`;

/** Names of fields whose values are never repeated, not even to the sender. */
const SECRET = /password|secret|token|key/i;

/** What an issue is about. */
function valueAt(path: readonly PropertyKey[], input: unknown): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<PropertyKey, unknown>)[part]
        : undefined,
    input,
  );
}

/** The value that an issue is about, if it is short and no secret. */
function shownValue(issue: z.core.$ZodIssue, input: unknown): Pick<Issue, 'value'> {
  if (issue.path.some((part) => SECRET.test(String(part)))) return {};
  const value = valueAt(issue.path, input);
  if (typeof value === 'string') return value.length <= LONGEST_SHOWN ? { value } : {};
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? { value } : {};
}

/** A message that follows the name of its field needs no colon. */
export const sentence = (path: string, message: string): string =>
  message.startsWith('must ') ? `${path} ${message}` : `${path}: ${message}`;

function toIssue(issue: z.core.$ZodIssue, where: string, input: unknown): Issue {
  const path = issue.path.map((part) => shortened(String(part))).join('.') || where;
  const missing =
    (issue.code === 'invalid_type' || issue.code === 'invalid_value' || issue.code === 'invalid_union') &&
    issue.path.length > 0 &&
    valueAt(issue.path, input) === undefined;
  const kind = missing ? 'missing' : issue.code === 'too_small' || issue.code === 'too_big' ? 'range' : 'format';
  return {
    path,
    kind,
    ...shownValue(issue, input),
    message: missing ? `${path} is required` : sentence(path, issue.message),
  };
}
