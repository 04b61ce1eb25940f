import assert from 'node:assert/strict';
import { it } from 'node:test';
import { deleteDataDir, newDataDir } from '../support/data-dir.ts';
import type { Json } from '../support/identity-client.ts';
import { freePort, ServerProcess } from '../support/process.ts';
import { until } from '../support/server.ts';

const KEY = 'key-of-the-batch-suite';

it('a batch goes on after a crash of its server: no call is lost, none is dialled twice', async () => {
  const dataDir = newDataDir('batch');
  const env = { DATA_DIR: dataDir, API_SECRET_KEY: KEY, RATE_LIMIT_FACTOR: '1000' };
  const start = async () => {
    const server = new ServerProcess(await freePort(), env);
    await server.untilHealthy();
    return server;
  };
  const ask = async (server: ServerProcess, path: string, body?: object) => {
    const reply = await fetch(`${server.url}/api/v1/calls/${path}`, {
      headers: { authorization: `Bearer ${KEY}` },
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    });
    const json = (await reply.json()) as Json;
    assert.equal(reply.status, 200, JSON.stringify(json));
    return json;
  };
  let server = await start();
  try {
    const { results } = (await ask(server, 'outbound/batch', {
      calls: Array.from({ length: 6 }, () => ({ to_number: '+15005550002' })),
      delay_seconds: 0.3,
    })) as { results: { call_info: Json }[] };
    const ids = results.map(({ call_info: info }) => String(info['sip_call_id']));
    const dialled = async () => {
      const calls = await Promise.all(ids.map((id) => ask(server, `inbound/${id}`)));
      return calls.filter((call) => call['session_id'] !== null);
    };
    await until('the second call', 60_000, async () => (await dialled()).length >= 2);
    await server.kill();
    server = await start();
    const calls = await until('all calls', 60_000, async () => {
      const found = await dialled();
      return found.length === ids.length && found.every((call) => call['end_time'] !== null) ? found : null;
    });
    // Six calls in the order of the request, and no further one.
    const numbers = calls.map((call) => call['session_id'] as number);
    assert.deepEqual(
      numbers,
      numbers.toSorted((one, other) => one - other),
    );
    assert.equal(new Set(numbers).size, ids.length);
    const list = await fetch(`${server.url}/voice/calls`, { headers: { authorization: `Bearer ${KEY}` } });
    assert.equal(((await list.json()) as { pagination: Json }).pagination['total'], ids.length);
  } finally {
    await server.stop();
    deleteDataDir(dataDir);
  }
});
