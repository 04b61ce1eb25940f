import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { AppError } from '#core/kernel/errors.ts';
import { parseInput } from './input.ts';

describe('words for invalid input', () => {
  const cases: readonly (readonly [z.ZodType, unknown, string])[] = [
    [z.number().min(1), 0, 'a must be 1 or more'],
    [z.number().max(100), 101, 'a must be 100 or less'],
    [z.number().gt(0), 0, 'a must be more than 0'],
    [z.string().min(1), '', 'a must have at least 1 character'],
    [z.array(z.string()).max(2), ['1', '2', '3'], 'a must have at most 2 elements'],
    [z.int(), 1.5, 'a must be a whole number'],
    [z.boolean(), 'yes', 'a must be true or false'],
    [z.enum(['asc', 'desc']), 'up', 'a must be one of asc, desc'],
    [z.union([z.string(), z.number()]), {}, 'a must be a text or a number'],
    [z.email(), 'x', 'a must be an e-mail address'],
    [z.string().refine(() => false, 'must be kind'), 'x', 'a must be kind'],
    [z.string().refine(() => false, 'no such thing'), 'x', 'a: no such thing'],
    [z.string(), undefined, 'a is required'],
  ];
  for (const [shape, value, message] of cases)
    it(message, () =>
      assert.throws(
        () => parseInput(z.object({ a: shape }), { a: value }, 'body'),
        (error) => error instanceof AppError && error.issues[0]?.message === message,
      ),
    );
});
