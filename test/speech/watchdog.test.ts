import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SupervisedWorker } from '#providers/offline/speech/supervised-worker.ts';

const start = (stuckMs: number, onRestart?: () => void, data: () => Promise<unknown> = () => Promise.resolve({})) =>
  new SupervisedWorker(new URL('./moody-worker.ts', import.meta.url), data, stuckMs, onRestart);

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

  it('takes a queue that moves for no hang', async () => {
    const worker = start(1500);
    await worker.request({ mood: 'well' });
    await Promise.all(Array.from({ length: 12 }, () => worker.request({ mood: 'slow' })));
    assert.equal(worker.restarts, 0);
    await worker.close();
  });

  it('starts no worker before the first request, keeps what comes before its data, and says when there are none', async () => {
    let asked = 0;
    let give: (data: object) => void = () => undefined;
    const worker = start(800, undefined, () => {
      asked++;
      return new Promise((done) => (give = done));
    });
    assert.equal(asked, 0);
    const early = worker.request<{ id: number; mood: string }>({ mood: 'well' });
    give({});
    assert.equal((await early).mood, 'well');
    assert.equal(asked, 1);
    await worker.close();
    const without = start(800, undefined, () => Promise.reject(new Error('no model')));
    await assert.rejects(without.request({ mood: 'well' }), /no model/);
    await assert.rejects(without.request({ mood: 'well' }), /no model/);
    await without.close();
  });
});
