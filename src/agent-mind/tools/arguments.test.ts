import assert from 'node:assert/strict';
import { it } from 'node:test';
import { checkArguments } from './arguments.ts';

const RESERVE = {
  name: 'reserve',
  description: 'Reserves seats',
  parameters: {},
  schema: {
    type: 'object',
    properties: {
      seats: { type: 'integer', minimum: 1 },
      code: { type: 'string', enum: ['gold', 'silver'] },
      account: { type: ['string', 'null'] },
      maybe: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
      tags: { type: 'array', items: { type: 'string' } },
      vip: { type: 'boolean' },
      address: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      broken: { $ref: '#/$defs/x' },
    },
    required: ['seats'],
  },
} as const;
const TEXTS = { name: 'book', description: 'Books', parameters: { date: { description: 'date', required: true } } };

it('values of the right kinds are handed on as they are', () => {
  const args = {
    seats: 4,
    code: 'gold',
    account: '00412',
    maybe: null,
    tags: ['a'],
    vip: true,
    address: { city: 'Bonn' },
  };
  assert.deepEqual(checkArguments(RESERVE, args), { args });
});

it('a text of a number, yes or no is read where only these fit', () => {
  assert.deepEqual(checkArguments(RESERVE, { seats: '4', vip: 'true', maybe: '2', account: '12345' }), {
    args: { seats: 4, vip: true, maybe: 2, account: '12345' },
  });
  assert.deepEqual(checkArguments(TEXTS, { date: 5 }), { args: { date: '5' } });
});

const WRONG: readonly (readonly [object, RegExp])[] = [
  [{}, /seats is missing/],
  [{ seats: null }, /seats is missing/],
  [{ seats: 'four' }, /seats must be integer/],
  [{ seats: 0 }, /seats must be >= 1/],
  [{ seats: 1, code: 'bronze' }, /code must be one of gold, silver/],
  [{ seats: 1, tags: 'a' }, /tags must be array/],
  [{ seats: 1, address: {} }, /address\.city is missing/],
  [{ seats: 1, vip: 'perhaps' }, /vip must be boolean/],
];
for (const [args, says] of WRONG)
  it(`${JSON.stringify(args)} is refused`, () => {
    const checked = checkArguments(RESERVE, args as Record<string, unknown>);
    assert.match('problem' in checked ? checked.problem : 'taken', says);
  });

it('a blank text is a missing one', () => {
  assert.deepEqual(checkArguments(TEXTS, { date: '  ' }), {
    problem: 'Nothing was done: date is missing. Ask the caller for what is missing, and call it again.',
  });
});
