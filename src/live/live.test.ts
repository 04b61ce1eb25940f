import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FileAppender } from '#core/kernel/file-store.ts';
import { SILENCE } from '#engine/audio/format.ts';
import { ForbiddenAddress } from '#http/guarded-client.ts';
import { Admission } from './admission.ts';
import { latencyOf } from './latency.ts';
import { neverArrived } from '#agent-mind/tools/webhook-tool.ts';
import { Recorder } from '#recordings/recorder.ts';

class Kept implements FileAppender {
  readonly chunks: Uint8Array[] = [];
  append(bytes: Uint8Array): void {
    this.chunks.push(bytes.slice());
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
  channel(n: number): number[] {
    return [...Buffer.concat(this.chunks).subarray(32)].filter((_, i) => i % 2 === n);
  }
}

describe('the recording', () => {
  const frame = (value: number) => new Uint8Array(160).fill(value);

  it('holds both sides where they were heard, and nothing that a clear took back', async () => {
    const file = new Kept();
    const recorder = new Recorder(file, 1000);
    for (let n = 0; n < 50; n++) {
      const now = 1000 + (n + 1) * 20;
      recorder.caller(frame(1), now);
      if (n < 25) recorder.agent(frame(2), now + 100);
      if (n === 24) recorder.cut(now + 20);
    }
    await recorder.close();
    const [caller, agent] = [file.channel(0), file.channel(1)];
    assert.equal(caller.length, 8000);
    assert.ok(caller.every((byte) => byte === 1));
    const first = agent.indexOf(2);
    const last = agent.lastIndexOf(2);
    assert.equal(first, 120 * 8);
    assert.equal(last, 520 * 8 - 1);
    assert.ok(agent.slice(last + 1).every((byte) => byte === SILENCE));
  });

  it("stays in step over a gap in the caller's audio", async () => {
    const file = new Kept();
    const recorder = new Recorder(file, 0);
    recorder.caller(frame(1), 20);
    recorder.caller(frame(3), 2020);
    await recorder.close();
    const caller = file.channel(0);
    assert.equal(caller.length, 2020 * 8);
    assert.equal(caller.indexOf(3), 2000 * 8);
  });
});

describe('latency', () => {
  it('adds up, also where stages overlapped', () => {
    const latency = latencyOf({
      endOfSpeechMs: 1000,
      finalMs: 1040,
      committedMs: 1300,
      firstClauseMs: 1200,
      firstAudioMs: 1390,
      firstFrameMs: 1400,
    })!;
    assert.deepEqual(latency, {
      speechToTextMs: 300,
      languageModelMs: 0,
      textToSpeechMs: 90,
      firstAudioMs: 10,
      fullCycleMs: 400,
    });
  });

  it('is null for a turn that did not answer the caller', () => {
    assert.equal(
      latencyOf({
        endOfSpeechMs: null,
        finalMs: null,
        committedMs: 1,
        firstClauseMs: 1,
        firstAudioMs: 1,
        firstFrameMs: 2,
      }),
      null,
    );
  });
});

describe('admission', () => {
  it('gives each slot once, and takes it back once', () => {
    const admission = new Admission('here', 1, () => ({ real: 1, simulated: 0 }));
    const first = admission.reserve();
    assert.ok('reservation' in first);
    assert.ok('refused' in admission.reserve());
    first.reservation.give();
    first.reservation.give();
    assert.equal(admission.taken, 0);
    assert.ok('reservation' in admission.reserve());
    admission.close();
  });

  it('lets few calls be when the event loop lags a little: they are not the cause', async () => {
    let running = { real: 9, simulated: 0 };
    const admission = new Admission('here', 2, () => running);
    const isRefused = () => {
      const room = admission.reserve();
      if ('reservation' in room) room.reservation.give();
      return 'refused' in room;
    };
    const refusals = await new Promise<boolean[]>((seen) => {
      const again = setInterval(() => {
        running = { real: 10, simulated: 0 };
        const withMore = isRefused();
        running = { real: 9, simulated: 0 };
        if (withMore) return (clearInterval(again), seen([withMore, isRefused()]));
        // Measured each 100 ms: the loop is late by 80 ms each time.
        for (const until = performance.now() + 180; performance.now() < until;);
      }, 1);
    });
    assert.deepEqual(refusals, [true, false]);
    admission.close();
  });

  it('refuses while the event loop lags; a call that can wait is admitted once it does not', async () => {
    const admission = new Admission('here', 2, () => ({ real: 1, simulated: 0 }));
    const isRefused = () => {
      const room = admission.reserve();
      if ('reservation' in room) room.reservation.give();
      return 'refused' in room;
    };
    // Measured each 100 ms: the loop is kept from it for longer.
    await new Promise<void>((behind) => {
      const again = setInterval(() => {
        if (isRefused()) return (clearInterval(again), behind());
        for (const until = performance.now() + 300; performance.now() < until;);
      }, 20);
    });
    await admission.untilQuiet(0);
    assert.ok(isRefused());
    assert.ok('refused' in admission.reserve(true));
    await admission.untilQuiet(30_000);
    assert.ok(!isRefused());
    admission.close();
  });
});

describe('a tool that gave no answer', () => {
  it('surely did nothing only where there was no connection for the request, however deep that is said', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    for (const error of [refused, new TypeError('fetch failed', { cause: refused }), new ForbiddenAddress('no')])
      assert.equal(neverArrived(error), true, error.message);
    for (const error of [
      Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
      new Error('no answer within 9 s', { cause: new Error('aborted') }),
      'text',
    ])
      assert.equal(neverArrived(error), false, String(error));
  });
});
