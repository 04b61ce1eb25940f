// The other end of a bench over media sockets: starts the server in a process of its own, on a core of its own, and
// calls it.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { FRAME_MS } from '#engine/audio/format.ts';
import { pdfOf } from '../../test/support/documents.ts';
import { encodeMulaw } from '#engine/audio/mulaw.ts';
import { Resampler } from '#engine/audio/resampler.ts';
import { rounded } from '../statistics.ts';
import { Ear, judge, rowOf, STAGGER_MS, type Row } from './measure.ts';
import { CALL_MS, makeScript, type Script } from './script.ts';
import type { Share } from './profile.ts';
import type { FromServer, ToServer } from './socket-server.ts';

const TASKSET = '/usr/bin/taskset';
/** The garbage collector stays on the one core as well. */
const ONE_CORE = ['--single-threaded-gc', '--expose-gc'];

export function onOneCore(args: readonly string[]): { command: string; args: string[] } {
  const all = [...ONE_CORE, ...args];
  return existsSync(TASKSET)
    ? { command: TASKSET, args: ['-c', '1', process.execPath, ...all] }
    : { command: process.execPath, args: all };
}

/** Moves a process with all its threads to a core; what it starts later goes with it. */
function moveTo(core: number, pid: number): void {
  if (existsSync(TASKSET)) spawnSync(TASKSET, ['-acp', String(core), String(pid)]);
}

/** Silence between two sounds of the agent's that makes them two replies. */
const NEW_REPLY_MS = 400;
const FEED_MS = 5;

class Server {
  readonly #child: ChildProcess;
  readonly url: string;
  readonly key: string;

  constructor(child: ChildProcess, url: string, key: string) {
    this.#child = child;
    this.url = url;
    this.key = key;
  }

  static async start(args: readonly string[]): Promise<Server> {
    moveTo(0, process.pid);
    const child = spawn(process.execPath, [...ONE_CORE, join(import.meta.dirname, 'socket-server.ts'), ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const ready = await heard(child, 'ready');
    // Its database stays with us on the other core.
    moveTo(1, child.pid!);
    return new Server(child, ready.url, ready.key);
  }

  ask<T extends 'cost' | 'memory'>(ask: ToServer['ask'], tell: T): Promise<Extract<FromServer, { tell: T }>> {
    const answer = heard(this.#child, tell);
    this.#child.send({ ask } satisfies ToServer);
    return answer;
  }

  startMeter(): void {
    this.#child.send({ ask: 'start' } satisfies ToServer);
  }

  /** A call's media socket, or why there is none. */
  async place(agent: string): Promise<string | number> {
    const reply = await fetch(`${this.url}/v1/convai/web-calls`, {
      method: 'POST',
      headers: { 'xi-api-key': this.key },
      body: JSON.stringify({ agent_id: agent }),
    });
    const body = (await reply.json()) as { websocket_url?: string };
    return reply.status === 200 ? body.websocket_url! : reply.status;
  }

  /** A call that comes in over a carrier: the media socket that its webhook is answered with. */
  async announce(line: LineCodec, n: number, number: string): Promise<string> {
    const reply = await fetch(`${this.url}/voice/webhook/${line.webhook}`, {
      method: 'POST',
      body: line.announcement(`bench-${n}`, number),
    });
    return line.mediaIn(await reply.text());
  }

  /** A number that this agent answers. */
  async number(agent: string): Promise<string> {
    await fetch(`${this.url}/voice/numbers`, {
      method: 'POST',
      headers: { 'xi-api-key': this.key },
      body: JSON.stringify({ phone_number: NUMBER, agent_id: agent }),
    });
    return NUMBER;
  }

  /** An agent without a first message: the script's caller begins. */
  async agent(firstMessage: string): Promise<string> {
    const reply = await fetch(`${this.url}/v1/convai/agents`, {
      method: 'POST',
      headers: { 'xi-api-key': this.key },
      body: JSON.stringify({ name: 'Bench', system_prompt: 'You help.', first_message: firstMessage }),
    });
    return ((await reply.json()) as { agent_id: string }).agent_id;
  }

  async stop(): Promise<void> {
    const gone = new Promise((done) => this.#child.once('exit', done));
    this.#child.disconnect();
    await gone;
  }
}

function heard<T extends FromServer['tell']>(child: ChildProcess, tell: T): Promise<Extract<FromServer, { tell: T }>> {
  return new Promise((resolve, reject) => {
    const listen = (message: FromServer) => {
      if (message.tell !== tell) return;
      child.off('message', listen).off('exit', gone);
      resolve(message as Extract<FromServer, { tell: T }>);
    };
    const gone = (code: number | null) => reject(new Error(`the server of the bench ended with ${code}`));
    child.on('message', listen).once('exit', gone);
  });
}

const NUMBER = '+15550001111';

/** How the other end of one carrier's media socket speaks. */
export interface LineCodec {
  readonly webhook: string;
  announcement(id: string, to: string): string;
  /** The address in the answer. */
  mediaIn(answer: string): string;
  readonly start: string;
  readonly stop: string | null;
  messages(script: Script): readonly (string | Buffer)[];
  /** What a message is, and the name of a mark. */
  read(data: Buffer, isBinary: boolean): 'media' | 'clear' | { readonly mark: string };
  mark(name: string): string;
}

const streams = {
  start: '{"event":"start","streamSid":"MB"}',
  stop: '{"event":"stop","streamSid":"MB"}',
  messages: ({ frames }: Script) =>
    frames.map(
      (frame) =>
        `{"event":"media","streamSid":"MB","media":{"payload":"${Buffer.from(encodeMulaw(frame)).toString('base64')}"}}`,
    ),
  read: (data: Buffer): 'media' | 'clear' | { mark: string } => {
    // The event stands first: {"event":"media…
    const event = data.toString('latin1', 10, 12);
    if (event === 'me') return 'media';
    return event === 'cl'
      ? 'clear'
      : { mark: (JSON.parse(data.toString('utf8')) as { mark: { name: string } }).mark.name };
  },
  mark: (name: string) => `{"event":"mark","streamSid":"MB","mark":{"name":"${name}"}}`,
};

/** By the carriers' names; `web` is a browser's. */
export const LINES: Readonly<Record<'web' | 'twilio' | 'vonage' | 'generic', LineCodec>> = {
  web: { webhook: '', announcement: () => '', mediaIn: () => '', ...streams },
  twilio: {
    webhook: 'twilio',
    announcement: (id, to) =>
      new URLSearchParams({ CallSid: id, CallStatus: 'ringing', From: '+4930123456', To: to }).toString(),
    mediaIn: (twiml) => /url="([^"]+)"/.exec(twiml)![1]!.replaceAll('&amp;', '&'),
    ...streams,
  },
  generic: {
    webhook: 'generic',
    announcement: (id, to) =>
      JSON.stringify({ event_type: 'call.started', call_id: id, data: { from: '+4930123456', to } }),
    mediaIn: (answer) => (JSON.parse(answer) as { media_url: string }).media_url,
    ...streams,
  },
  vonage: {
    webhook: 'vonage',
    announcement: (id, to) => JSON.stringify({ uuid: id, status: 'ringing', from: '4930123456', to }),
    mediaIn: (ncco) => (JSON.parse(ncco) as { endpoint: { uri: string }[] }[])[0]!.endpoint[0]!.uri,
    start: '{"event":"websocket:connected","content-type":"audio/l16;rate=16000"}',
    stop: null,
    messages: ({ frames }) => {
      const up = new Resampler(8000, 16_000);
      return frames.map((frame) => Buffer.from(up.process(frame).slice().buffer));
    },
    read: (data, isBinary) => {
      if (isBinary) return 'media';
      const { action, payload } = JSON.parse(data.toString('utf8')) as { action: string; payload?: { mark: string } };
      return action === 'clear' ? 'clear' : { mark: payload!.mark };
    },
    mark: (name) => `{"event":"websocket:notify","payload":{"mark":"${name}"}}`,
  },
};

/** One caller on a media socket: audio goes in as the clock says, marks come back when their audio has been played. */
class Caller {
  readonly ear = new Ear(NEW_REPLY_MS);
  readonly #socket: WebSocket;
  fed = 0;
  open = false;

  readonly #line: LineCodec;

  constructor(url: string, line: LineCodec = LINES.web) {
    this.#line = line;
    this.#socket = new WebSocket(url, { perMessageDeflate: false });
    this.#socket.on('open', () => {
      this.open = true;
      this.ear.startMs = performance.now();
      this.#socket.send(line.start);
    });
    this.#socket.on('message', (data, isBinary) => this.#take(data as Buffer, isBinary));
    this.#socket.on('close', () => (this.open = false));
    this.#socket.on('error', () => (this.open = false));
  }

  feed(messages: readonly (string | Buffer)[], now: number): void {
    while (this.open && this.fed < messages.length && now >= this.ear.startMs + (this.fed + 1) * FRAME_MS)
      this.#socket.send(messages[this.fed++]!);
  }

  hangUp(): void {
    if (this.open && this.#line.stop !== null) this.#socket.send(this.#line.stop);
    else this.#socket.close(1000);
    this.open = false;
  }

  #take(data: Buffer, isBinary: boolean): void {
    const message = this.#line.read(data, isBinary);
    if (message === 'media') return this.ear.audio(FRAME_MS);
    if (message === 'clear') return this.ear.stop();
    setTimeout(() => this.open && this.#socket.send(this.#line.mark(message.mark)), this.ear.queuedMs);
  }
}

/** Feeds all callers until it is stopped. */
function feeder(callers: readonly Caller[], messages: readonly (string | Buffer)[]): () => void {
  let feeding = true;
  const feed = () => {
    const now = performance.now();
    for (const caller of callers) caller.feed(messages, now);
    if (feeding) setTimeout(feed, Math.max(0, FEED_MS - (performance.now() - now)));
  };
  feed();
  return () => (feeding = false);
}

/** So many calls at once, each a minute long, over one carrier's kind of media. */
export async function manyCalls(
  n: number,
  noiseDb: number | null,
  line: keyof typeof LINES = 'web',
  meanwhile: (server: Server, agent: string) => Promise<void> = () => Promise.resolve(),
  profiled = false,
): Promise<Row & { readonly shares: readonly Share[] | null }> {
  const script = makeScript(noiseDb);
  const server = await Server.start([
    '--calls',
    String(n),
    ...(noiseDb === null ? [] : [`--noise=${noiseDb}`]),
    ...(profiled ? ['--profile'] : []),
  ]);
  const agent = await server.agent('');
  const urls: string[] = [];
  const number = line === 'web' ? '' : await server.number(agent);
  for (let i = 0; i < n; i++)
    urls.push(line === 'web' ? String(await server.place(agent)) : await server.announce(LINES[line], i, number));
  const base = await server.ask('memory', 'memory');
  const callers: Caller[] = [];
  const stop = feeder(callers, LINES[line].messages(script));
  const beganMs = performance.now();
  for (const [i, url] of urls.entries()) {
    await sleep(Math.max(0, beganMs + (STAGGER_MS * i) / n - performance.now()));
    callers.push(new Caller(url, LINES[line]));
  }
  await sleep(500);
  server.startMeter();
  await meanwhile(server, agent);
  await sleep(Math.max(0, callers[0]!.ear.startMs + CALL_MS - 500 - performance.now()));
  const { cost, overheadMs, shares } = await server.ask('stop', 'cost');
  const memory = await server.ask('memory', 'memory');
  await sleep(Math.max(0, callers.at(-1)!.ear.startMs + CALL_MS + 300 - performance.now()));
  stop();
  for (const caller of callers) caller.hangUp();
  const heardAll = judge(
    callers.map(({ ear }) => ear),
    script,
  );
  await server.stop();
  const perCallSecond = (share: Share) => ({ ...share, ms: rounded(share.ms / cost.seconds / n, 3) });
  return {
    ...rowOf(n, noiseDb, { ...heardAll, overheadMs }, cost, memory.rssMb - base.rssMb),
    shares: shares?.map(perCallSecond) ?? null,
  };
}

const PDF_PAGES = 200;

/** The same calls without and with a document of 200 pages that is read, cut and kept meanwhile. */
export async function beside(
  n: number,
): Promise<{ readonly alone: Row; readonly indexing: Row; readonly chunks: number; readonly indexedMs: number }> {
  const pages = Array.from({ length: PDF_PAGES }, (_, page) =>
    Array.from(
      { length: 45 },
      (_unused, line) => `Section ${page}.${line}: a sentence of a long handbook, number ${page * 45 + line}.`,
    ),
  );
  const alone = await manyCalls(n, null);
  let chunks = 0;
  let indexedMs = 0;
  const indexing = await manyCalls(n, null, 'web', async (server, agent) => {
    const form = new FormData();
    form.set('file', new Blob([Uint8Array.from(pdfOf(pages))]), 'handbook.pdf');
    const began = performance.now();
    const reply = await fetch(`${server.url}/v1/convai/agents/${agent}/knowledge-base`, {
      method: 'POST',
      headers: { 'xi-api-key': server.key },
      body: form,
    });
    chunks = ((await reply.json()) as { chunks_created: number }).chunks_created;
    indexedMs = Math.round(performance.now() - began);
  });
  return { alone, indexing, chunks, indexedMs };
}

const REFUSED_MS = 250;
const SHORT_CALL_MS = 6000;

/** Short calls one after the other, so many at once: does memory grow? */
export async function soak(total: number, atOnce: number, onSample: (sample: object) => void): Promise<object> {
  const script = makeScript(null);
  const server = await Server.start(['--calls', String(2 * atOnce)]);
  const agent = await server.agent('Hello, this is the soak.');
  const callers: Caller[] = [];
  const stop = feeder(callers, LINES.web.messages(script));
  const samples: { calls: number; rssMb: number; heapMb: number; buffersMb: number }[] = [];
  let [begun, ended, answered] = [0, 0, 0];
  const one = async () => {
    while (begun < total) {
      begun++;
      // A machine that is busy with something else for a moment takes the call a moment later.
      let placed = await server.place(agent);
      for (; typeof placed !== 'string'; placed = await server.place(agent)) await sleep(REFUSED_MS);
      const caller = new Caller(placed);
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
  const server = await Server.start(['--calls', String(2 * wanted), '--slots', String(slots ?? 2 * wanted)]);
  const agent = await server.agent('');
  const callers: Caller[] = [];
  const stop = feeder(callers, LINES.web.messages(script));
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
    if (typeof place === 'string') callers.push(new Caller(place));
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
