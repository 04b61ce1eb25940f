import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { FakeGeneric } from '../carriers/generic.ts';
import { deleteDataDir } from '../support/data-dir.ts';
import { freePort, ServerProcess } from '../support/process.ts';
import { until } from '../support/server.ts';

type Json = Record<string, unknown>;
const KEY = 'key-of-the-campaign-server';
const LEADS = 60;
const LONG_MS = 90_000;
/** How long a telephone rings before the carrier reports that it was busy. */
const RINGS_MS = 400;

const dataDir = mkdtempSync(join(tmpdir(), 'trunkline-campaign-'));
const carrier = new FakeGeneric();
let server: ServerProcess | null = null;
let port: number;
let bells: NodeJS.Timeout;

before(async () => {
  port = await freePort();
  await carrier.start();
  carrier.answers = false;
  const seenAt = new Map<string, number>();
  bells = setInterval(() => {
    for (const call of carrier.calls) {
      const since = seenAt.get(call.id) ?? performance.now();
      seenAt.set(call.id, since);
      if (call.ended || performance.now() - since < RINGS_MS) continue;
      // A server that is down does not hear it; it is reported until a server answers.
      void carrier.tell(call, 'busy').then(
        ({ status }) => (call.ended = status === 200),
        () => undefined,
      );
    }
  }, 100);
});
after(async () => {
  clearInterval(bells);
  await server?.stop();
  await carrier.close();
  deleteDataDir(dataDir);
});

async function start(): Promise<void> {
  server = new ServerProcess(port, {
    ...carrier.environment,
    DATA_DIR: dataDir,
    API_SECRET_KEY: KEY,
    RATE_LIMIT_FACTOR: '1000',
    MAX_CONCURRENT_CALLS: '12',
  });
  await server.untilHealthy();
}

async function ask(method: string, path: string, body?: object): Promise<Json> {
  const isForm = body instanceof FormData;
  const reply = await fetch(server!.url + path, {
    method,
    headers: { authorization: `Bearer ${KEY}`, ...(isForm || !body ? {} : { 'content-type': 'application/json' }) },
    ...(body ? { body: isForm ? body : JSON.stringify(body) } : {}),
  });
  const said = (await reply.json()) as Json;
  assert.equal(reply.status, 200, JSON.stringify(said));
  return said['data'] as Json;
}

it('6. and 21. a campaign whose server is killed twice dials no lead twice, and its figures add up', async () => {
  await start();
  const never = { after_minutes: 1, attempts: 0 };
  const retry = Object.fromEntries(['busy', 'no_answer', 'failed', 'hung_up'].map((one) => [one, never]));
  const made = await ask('POST', '/api/campaigns', { name: 'C', campaign_type: 'outbound', settings: { retry } });
  const path = `/api/campaigns/${String(made['campaign_id'])}`;
  const numbers = Array.from({ length: LEADS }, (_, n) => `+1500555${2000 + n}`);
  const form = new FormData();
  form.append('file', new Blob([`phone_number\n${numbers.join('\n')}\n`]), 'leads.csv');
  const begun = await ask('POST', `${path}/leads`, form);
  await until('the import', LONG_MS, async () => {
    const found = await ask('GET', `${path}/imports/${String(begun['import_id'])}`);
    return found['status'] === 'completed' || null;
  });
  await ask('PUT', path, { status: 'active' });
  for (const dials of [10, 30]) {
    await until(`${dials} dials`, LONG_MS, () => carrier.dials >= dials || null);
    await server!.kill();
    await start();
  }
  await until('the campaign to complete', LONG_MS, async () => {
    const campaign = await ask('GET', path);
    return campaign['status'] === 'completed' || null;
  });
  const leads = (await ask('GET', `${path}/leads?limit=100`)) as unknown as Json[];
  assert.equal(leads.length, LEADS);
  const outcomes = Map.groupBy(leads, (lead) => String(lead['outcome']));
  assert.deepEqual(
    [...outcomes.keys()].filter((one) => !['busy', 'no_answer', 'failed', 'unknown'].includes(one)),
    [],
  );
  const dialled = Map.groupBy(carrier.calls, ({ to }) => to);
  for (const lead of leads) {
    const dials = dialled.get(String(lead['phone_number']))?.length ?? 0;
    assert.deepEqual([lead['status'], lead['attempts']], ['done', 1], JSON.stringify(lead));
    // A request that was cut off by the kill may not have reached the carrier: its outcome is unknown.
    assert.ok(dials === 1 || (dials === 0 && lead['outcome'] === 'unknown'), `${dials} dials: ${JSON.stringify(lead)}`);
  }
  const { dialable_now: dialable, blocked } = await ask('GET', `${path}/readiness`);
  assert.deepEqual([dialable, blocked], [0, { done: LEADS }]);
});
