// So many calls in one process, without a network: node … in-process.ts --n 300 [--noise -45] [--worst].
// Prints one line of JSON. The worst case: all calls are connected, then all callers speak at once, for ten seconds in
// one turn.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { FRAME_MS } from '#engine/audio/format.ts';
import { makeAdapter } from '../engine-adapter.ts';
import { Ear, judge, meter, rowOf, speedOfMachine, STAGGER_MS } from './measure.ts';
import { CALL_MS, fakes, makeScript } from './script.ts';

const { values } = parseArgs({
  options: {
    n: { type: 'string', default: '1' },
    noise: { type: 'string' },
    worst: { type: 'boolean', default: false },
  },
});
const n = Number(values.n);
const noiseDb = values.noise === undefined ? null : Number(values.noise);
const FEED_MS = 5;

const script = makeScript(noiseDb, values.worst);
/** In the worst case callers keep silent until all are connected; soon enough that no agent asks who is there. */
const staggerMs = values.worst ? 5000 : STAGGER_MS;
const adapter = makeAdapter(fakes, {});
const machineMs = speedOfMachine();
await adapter.setup();
globalThis.gc?.();
const baseBytes = process.memoryUsage().rss;

interface BenchCall {
  readonly ear: Ear;
  /** When the next frame is due. */
  dueMs: number;
  /** Frames of the script that were handed in. */
  fed: number;
  readonly call: { pushAudio(frame: Int16Array): void; close(): void };
}

const silence = new Int16Array(script.frames[0]!.length);
const calls: BenchCall[] = [];
let feeding = true;
let nextMs = performance.now();
/** Stands for the media sockets: every 5 ms it hands over what is due. */
const feed = () => {
  const now = performance.now();
  for (const one of calls)
    while (one.fed < script.frames.length && now >= one.dueMs) {
      const isBefore = one.dueMs < one.ear.startMs + 1;
      // The fake recogniser has this frame when it is asked.
      one.dueMs += FRAME_MS;
      one.call.pushAudio(isBefore ? silence : script.frames[one.fed++]!);
    }
  do nextMs += FEED_MS;
  while (nextMs <= performance.now());
  if (feeding) setTimeout(feed, Math.max(0, nextMs - performance.now()));
};
feed();
const beganMs = performance.now();
for (let i = 0; i < n; i++) {
  await sleep(Math.max(0, beganMs + (staggerMs * i) / n - performance.now()));
  const ear = new Ear();
  const now = performance.now();
  const ownMoment = (FRAME_MS * i) / n;
  ear.startMs = values.worst ? beganMs + staggerMs + ownMoment : now;
  ear.silentMs = Math.max(0, ear.startMs - now);
  const audio = { fed: 0, dueMs: now + (ear.silentMs % FRAME_MS) + FRAME_MS };
  const fedMs = () => Math.round(audio.dueMs - FRAME_MS - ear.startMs);
  const call = await adapter.startCall({ script, sink: ear, fedMs });
  calls.push(Object.assign(audio, { ear, call }));
}
// Measured while all calls run.
const stop = meter();
await sleep(calls[0]!.ear.startMs + CALL_MS - performance.now());
const cost = stop();
const grownBytes = process.memoryUsage().rss - baseBytes;
await sleep(Math.max(0, calls.at(-1)!.ear.startMs + CALL_MS + 300 - performance.now()));
feeding = false;
for (const { call } of calls) call.close();
const heard = judge(
  calls.map(({ ear }) => ear),
  script,
);
console.log(
  JSON.stringify({ ...rowOf(n, noiseDb, heard, cost, grownBytes / 2 ** 20), machineMs: [machineMs, speedOfMachine()] }),
);
process.exit(0);
