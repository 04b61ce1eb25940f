import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SupervisedWorker } from '#providers/offline/speech/supervised-worker.ts';

const start = (stuckMs: number, onRestart?: () => void) =>
  new SupervisedWorker(new URL('./moody-worker.ts', import.meta.url), {}, stuckMs, onRestart);

describe('the watchdog of a speech worker', () => {
  for (const mood of ['hang', 'die', 'throw']) {
    it(`starts a worker anew that should ${mood}, tries once more, and then says so; others are answered`, async () => {
      let restarts = 0;
      const worker = start(800, () => restarts++);
      const bad = worker.request({ mood });
      const good = worker.request<{ id: number; mood: string }>({ mood: 'well' });
      await assert.rejects(bad, Error);
      assert.equal((await good).mood, 'well');
      assert.ok(restarts >= 2);
      assert.equal((await worker.request<{ id: number; mood: string }>({ mood: 'well' })).mood, 'well');
      await worker.close();
      await assert.rejects(worker.request({ mood: 'well' }), /shut down/);
    });
  }
});
