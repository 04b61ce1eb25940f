import assert from 'node:assert/strict';
import { it } from 'node:test';
import { checkArguments } from './arguments.ts';
import { FairTurns } from '#core/kernel/fair-turns.ts';
import { definitionOf, runWebhookTool, TOOL_PLACES, type WebhookToolOptions } from './webhook-tool.ts';

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
    confirm: null,
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

it("an organization's slow servers hold only its own places", async () => {
  const asked: number[] = [];
  const places = new FairTurns({ ...TOOL_PLACES, waitingPerKey: 0 });
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const options: WebhookToolOptions = {
    places,
    http: {
      fetch: () => assert.fail('it is sent'),
      download: () => assert.fail('it is sent'),
      send: async ({ url }) => {
        asked.push(url.includes('slow') ? 1 : 2);
        if (url.includes('slow')) await answered;
        return { status: 200, contentType: '', body: new Uint8Array(), cut: false };
      },
    },
    secrets: { open: (sealed) => sealed, signedHeaders: () => ({}) },
    clock: { now: () => new Date() },
    log: { warn: () => undefined },
  };
  const run = (organizationId: number, host: string) => {
    const { tool } = armed(null);
    const scene = { where: { conversationId: 1, call: { id: 1, epoch: 1 } }, subject: 'CA1', organizationId };
    return runWebhookTool(
      options,
      { sealedSecret: '', tool: { ...tool, webhookUrl: `https://${host}` } },
      scene,
      'k',
      {},
    );
  };
  const slow = Array.from({ length: TOOL_PLACES.perKey }, () => run(1, 'slow.example'));
  assert.equal((await run(1, 'slow.example')).status, 'failed');
  assert.equal((await run(2, 'quick.example')).status, 'ok');
  answer();
  assert.ok((await Promise.all(slow)).every(({ status }) => status === 'ok'));
  assert.deepEqual(
    [asked.filter((one) => one === 1).length, asked.filter((one) => one === 2).length],
    [TOOL_PLACES.perKey, 1],
  );
});
