import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { CarrierError } from '#contracts/carrier.ts';
import { generic } from './generic.ts';

it('an endless reply of a carrier is not read into memory, and its outcome is unknown', async () => {
  const server = createServer((_request, reply) => {
    const chunk = Buffer.alloc(64 * 1024, ' ');
    const more = () => {
      while (!reply.destroyed && reply.write(chunk));
    };
    reply.on('drain', more);
    more();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const carrier = generic.make({ url }, { now: () => new Date() });
    const dialled = carrier.control.dial(
      {
        callSid: 'CA1',
        callId: 1,
        to: '+15005550006',
        from: '+15557770000',
        ringTimeoutMs: 1000,
        recorded: false,
        hints: [],
        webhookUrl: 'http://127.0.0.1:9/',
        mediaUrl: () => Promise.resolve('ws://127.0.0.1:9/'),
      },
      () => undefined,
    );
    await assert.rejects(
      dialled,
      (error) => error instanceof CarrierError && error.kind === 'unknown' && /longer than/.test(error.message),
    );
    await carrier.check();
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
