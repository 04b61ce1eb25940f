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

const named = (count: number, schema: (n: number) => object) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, schema(n)]));
/** Schemas of a few lines that would take a checker minutes, or for ever. */
const ENDLESS: Readonly<Record<string, object>> = {
  'choices of choices': named(40, (n) =>
    n === 39 ? { type: 'number' } : { anyOf: Array.from({ length: 2 }, () => ({ $ref: `#/$defs/p${n + 1}` })) },
  ),
  'a part of itself': { p0: { allOf: [{ $ref: '#/$defs/p0' }] } },
  'overlapping patterns': {
    p0: { patternProperties: named(9, () => ({ $ref: '#/$defs/p0' })), additionalProperties: { $ref: '#/$defs/p0' } },
  },
};
for (const [name, $defs] of Object.entries(ENDLESS))
  it(`a schema that cannot be checked in time is not checked: ${name}`, () => {
    const schema = { type: 'object', properties: { a: { $ref: '#/$defs/p0' } }, $defs };
    let value: unknown = 'x';
    for (let depth = 0; depth < 9; depth++) value = { a: value, b: value };
    const began = performance.now();
    assert.deepEqual(checkArguments({ ...TEXTS, schema }, { a: value }), { args: { a: value } });
    assert.ok(performance.now() - began < 2000);
  });

it('a schema that leads back to itself through its parts is checked', () => {
  const node = { type: 'object', properties: { value: { type: 'number' }, next: { $ref: '#/$defs/node' } } };
  const schema = { type: 'object', properties: { list: { $ref: '#/$defs/node' } }, $defs: { node } };
  const checked = checkArguments({ ...TEXTS, schema }, { list: { value: 1, next: { value: 'two' } } });
  assert.match('problem' in checked ? checked.problem : '', /list\.next\.value must be number/);
});

it('of a schema with parts that cannot be read the others are checked, without much work', () => {
  const properties = named(400, (n) => ({ type: n % 200 === 7 ? 'int' : 'integer' }));
  const began = performance.now();
  const checked = checkArguments({ ...TEXTS, schema: { type: 'object', properties } }, { p6: 'x', p7: 'x', p399: 'x' });
  assert.match('problem' in checked ? checked.problem : '', /p6 must be integer; p399 must be integer\. /);
  assert.ok(performance.now() - began < 2000);
});

it('arguments that are nested too deeply are refused', () => {
  let value: unknown = 'x';
  for (let depth = 0; depth < 5000; depth++) value = [value];
  const checked = checkArguments(TEXTS, { date: value });
  assert.match('problem' in checked ? checked.problem : '', /nested too deeply/);
});
