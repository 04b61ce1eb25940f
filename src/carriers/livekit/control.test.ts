import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CarrierError, type CarrierEvent } from '#contracts/carrier.ts';
import { LiveKitControl } from './control.ts';
import type { JoinOptions, JoinedRoom } from './room.ts';
import type { ServerApi } from './server-api.ts';

const SETTINGS = { sip_trunk_id: 'ST_1', api_key: 'k', api_secret: 'a secret that is long enough to sign with' };

function control(join: (options: JoinOptions) => Promise<JoinedRoom>): LiveKitControl {
  const api = { joinUrl: 'ws://127.0.0.1', ask: () => Promise.resolve() };
  return new LiveKitControl(SETTINGS, api as unknown as ServerApi, join);
}

const REQUEST = { callSid: 'CA1', to: '+15551112222', from: null, ringTimeoutMs: 1000 };

it('a room that cannot be joined is refused by its reason, and is left before', async () => {
  const carrier = control(({ onLeft }) => {
    onLeft();
    return Promise.reject(new CarrierError('down', 'its room cannot be joined'));
  });
  await assert.rejects(
    carrier.dial(REQUEST as never, () => undefined),
    {
      name: 'CarrierError',
      kind: 'down',
      message: 'its room cannot be joined',
    },
  );
  const event = await new Promise<CarrierEvent>((told) => carrier.receive('CA2', { recorded: false }, told));
  assert.deepEqual(event, { type: 'failed', outcome: 'refused', reason: 'its room cannot be joined' });
});

it('a room that was left while it was joined is not left again by the hang-up', async () => {
  let left = 0;
  const carrier = control(({ onLeft }) => {
    onLeft();
    return Promise.resolve({ leave: () => left++ } as never);
  });
  await carrier.dial(REQUEST as never, () => undefined);
  await carrier.hangUp('CA1');
  assert.equal(left, 0);
});
