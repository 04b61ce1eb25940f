import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { launchChromium } from '../support/chromium.ts';
import { ROOT } from '../support/process.ts';
import { startServer } from '../support/server.ts';

const CLIENT = join(ROOT, 'clients', 'js', 'dist', '@trunkline', 'orchestrator', 'index.mjs');

it('a client works in a browser, on a page of another origin', async () => {
  await promisify(execFile)(process.execPath, [join(ROOT, 'clients', 'build', 'build.ts')]);
  const site = createServer((request, reply) => {
    const isModule = request.url === '/client.mjs';
    reply.setHeader('content-type', isModule ? 'text/javascript' : 'text/html');
    reply.end(isModule ? readFileSync(CLIENT) : '<!doctype html><title>Site</title>');
  });
  await new Promise<void>((done) => site.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  const server = await startServer({ CORS_ORIGINS: origin });
  const chromium = await launchChromium();
  try {
    const context = await chromium.newContext();
    const page = await context.newPage();
    await page.goto(origin);
    const seen = await page.evaluate<unknown[]>(`(async () => {
      const { OrchestratorClient, NotFoundError } = await import('/client.mjs');
      const client = new OrchestratorClient({ baseUrl: '${server.url}', apiKey: '${server.key}' });
      const events = client.streamEvents();
      const { call_id: id } = await client.calls.initiate({ phone_number: '+15005550003' });
      for await (const { type, data } of events) if (type === 'call.started' && data.call_id === id) break;
      events.close();
      const none = await client.calls.getStatus('call_999').catch((error) => error instanceof NotFoundError);
      return [typeof id, none];
    })()`);
    assert.deepEqual(seen, ['string', true]);
  } finally {
    await chromium.close();
    await server.close();
    site.close();
  }
});
