import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { DeskCore } from './change-desk.ts';
import { sweepDesks } from './sweep-desks.ts';

it('a desk that cannot be changed does not keep the others from being swept', async () => {
  const empty = { entries: [], offers: [], agents: [] };
  const swept: number[] = [];
  const core = {
    clock: { now: () => new Date(0) },
    carriers: { current: () => Promise.resolve({ real: true }) },
    deskAlarm: { set: (organizationId: number) => swept.push(organizationId), callBack: () => undefined },
    store: {
      desk: {
        withEndedCalls: () => Promise.resolve([{ organizationId: 1, callId: 7, cause: 'completed' }]),
        withWork: () => Promise.resolve([1, 2]),
      },
      transaction: (work: (records: unknown) => Promise<unknown>) =>
        work({
          desk: {
            lock: (id: number) => (id === 1 ? Promise.reject(new Error('poisoned')) : Promise.resolve(empty)),
            save: () => Promise.resolve(empty),
          },
        }),
    },
  } as unknown as DeskCore;
  const failures: [string, number][] = [];
  await sweepDesks(core, (error, organizationId) => failures.push([(error as Error).message, organizationId]));
  assert.deepEqual(swept, [2]);
  assert.deepEqual(failures, [
    ['poisoned', 1],
    ['poisoned', 1],
  ]);
});
