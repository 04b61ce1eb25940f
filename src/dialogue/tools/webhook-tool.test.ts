import assert from 'node:assert/strict';
import { it } from 'node:test';
import { checkArguments } from './arguments.ts';
import { definitionOf } from './webhook-tool.ts';

const armed = (parameters: Record<string, unknown> | null, requiredParams: readonly string[] = []) => ({
  sealedSecret: '',
  tool: {
    id: 1,
    organizationId: 1,
    agentId: 1,
    name: 'reserve',
    description: 'Reserves seats',
    requiredParams,
    optionalParams: ['note'],
    parameters,
    webhookUrl: 'https://example.com',
    createdAt: new Date(),
    updatedAt: new Date(),
  },
});
const SCHEMA = {
  type: 'object',
  properties: { seats: { type: 'integer', minimum: 1, description: 'how many' }, code: { enum: ['gold', 'silver'] } },
  required: ['seats'],
};

it("a tool's own schema is shown to models as it is, with the names that are required beside it", () => {
  assert.deepEqual(definitionOf(armed(SCHEMA)).schema, SCHEMA);
  assert.deepEqual(definitionOf(armed(SCHEMA, ['code', 'seats'])).schema, { ...SCHEMA, required: ['seats', 'code'] });
  assert.equal(definitionOf(armed(null, ['date'])).schema, undefined);
});

it("values are checked against the tool's own schema", () => {
  const definition = definitionOf(armed(SCHEMA));
  assert.deepEqual(checkArguments(definition, { seats: '4', code: 'gold' }), { args: { seats: 4, code: 'gold' } });
  for (const [args, problem] of [
    [{}, /seats is missing/],
    [{ seats: 0 }, /seats must be >= 1/],
    [{ seats: 2, code: 'tin' }, /code must be one of gold, silver/],
  ] as const) {
    const checked = checkArguments(definition, args);
    assert.match('problem' in checked ? checked.problem : '', problem);
  }
});

it('a pattern that would take for ever is not run', () => {
  const definition = definitionOf(
    armed({ type: 'object', properties: { name: { type: 'string', pattern: '^(a+)+$' } }, required: ['name'] }),
  );
  const args = { name: `${'a'.repeat(40)}!` };
  assert.deepEqual(checkArguments(definition, args), { args });
});
