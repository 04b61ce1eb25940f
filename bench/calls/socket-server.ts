// A whole server for a bench in another process: the real thing but for its providers, which are the bench's fakes.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { readConfig } from '#config/config.ts';
import type { TurnTiming } from '#engine/turns/state.ts';
import { makeSilero } from '#providers/offline/silero/silero.ts';
import { buildApp } from '../../src/app/app.ts';
import { fakeProviders } from '../engine-adapter.ts';
import { spread } from '../statistics.ts';
import { meter } from './measure.ts';
import { profile, type Share } from './profile.ts';
import { ANSWER_MS, fakes, makeScript } from './script.ts';
import { threadMeter, type Threads } from './threads.ts';
import { deleteDataDir } from '../../test/support/data-dir.ts';

export type ToServer = { readonly ask: 'start' | 'stop' | 'memory' };
export type FromServer =
  | { readonly tell: 'ready'; readonly url: string; readonly key: string }
  | {
      readonly tell: 'cost';
      readonly cost: ReturnType<ReturnType<typeof meter>>;
      readonly overheadMs: ReturnType<typeof spread>;
      readonly answers: number;
      /** Null unless it was asked for. */
      readonly shares: readonly Share[] | null;
      /** CPU milliseconds of threads, by their names. */
      readonly threads: Threads;
    }
  | {
      readonly tell: 'memory';
      readonly rssMb: number;
      readonly heapMb: number;
      readonly buffersMb: number;
      readonly running: number;
    };

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '100' },
    slots: { type: 'string' },
    noise: { type: 'string' },
    profile: { type: 'boolean' },
    worst: { type: 'boolean' },
    port: { type: 'string', default: '0' },
    /** The settings of a LiveKit server, as JSON. */
    livekit: { type: 'string' },
  },
});
const KEY = 'key-of-the-bench';
const dataDir = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
const script = makeScript(values.noise === undefined ? null : Number(values.noise), values.worst);
const voiceActivity = makeSilero();
const app = await buildApp(
  readConfig({
    DATA_DIR: dataDir,
    PORTS: values.port,
    ...(values.livekit === undefined ? {} : (JSON.parse(values.livekit) as Record<string, string>)),
    API_SECRET_KEY: KEY,
    MAX_CONCURRENT_CALLS: values.calls,
    RATE_LIMIT_FACTOR: '100000',
    WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true',
  }),
  {
    log: pino({ level: 'error' }),
    databaseSettings: { fsync: 'off' },
    slots: Number(values.slots ?? values.calls),
    providers: () =>
      fakeProviders(fakes, voiceActivity, {
        script,
        fedMs: () => 0,
        ...(values.livekit === undefined ? {} : { firstSpeechMs: script.turns[0]!.startMs }),
      }),
  },
);
const tell = (message: FromServer) => process.send!(message);
const answers: TurnTiming[] = [];
app.here!.watch((event) => {
  if (
    event.type === 'note' &&
    event.note.kind === 'entry' &&
    event.note.item.role === 'agent' &&
    event.note.item.kind === 'reply'
  )
    answers.push(event.note.item.timing);
});
let stop: ReturnType<typeof meter> | null = null;
let stopProfile: ReturnType<typeof profile> | null = null;
let threads = threadMeter();
process.on('message', ({ ask }: ToServer) => {
  if (ask === 'start') {
    answers.length = 0;
    if (values.profile) stopProfile = profile();
    stop = meter();
    threads = threadMeter();
  } else if (ask === 'stop') {
    const overhead = answers.flatMap(({ committedMs, finalMs, firstFrameMs }) =>
      committedMs === null || finalMs === null || firstFrameMs === null
        ? []
        : [firstFrameMs - Math.max(committedMs, finalMs + ANSWER_MS)],
    );
    const [cost, spent] = [stop!(), threads()];
    void Promise.resolve(stopProfile?.() ?? null).then((shares) =>
      tell({ tell: 'cost', cost, overheadMs: spread(overhead), answers: overhead.length, shares, threads: spent }),
    );
  } else {
    globalThis.gc?.();
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    const mb = (bytes: number) => Math.round((bytes / 2 ** 20) * 10) / 10;
    tell({
      tell: 'memory',
      rssMb: mb(rss),
      heapMb: mb(heapUsed),
      buffersMb: mb(arrayBuffers),
      running: app.live.count,
    });
  }
});
process.on('disconnect', () => {
  void app.close(0).finally(() => {
    deleteDataDir(dataDir);
    process.exit(0);
  });
});
tell({ tell: 'ready', url: app.urls[0]!, key: KEY });
