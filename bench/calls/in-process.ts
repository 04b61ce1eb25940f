// So many calls in one process, without a network: node … in-process.ts --n 300 [--noise -45] [--worst].
// Prints one line of JSON. The worst case: all calls begin at once, so that all callers speak at once, for ten
// seconds in one turn.
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
const staggerMs = values.worst ? FRAME_MS : STAGGER_MS;
const adapter = makeAdapter(fakes, {});
const machineMs = speedOfMachine();
await adapter.setup();
globalThis.gc?.();
const baseBytes = process.memoryUsage().rss;

const calls: { ear: Ear; fed: number; call: { pushAudio(frame: Int16Array): void; close(): void } }[] = [];
let feeding = true;
let nextMs = performance.now();
/** Stands for the media sockets: every 5 ms it hands over what is due. */
const feed = () => {
  const now = performance.now();
  for (const one of calls)
    while (one.fed < script.frames.length && now >= one.ear.startMs + (one.fed + 1) * FRAME_MS)
      one.call.pushAudio(script.frames[one.fed++]!);
  do nextMs += FEED_MS;
  while (nextMs <= performance.now());
  if (feeding) setTimeout(feed, Math.max(0, nextMs - performance.now()));
};
feed();
const beganMs = performance.now();
for (let i = 0; i < n; i++) {
  await sleep(Math.max(0, beganMs + (staggerMs * i) / n - performance.now()));
  const ear = new Ear();
  ear.startMs = performance.now();
  const one = { ear, fed: 0, call: null as never as (typeof calls)[number]['call'] };
  one.call = await adapter.startCall({ script, sink: ear, fedMs: () => one.fed * FRAME_MS });
  calls.push(one);
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
