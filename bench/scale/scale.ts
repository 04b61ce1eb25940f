// How long every list, detail, filter and statistic of every API takes on a database with few and with many calls.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { readConfig } from '#config/config.ts';
import { buildApp } from '../../src/app/app.ts';
import { table } from '../eval/tables.ts';
import { percentile } from '../statistics.ts';
import { fill, type Made } from './fill.ts';
import { requestsOf, type ScaleRequest } from './requests.ts';
import { deleteDataDir } from '../../test/support/data-dir.ts';

const FEW = 1000;
const WARM_UP = 3;
const SAMPLES = 20;
const KEY = 'bench-key-of-the-scale-server';
/** The aim: at most three times what it takes with few calls, or this, whichever is more. */
const AIM_FACTOR = 3;
const AIM_MS = 50;

export interface ScaleFigure {
  readonly operation: string;
  readonly rows: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/**
 * Prints a table of both sizes and writes `[{operation, rows, p50Ms, p95Ms}]` to `path`. Each request is sent to both
 * servers in turn, so that whatever else the machine does slows both.
 */
export async function measureScale(many: number, path: string): Promise<readonly ScaleFigure[]> {
  const few = await openFilled(FEW);
  try {
    const large = await openFilled(many);
    try {
      return await compare(few, large, path);
    } finally {
      await large.close();
    }
  } finally {
    await few.close();
  }
}

interface FilledServer {
  readonly rows: number;
  readonly url: string;
  readonly requests: readonly ScaleRequest[];
  readonly unknown: readonly string[];
  close(): Promise<void>;
}

async function openFilled(rows: number): Promise<FilledServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'trunkline-scale-'));
  const config = readConfig(
    { DATA_DIR: dataDir, PORTS: '0', API_SECRET_KEY: KEY, RATE_LIMIT_FACTOR: '1000000' },
    'all',
  );
  const app = await buildApp(config, { log: pino({ level: 'error' }), databaseSettings: { fsync: 'off' } });
  const close = async () => {
    await app.close(0);
    deleteDataDir(dataDir);
  };
  try {
    const began = performance.now();
    const filled = await fill(app.database, app.organization.id, rows, await makeRecords(app.urls[0]!));
    console.log(`${rows} calls filled in ${Math.round((performance.now() - began) / 1000)} s`);
    return { rows, url: app.urls[0]!, ...requestsOf(app.apis, filled, rows), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function compare(few: FilledServer, large: FilledServer, path: string): Promise<readonly ScaleFigure[]> {
  const figures: ScaleFigure[] = [];
  const problems: string[] = [];
  const lines: string[][] = [];
  for (const request of few.requests) {
    const same = large.requests.find(({ operation }) => operation === request.operation)!;
    const sides = [
      { server: few, request, times: [] as number[] },
      { server: large, request: same, times: [] as number[] },
    ] as const;
    try {
      for (let n = 0; n < WARM_UP + SAMPLES; n++)
        for (const side of sides) {
          const ms = await timeOf(side.server.url, side.request);
          if (n >= WARM_UP) side.times.push(ms);
        }
    } catch (error) {
      problems.push((error as Error).message);
      continue;
    }
    const [small, big] = sides.map(({ server, times }) => ({
      operation: request.operation,
      rows: server.rows,
      p50Ms: rounded(times, 0.5),
      p95Ms: rounded(times, 0.95),
    })) as [ScaleFigure, ScaleFigure];
    figures.push(small, big);
    const met = big.p95Ms <= AIM_MS && big.p50Ms <= Math.max(AIM_FACTOR * small.p50Ms, 5);
    lines.push([
      request.operation,
      `${small.p50Ms} / ${small.p95Ms}`,
      `${big.p50Ms} / ${big.p95Ms}`,
      met ? '' : 'missed',
    ]);
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(figures, null, 1));
  table(['operation', `${few.rows} calls p50 / p95`, `${large.rows} calls p50 / p95`, 'aim'], lines);
  const missed = lines.filter((line) => line[3] !== '').length;
  console.log(`${lines.length} requests measured, ${missed} missed the aim`);
  if (few.unknown.length > 0) console.log(`not measured, as no value is known: ${few.unknown.join(', ')}`);
  if (problems.length > 0) console.log(`failed:\n${problems.join('\n')}`);
  return figures;
}

const rounded = (times: readonly number[], share: number) => Math.round(percentile(times, share) * 10) / 10;

/** What the replies of `makeRecords` hold, of each what it has. */
interface Reply {
  readonly data: {
    readonly campaign_id: string;
    readonly import_id: string;
    readonly voices: readonly { readonly id: string }[];
  };
  readonly batch_id: string;
  readonly trunk_id: string;
  readonly rule_id: string;
}

async function makeRecords(url: string): Promise<Made> {
  const ask = async (path: string, body?: unknown): Promise<Reply> => {
    const reply = await fetch(url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'xi-api-key': KEY },
      ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${path} answered ${reply.status}: ${text.slice(0, 200)}`);
    return JSON.parse(text) as Reply;
  };
  const campaign = await ask('/api/campaigns', { name: 'Scale' });
  const campaignId = campaign.data.campaign_id;
  const list = new FormData();
  list.set('file', new Blob(['phone_number,name\n+15005550006,Ada\n'], { type: 'text/csv' }), 'leads.csv');
  const imported = await ask(`/api/campaigns/${campaignId}/leads`, list);
  const refusals = new FormData();
  refusals.set('file', new Blob(['phone_number\n+15005550007\n'], { type: 'text/csv' }), 'refusals.csv');
  const doNotCall = await ask('/api/people/do-not-call/import', refusals);
  const batch = await ask('/api/v1/calls/outbound/batch', {
    calls: [{ to_number: 'none, so that nothing is dialled' }],
  });
  const trunk = await ask('/api/v1/sip/trunks', { name: 'Scale' });
  const rule = await ask('/api/v1/sip/dispatch-rules', { name: 'Scale' });
  const voices = await ask('/api/voice/voices');
  return {
    campaignId,
    importId: imported.data.import_id,
    doNotCallImportId: doNotCall.data.import_id,
    batchId: batch.batch_id,
    trunkId: trunk.trunk_id,
    ruleId: rule.rule_id,
    voiceId: voices.data.voices[0]!.id,
  };
}

async function timeOf(url: string, { operation, path, isFile }: ScaleRequest): Promise<number> {
  const began = performance.now();
  const reply = await fetch(url + path, { headers: { 'xi-api-key': KEY } });
  const text = isFile && reply.ok ? await firstOf(reply) : await reply.text();
  const ms = performance.now() - began;
  if (reply.status !== 200) throw new Error(`${operation} answered ${reply.status}: ${text.slice(0, 200)}`);
  return ms;
}

/** The first part of a reply; the rest is not waited for. */
async function firstOf(reply: Response): Promise<string> {
  const reader = reply.body!.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}
