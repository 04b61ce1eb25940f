import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Call } from '#core/calls/call.ts';
import type { CallProgress } from '#core/calls/call-store.ts';
import type { FileAppender, FileStore } from '#core/kernel/file-store.ts';
import type { Log } from '#core/kernel/log.ts';
import { decodeMulaw } from '#engine/audio/mulaw.ts';
import { Playout } from '#engine/stages/playout.ts';
import { brief, endBriefing, talk, whisper } from '#live/bridge/hearing.ts';
import { CallMedia } from '#live/call-media.ts';
import { CallRecording } from '#live/call-recording.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { amplitudeAt, FarEnd, Tone } from './bridge-stage.ts';

const LEVEL = 4000;
const SILENT = 33;
const HZ = { person: 400, ai: 700, ann: 1000, boss: 1600 } as const;
const HEADER = 32;
const quiet = { warn: () => undefined, error: () => undefined } as unknown as Log;

/** Files in memory; one whose name contains `broken` cannot be opened. */
class Files {
  readonly written = new Map<string, Buffer>();
  broken: string | null = null;

  readonly store = {
    read: (key: string) => Promise.resolve(this.written.has(key) ? { size: this.written.get(key)!.length } : null),
    append: (key: string): Promise<FileAppender> =>
      this.broken !== null && key.includes(this.broken)
        ? Promise.reject(new Error('no room'))
        : Promise.resolve({
            append: (bytes) =>
              void this.written.set(key, Buffer.concat([this.written.get(key) ?? Buffer.alloc(0), bytes])),
            close: () => Promise.resolve(),
          }),
  } as unknown as FileStore;

  /** One channel of a recording, linear. */
  channel(key: string, n: 0 | 1): Int16Array {
    const bytes = this.written.get(key)!.subarray(HEADER);
    return decodeMulaw(bytes.filter((_, i) => i % 2 === n));
  }
}

const call = (more: Partial<Call> = {}) =>
  ({ sid: 'CA1', organizationId: 1, recorded: true, recordingOffsetMs: null, apartOffsetMs: null, ...more }) as Call;
const MAIN = 'recordings/org_1/CA1.au';
const APART = 'recordings/org_1/CA1.apart.au';

/** A call with its media and recording, on a virtual clock. */
class RecordedCall {
  readonly clock = new VirtualClock();
  readonly files: Files;
  readonly progress: CallProgress[] = [];
  readonly recording: CallRecording;
  readonly media: CallMedia;
  readonly playout: Playout;

  constructor(files = new Files(), record = call(), offsetMs: number | null = null) {
    this.files = files;
    this.recording = new CallRecording({
      call: record,
      callClock: this.clock,
      files: files.store,
      continued: offsetMs === null ? null : { state: { nowMs: offsetMs } },
      log: quiet,
      progress: (change) => this.progress.push(change),
    });
    this.playout = new Playout(this.clock, {
      started: () => undefined,
      heard: () => undefined,
      finished: () => undefined,
      frame: (frame, playAtMs) => this.media.agentFrame(frame, playAtMs),
      cut: (atMs) => this.media.agentCut(atMs),
    });
    this.media = new CallMedia({
      clock: this.clock,
      recording: this.recording,
      agent: {
        audio: () => undefined,
        mark: (name) => this.playout.markReturned(name),
        reroute: (change) => this.playout.reroute(change),
      },
      failed: () => assert.fail('a connection failed'),
    });
  }

  async answer(): Promise<void> {
    await this.recording.start();
    const leg = new FarEnd(this.clock);
    leg.onMark = (name) => this.media.mark(name);
    this.media.connect(leg);
    this.playout.connect(this.media.agentLeg);
    const tone = new Tone(HZ.person, LEVEL);
    this.clock.everyFrame(() => this.media.audio(tone.mulaw()));
  }

  agentSays(ms: number): void {
    this.playout.write(1, new Tone(HZ.ai, LEVEL).linear(ms * 8));
    this.playout.complete(1);
    this.playout.release(1);
  }

  join(id: 'ann' | 'boss', role: 'human-agent' | 'supervisor'): void {
    const input = this.media.bridge.join(id, role, new FarEnd(this.clock));
    const tone = new Tone(HZ[id], LEVEL);
    this.clock.everyFrame(() => input.audio(tone.mulaw()));
  }
}

const levels = (samples: Int16Array, fromMs: number, toMs: number) => {
  const part = samples.subarray(fromMs * 8, toMs * 8);
  return Object.entries(HZ)
    .filter(([, hz]) => {
      const level = amplitudeAt(part, hz);
      assert.ok(level > LEVEL / 2 || level < SILENT * 3, `${hz} Hz at ${level}`);
      return level > LEVEL / 2;
    })
    .map(([id]) => id);
};

describe('the recording of a call with several participants', () => {
  it('holds the caller and what the caller hears; a whisper and a briefing are in a file apart', async () => {
    const one = new RecordedCall();
    await one.answer();
    one.agentSays(60_000);
    await one.clock.advance(2000);
    one.join('ann', 'human-agent');
    one.join('boss', 'supervisor');
    one.media.bridge.change((all) => whisper(talk(all, 'ann'), 'boss', 'ann'));
    await one.clock.advance(2000);
    one.media.bridge.change((all) => brief(all, 'ai-agent', 'ann'));
    await one.clock.advance(2000);
    one.media.bridge.leave('boss');
    one.media.bridge.change((all) => endBriefing(all, 'ann'));
    one.media.bridge.leave('ann');
    assert.ok(one.media.bridge.isDirect);
    await one.clock.advance(2000);
    await one.recording.finish(false);

    const [caller, ours] = [one.files.channel(MAIN, 0), one.files.channel(MAIN, 1)];
    assert.ok(Math.abs(caller.length / 8 - 8000) <= 200, `${caller.length / 8} ms`);
    assert.deepEqual(levels(caller, 200, 7800), ['person']);
    assert.deepEqual(levels(ours, 200, 1800), ['ai']);
    assert.deepEqual(levels(ours, 2200, 3800), ['ai', 'ann']);
    assert.deepEqual(levels(ours, 4200, 5800), []);
    assert.deepEqual(levels(ours, 6200, 7800), ['ai']);

    const offsetMs = one.progress.find(({ apartOffsetMs }) => apartOffsetMs !== undefined)!.apartOffsetMs!;
    assert.ok(offsetMs >= 2000 && offsetMs <= 2100, String(offsetMs));
    const [agent, people] = [one.files.channel(APART, 0), one.files.channel(APART, 1)];
    assert.deepEqual(levels(agent, 2200 - offsetMs, 3800 - offsetMs), []);
    assert.deepEqual(levels(people, 2200 - offsetMs, 3800 - offsetMs), ['boss']);
    assert.deepEqual(levels(agent, 4200 - offsetMs, 5800 - offsetMs), ['ai']);
    assert.deepEqual(levels(people, 4200 - offsetMs, 5800 - offsetMs), ['ann', 'boss']);
  });

  it('makes no file apart for a call in which the caller hears everyone', async () => {
    const one = new RecordedCall();
    await one.answer();
    one.agentSays(1000);
    one.join('ann', 'human-agent');
    one.media.bridge.change((all) => talk(all, 'ann'));
    await one.clock.advance(2000);
    await one.recording.finish(false);
    assert.deepEqual([...one.files.written.keys()], [MAIN]);
  });

  it('goes on with both files on another server', async () => {
    const one = new RecordedCall();
    await one.answer();
    one.join('boss', 'supervisor');
    one.media.bridge.change((all) => whisper(all, 'boss', 'ai-agent'));
    await one.clock.advance(2000);
    one.media.lose();
    await one.recording.finish(true);
    const { apartOffsetMs } = one.progress.find((change) => change.apartOffsetMs !== undefined)!;
    const recordingOffsetMs = one.progress[0]!.recording!.offsetMs;
    const record = call({ recordingOffsetMs, apartOffsetMs: apartOffsetMs! });
    const two = new RecordedCall(one.files, record, 5000);
    await two.answer();
    two.join('boss', 'supervisor');
    two.media.bridge.change((all) => whisper(all, 'boss', 'ai-agent'));
    await two.clock.advance(2000);
    await two.recording.finish(false);
    for (const key of [MAIN, APART]) {
      const file = one.files.written.get(key)!;
      assert.equal(file.indexOf('.snd'), 0);
      assert.equal(file.indexOf('.snd', 1), -1, `a second header in ${key}`);
    }
    const people = one.files.channel(APART, 1);
    assert.deepEqual(levels(people, 300, 1700), ['boss']);
    assert.deepEqual(levels(people, 2300, 4700), []);
    assert.deepEqual(levels(people, 5300, 6700), ['boss']);
    assert.deepEqual(levels(one.files.channel(MAIN, 0), 5300, 6700), ['person']);
  });

  it('a file apart that cannot be opened leaves the recording of the call as it is', async () => {
    const one = new RecordedCall();
    one.files.broken = 'apart';
    await one.answer();
    one.join('boss', 'supervisor');
    one.media.bridge.change((all) => whisper(all, 'boss', 'ai-agent'));
    await one.clock.advance(2000);
    await one.recording.finish(false);
    assert.deepEqual([...one.files.written.keys()], [MAIN]);
    assert.deepEqual(levels(one.files.channel(MAIN, 0), 300, 1700), ['person']);
    assert.ok(one.progress.every(({ recordingFailure }) => recordingFailure === undefined));
  });
});
