import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Call } from '#core/calls/call.ts';
import { RemoteLiveCalls } from './remote-live-calls.ts';

it('a call that is handed to its server counts as placed although the records cannot be read meanwhile', async () => {
  const call = { id: 1, sid: 'CA1', status: 'placed', carrierCallId: null } as Call;
  let asked = 0;
  const remote = new RemoteLiveCalls({
    store: {
      mediaServers: { list: () => Promise.resolve([]) },
      calls: {
        byId: () =>
          asked++ === 0 ? Promise.reject(new Error('away')) : Promise.resolve({ ...call, status: 'ringing' }),
      },
    },
    commands: { send: () => Promise.resolve(true) },
    log: { error: () => undefined },
  } as unknown as ConstructorParameters<typeof RemoteLiveCalls>[0]);
  await remote.dial(call, { serverId: 'media', give: () => undefined });
  assert.equal(asked, 2);
  await remote.close();
});
