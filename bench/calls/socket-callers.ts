// Many calls over media sockets to a whole server, in a process of its own on a core of its own.
import { setTimeout as sleep } from 'node:timers/promises';
import { rounded } from '../statistics.ts';
import { BenchServer } from './bench-server.ts';
import { LINES, spokenOver } from './lines.ts';
import { judge, rowOf, STAGGER_MS, type Row } from './measure.ts';
import type { Share } from './profile.ts';
import { CALL_MS, makeScript } from './script.ts';
import { feeder, SocketCaller } from './socket-caller.ts';
import { perCallSecond, type Threads } from './threads.ts';

/** How many calls are measured, and with what beside them. */
export interface CallsPlan {
  readonly n: number;
  /** Level of the noise under all calls in dBFS; none is a quiet line. */
  readonly noiseDb?: number | null;
  readonly line?: keyof typeof LINES;
  readonly profiled?: boolean;
  /** All calls are connected, then all callers speak at once, for ten seconds in one turn. */
  readonly worst?: boolean;
  /** What the server does beside the calls, from when all are connected. */
  readonly beside?: (server: BenchServer, agent: string) => Promise<void>;
}

export type CallsRow = Row & {
  readonly shares: readonly Share[] | null;
  /** CPU milliseconds per call-second. */
  readonly threads: Threads;
};

/** In the worst case callers are silent until all are connected; soon enough that no agent asks who is there. */
const CONNECTED_MS = 5000;

/** So many calls at once, each a minute long, over one carrier's kind of media. */
export async function manyCalls(plan: CallsPlan): Promise<CallsRow> {
  const { n, noiseDb = null, line = 'web', profiled = false, worst = false, beside } = plan;
  const script = makeScript(noiseDb, worst);
  const server = await BenchServer.start([
    '--calls',
    String(n),
    ...(noiseDb === null ? [] : [`--noise=${noiseDb}`]),
    ...(profiled ? ['--profile'] : []),
    ...(worst ? ['--worst'] : []),
  ]);
  const agent = await server.agent('');
  const urls: string[] = [];
  const number = line === 'web' ? '' : await server.number(agent);
  for (let i = 0; i < n; i++)
    urls.push(line === 'web' ? String(await server.place(agent)) : await server.announce(LINES[line], i, number));
  const base = await server.ask('memory', 'memory');
  const callers: SocketCaller[] = [];
  const stop = feeder(callers, spokenOver(line, script));
  const beganMs = performance.now();
  const staggerMs = worst ? CONNECTED_MS : STAGGER_MS;
  for (const [i, url] of urls.entries()) {
    await sleep(Math.max(0, beganMs + (staggerMs * i) / n - performance.now()));
    callers.push(new SocketCaller(url, LINES[line], worst ? beganMs + staggerMs : 0));
  }
  await sleep(500);
  server.startMeter();
  const besideDone = beside?.(server, agent);
  await sleep(Math.max(0, callers[0]!.ear.startMs + CALL_MS - 500 - performance.now()));
  const { cost, overheadMs, shares, threads } = await server.ask('stop', 'cost');
  await sleep(Math.max(0, callers.at(-1)!.ear.startMs + CALL_MS + 300 - performance.now()));
  // Garbage is collected for it, which keeps every call waiting: the script is over by now.
  const memory = await server.ask('memory', 'memory');
  stop();
  for (const caller of callers) caller.hangUp();
  const heardAll = judge(
    callers.map(({ ear }) => ear),
    script,
  );
  await besideDone;
  await server.stop();
  const ofCallSecond = (share: Share) => ({ ...share, ms: rounded(share.ms / cost.seconds / n, 3) });
  return {
    ...rowOf(n, noiseDb, { ...heardAll, overheadMs }, cost, memory.rssMb - base.rssMb),
    shares: shares?.map(ofCallSecond) ?? null,
    threads: perCallSecond(threads, cost.seconds * n),
  };
}

const REFUSED_MS = 250;
const SHORT_CALL_MS = 6000;

/** Short calls one after the other, so many at once: does memory grow? */
export async function soak(total: number, atOnce: number, onSample: (sample: object) => void): Promise<object> {
  const script = makeScript(null);
  const server = await BenchServer.start(['--calls', String(2 * atOnce)]);
  const agent = await server.agent('Hello, this is the soak.');
  const callers: SocketCaller[] = [];
  const stop = feeder(callers, spokenOver('web', script));
  const samples: { calls: number; rssMb: number; heapMb: number; buffersMb: number }[] = [];
  let [begun, ended, answered] = [0, 0, 0];
  const one = async () => {
    while (begun < total) {
      begun++;
      // A machine that is busy with something else for a moment takes the call a moment later.
      let placed = await server.place(agent);
      for (; typeof placed !== 'string'; placed = await server.place(agent)) await sleep(REFUSED_MS);
      const caller = new SocketCaller(placed);
      callers.push(caller);
      await sleep(SHORT_CALL_MS);
      // The first message, and the answer to the first turn.
      if (caller.ear.replies.length >= 2) answered++;
      caller.hangUp();
      callers.splice(callers.indexOf(caller), 1);
      if (++ended % Math.max(1, Math.floor(total / 10)) !== 0) continue;
      const { rssMb, heapMb, buffersMb } = await server.ask('memory', 'memory');
      samples.push({ calls: ended, rssMb, heapMb, buffersMb });
      onSample(samples.at(-1)!);
    }
  };
  await Promise.all(
    Array.from({ length: atOnce }, async (_, i) => {
      await sleep((SHORT_CALL_MS * i) / atOnce);
      await one();
    }),
  );
  stop();
  const left = await server.ask('memory', 'memory');
  await server.stop();
  const later = samples.slice(samples.length >> 1);
  return {
    calls: total,
    answered,
    stillRunning: left.running,
    samples,
    heapKbPerCall: slope(later.map(({ calls, heapMb, buffersMb }) => [calls, (heapMb + buffersMb) * 1024])),
    rssKbPerCall: slope(later.map(({ calls, rssMb }) => [calls, rssMb * 1024])),
  };
}

/** Least squares: how much the second grows with the first. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  return rounded(
    points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) /
      points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0),
    2,
  );
}

/** Twice as many calls are wanted as there is room for: by slots, or, with `slots` null, by what one core can carry. */
export async function overload(wanted: number, slots: number | null, perSecond: number): Promise<object> {
  const script = makeScript(null);
  const server = await BenchServer.start(['--calls', String(2 * wanted), '--slots', String(slots ?? 2 * wanted)]);
  const agent = await server.agent('');
  const callers: SocketCaller[] = [];
  const stop = feeder(callers, spokenOver('web', script));
  const refusals = new Map<number, number>();
  const beganMs = performance.now();
  let metered = false;
  for (let i = 0; i < wanted; i++) {
    await sleep(Math.max(0, beganMs + (1000 * i) / perSecond - performance.now()));
    if (!metered && i > wanted / 4) {
      metered = true;
      server.startMeter();
    }
    const place = await server.place(agent);
    if (typeof place === 'string') callers.push(new SocketCaller(place));
    else refusals.set(place, (refusals.get(place) ?? 0) + 1);
  }
  // The last caller is still connecting.
  await sleep(CALL_MS + 1000);
  const { cost, overheadMs } = await server.ask('stop', 'cost');
  stop();
  for (const caller of callers) caller.hangUp();
  await server.stop();
  return {
    wanted,
    slots,
    taken: callers.length,
    refused: Object.fromEntries(refusals),
    ...judge(
      callers.map(({ ear }) => ear),
      script,
    ),
    overheadMs,
    coreShare: rounded(cost.mainMs / cost.seconds / 1000, 2),
    loopDelayMs: cost.loopDelayMs,
  };
}
