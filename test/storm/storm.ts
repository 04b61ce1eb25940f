import { Agent, request } from 'node:http';
import { fork } from 'node:child_process';
import fc from 'fast-check';
import type { Api } from '#apis/kit/api.ts';
import type { ServerProcess } from '../support/process.ts';
import { requests, type GeneratedRequest } from './generated-requests.ts';

const CLIENTS = 12;
const BATCH = 250;
/** No answer for so long is a hang. */
const HANG_MS = 20_000;
const FIELDS = ['agent_id', 'call_sid', 'conversation_id', 'call_id', 'user_id', 'key_id'];
const SAME: Readonly<Record<string, readonly string[]>> = {
  call_sid: ['call_sid', 'conversation_id', 'callId'],
  call_id: ['callId'],
  conversation_id: ['call_sid', 'conversation_id'],
};
const MOST_KNOWN = 500;

/** An export is a table of commas, no JSON. */
const isTable = ({ operation }: GeneratedRequest, status: number) => status === 200 && operation.endsWith('.csv');

/** `other` is an admin's of another organization, whom the storm must not touch. */
export type StormKeys = Readonly<Record<'admin' | 'viewer' | 'other', string>>;

export interface StormReport {
  readonly sent: number;
  readonly seconds: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byOperation: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  /** What should never happen: an answer of 500, none at all, or one that is not JSON. */
  readonly broken: readonly string[];
  /** Megabytes that the server has, after a tenth of the requests and at the end. */
  readonly memory: readonly [Memory, Memory];
  readonly listener: Heard;
}

export interface Memory {
  readonly rss: number;
  readonly heap: number;
}

/** What a caller on a live call heard meanwhile. */
export interface Heard {
  readonly frames: number;
  /** How often a player with a buffer of 60 ms had nothing to play, and for how long at most. */
  readonly gaps: number;
  readonly longestGapMs: number;
}

/** Sends generated requests to all operations of a server while a caller listens to a call on it. */
export async function storm(
  server: ServerProcess,
  apis: readonly Api[],
  keys: StormKeys,
  options: { readonly requests: number; readonly seed: number; readonly onProgress?: (sent: number) => void },
): Promise<StormReport> {
  const began = performance.now();
  const known: Record<string, string[]> = Object.fromEntries(
    [...FIELDS, 'callId', 'api', 'organization_id'].map((name) => [name, []]),
  );
  known['api'] = apis.map((api) => api.name);
  known['organization_id'] = ['org_1'];
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const listener = await listen(server.url, keys.other);
  const report = {
    sent: 0,
    byStatus: {} as Record<string, number>,
    byOperation: {} as Record<string, number>,
    slowestMs: 0,
    broken: [] as string[],
  };
  const memory: Memory[] = [];
  const all = requests(
    apis.flatMap((api) => api.operations),
    known,
    keys,
  );
  for (let batch = 0; report.sent < options.requests; batch++) {
    const queue = fc.sample(all, {
      seed: options.seed + batch,
      numRuns: Math.min(BATCH, options.requests - report.sent),
    });
    await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        for (let next = queue.pop(); next; next = queue.pop()) await send(agent, server.url, next, known, report);
      }),
    );
    if (memory.length === 0 && report.sent >= options.requests / 10)
      memory.push(await megabytes(server.url, keys.admin));
    options.onProgress?.(report.sent);
  }
  memory.push(await megabytes(server.url, keys.admin));
  const heard = await listener.stop();
  agent.destroy();
  return { ...report, seconds: (performance.now() - began) / 1000, memory: [memory[0]!, memory[1]!], listener: heard };
}

async function send(
  agent: Agent,
  url: string,
  generated: GeneratedRequest,
  known: Record<string, string[]>,
  report: {
    sent: number;
    byStatus: Record<string, number>;
    byOperation: Record<string, number>;
    slowestMs: number;
    broken: string[];
  },
): Promise<void> {
  const began = performance.now();
  const told = (what: string) => report.broken.push(`${what}: ${JSON.stringify(generated).slice(0, 2000)}`);
  report.byOperation[generated.operation] = (report.byOperation[generated.operation] ?? 0) + 1;
  try {
    const { status, text } = await exchange(agent, url, generated);
    report.byStatus[status] = (report.byStatus[status] ?? 0) + 1;
    if (status >= 500) told(`answer ${status} ${text.slice(0, 300)}`);
    else if (generated.method !== 'HEAD' && generated.method !== 'OPTIONS' && !isTable(generated, status))
      learn(JSON.parse(text), known);
  } catch (error) {
    told(error instanceof Error ? error.message : String(error));
  }
  report.sent++;
  report.slowestMs = Math.max(report.slowestMs, performance.now() - began);
}

function exchange(
  agent: Agent,
  url: string,
  { method, path, headers, body }: GeneratedRequest,
): Promise<{ status: number; text: string }> {
  return new Promise((done, fail) => {
    // Node refuses to send some headers that other clients send: as bytes they go.
    const safe = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, Buffer.from(value, 'utf8').toString('latin1')]),
    );
    const sent = request(
      url + path,
      {
        method,
        agent,
        headers: { ...safe, ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }) },
      },
      (reply) => {
        const chunks: Buffer[] = [];
        reply.on('data', (chunk: Buffer) => chunks.push(chunk));
        reply.on('end', () => done({ status: reply.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
        reply.on('error', fail);
      },
    );
    sent.setTimeout(HANG_MS, () => sent.destroy(new Error(`no answer within ${HANG_MS} ms`)));
    sent.on('error', fail);
    sent.end(body);
  });
}

/** Ids in an answer are records that later requests may be about. */
function learn(value: unknown, known: Record<string, string[]>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === 'string' && FIELDS.includes(name)) {
      for (const as of SAME[name] ?? [name]) {
        const pool = known[as]!;
        if (pool.length < MOST_KNOWN) pool.push(inner);
        else pool[Math.floor(Math.random() * MOST_KNOWN)] = inner;
      }
    } else learn(inner, known);
  }
}

async function megabytes(url: string, key: string): Promise<Memory> {
  const reply = await fetch(`${url}/health/detailed`, { headers: { 'x-api-key': key } });
  const { memory } = (await reply.json()) as { memory: { rss: number; heapUsed: number } };
  return { rss: Math.round(memory.rss / 1024 / 1024), heap: Math.round(memory.heapUsed / 1024 / 1024) };
}

/** A caller who listens to a long speech of the agent, in a separate process, so that only the server can be late. */
async function listen(url: string, key: string): Promise<{ stop(): Promise<Heard> }> {
  const child = fork(new URL('./listener.ts', import.meta.url), [url, key], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const said = (type: string) =>
    new Promise<Heard>((done, fail) => {
      child.on('message', (message: { type: string; heard: Heard }) => message.type === type && done(message.heard));
      child.once('exit', (code) => fail(new Error(`the listener ended with ${code}`)));
    });
  await said('hearing');
  return {
    stop: async () => {
      const heard = said('heard');
      child.send('stop');
      const result = await heard;
      child.kill();
      return result;
    },
  };
}
