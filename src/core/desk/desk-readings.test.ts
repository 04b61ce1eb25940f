import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DeskReadings } from './desk-readings.ts';

function readings() {
  const state = { nowMs: 0, fails: false };
  const read: number[] = [];
  const core = {
    clock: { now: () => new Date(state.nowMs) },
    carriers: { current: () => Promise.resolve({ real: true }) },
    store: {
      desk: {
        read: (organizationId: number) => {
          read.push(organizationId);
          if (state.fails) return Promise.reject(new Error('down'));
          return Promise.resolve({ entries: [], offers: [], agents: [] });
        },
      },
    },
  } as unknown as ConstructorParameters<typeof DeskReadings>[0];
  return { state, read, shared: new DeskReadings(core) };
}

describe('readings of desks', () => {
  it('are one a second for each organization, however many callers ask', async () => {
    const { state, read, shared } = readings();
    for (let second = 0; second < 3; second++)
      for (const organizationId of [1, 2]) {
        state.nowMs = second * 1000;
        await Promise.all(Array.from({ length: 500 }, () => shared.read(organizationId)));
        state.nowMs += 999;
        await shared.read(organizationId);
      }
    assert.deepEqual(read, [1, 2, 1, 2, 1, 2]);
  });

  it('are made again after one that failed, and after the clock was set back', async () => {
    const { state, read, shared } = readings();
    state.nowMs = 5000;
    state.fails = true;
    await assert.rejects(shared.read(1), /down/);
    state.fails = false;
    await shared.read(1);
    state.nowMs = 0;
    await shared.read(1);
    assert.deepEqual(read, [1, 1, 1]);
  });
});
