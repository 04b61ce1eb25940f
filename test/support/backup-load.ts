import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeMulaw } from '#engine/audio/mulaw.ts';
import { parseWav } from '#engine/audio/wav.ts';
import { deleteDataDir } from './data-dir.ts';
import { startMoto } from './moto.ts';
import { freePort, ROOT, ServerProcess } from './process.ts';
import { until } from './server.ts';

// A backup is taken while calls talk and records come in from all sides. The restored server has every record that was
// acknowledged before the backup began, with its files, and goes on with what was under way.

type Json = Record<string, unknown>;
const KEY = 'a-key-of-the-test-under-load';
const dirs: string[] = [];
const closers: (() => Promise<unknown>)[] = [];
const freshDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-load-'));
  dirs.push(dir);
  return dir;
};

/** Stops what the tests started. */
export async function closeAll(): Promise<void> {
  for (const close of closers.toReversed()) await close().catch(() => undefined);
  for (const dir of dirs) deleteDataDir(dir);
}

export type Environment = Readonly<Record<string, string>>;

async function start(env: Environment): Promise<{ server: ServerProcess; client: Client }> {
  const server = new ServerProcess(await freePort(), {
    SIMULATOR_SPEED: '6',
    SHUTDOWN_GRACE_SECONDS: '0',
    RATE_LIMIT_FACTOR: '1000',
    ...env,
  });
  closers.push(() => server.stop());
  await server.untilHealthy();
  return { server, client: new Client(server) };
}

async function admin(env: Environment, ...args: string[]): Promise<void> {
  const child = spawn(process.execPath, [join(ROOT, 'run.mjs'), 'src/main.ts', 'admin', ...args], {
    env: { PATH: process.env['PATH'], ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((done) => child.on('close', done));
  assert.equal(code, 0, output);
}

class Client {
  readonly #server: ServerProcess;

  constructor(server: ServerProcess) {
    this.#server = server;
  }

  async ask(method: string, path: string, body?: object): Promise<Json> {
    const reply = await fetch(this.#server.url + path, {
      method,
      headers: { authorization: `Bearer ${KEY}` },
      ...(body ? { body: body instanceof FormData ? body : JSON.stringify(body) } : {}),
    });
    const text = await reply.text();
    assert.ok(reply.ok, `${method} ${path}: ${reply.status} ${text}`);
    return JSON.parse(text) as Json;
  }

  /** The field `data` of a reply of `call-center`. */
  async data(method: string, path: string, body?: object): Promise<Json> {
    return (await this.ask(method, path, body))['data'] as Json;
  }

  call(agent: string, to: string): Promise<string> {
    const body = { agent_id: agent, to_number: to };
    return this.ask('POST', '/v1/convai/twilio/outbound-call', body).then(({ call_sid: sid }) => String(sid));
  }

  /** How the call ended. */
  ended(sid: string): Promise<Json> {
    return until(`${sid} to end`, 120_000, async () => {
      const call = await this.ask('GET', `/v1/convai/conversations/${sid}`);
      return RUNNING.has(String(call['status'])) ? null : call;
    });
  }

  /** Made whole, which the MP3 is the last of; until then there is what was recorded so far. */
  recording(sid: string): Promise<Buffer> {
    const read = (format: string) =>
      fetch(`${this.#server.url}/app/recordings/${sid}.${format}`, { headers: { 'x-api-key': KEY } });
    return until(`the recording of ${sid}`, 60_000, async () => {
      const made = await read('mp3');
      await made.arrayBuffer();
      if (!made.ok) return null;
      const reply = await read('wav');
      return reply.ok ? Buffer.from(await reply.arrayBuffer()) : null;
    });
  }

  async documents(agent: string): Promise<readonly { id: string; name: string; chunks: number }[]> {
    const { documents } = await this.ask('GET', `/v1/convai/agents/${agent}/knowledge-base`);
    return documents as { id: string; name: string; chunks: number }[];
  }
}

const RUNNING = new Set(['initiated', 'ringing', 'queued', 'in_progress']);
const LEADS = 1000;

/** Records that the server acknowledged, by kind. */
interface Acknowledged {
  readonly agents: string[];
  readonly conversations: string[];
  readonly documents: string[];
  readonly imports: string[];
  readonly calls: string[];
}
const copyOf = (one: Acknowledged): Acknowledged => structuredClone(one);

interface World {
  readonly agent: string;
  readonly campaign: string;
  readonly acknowledged: Acknowledged;
}

async function makeWorld(client: Client): Promise<World> {
  const { agent_id: agent } = await client.ask('POST', '/v1/convai/agents', {
    name: 'Loaded',
    system_prompt: 'You are Loaded of Brightline. It costs ten dollars.',
    first_message: 'Hello, this is Loaded. Do you have a minute?',
  });
  const campaign = await client.data('POST', '/api/campaigns', { name: 'Loaded', campaign_type: 'outbound' });
  return {
    agent: String(agent),
    campaign: `/api/campaigns/${String(campaign['campaign_id'])}`,
    acknowledged: { agents: [], conversations: [], documents: [], imports: [], calls: [] },
  };
}

function formOf(name: string, text: string): FormData {
  const form = new FormData();
  form.set('file', new Blob([text]), name);
  return form;
}

async function importList(client: Client, campaign: string, acknowledged: Acknowledged, n: number): Promise<void> {
  const numbers = Array.from({ length: LEADS }, (_, i) => `+1312${String(5_000_000 + n * LEADS + i)}`);
  const form = formOf('leads.csv', `phone\n${numbers.join('\n')}\n`);
  const { import_id: id } = await client.data('POST', `${campaign}/leads`, form);
  acknowledged.imports.push(String(id));
  await until('the import', 60_000, async () => {
    const { status } = await client.data('GET', `${campaign}/imports/${String(id)}`);
    return status === 'completed' || null;
  });
}

/** Clients that go on until `stop`; any refusal fails the test. */
function load(client: Client, { agent, campaign, acknowledged }: World) {
  let goesOn = true;
  const over = async (act: (n: number) => Promise<void>) => {
    for (let n = 1; goesOn; n++) await act(n);
  };
  const documents = `/v1/convai/agents/${agent}/knowledge-base`;
  const work = [
    over(async (n) => {
      const made = await client.ask('POST', '/v1/convai/agents', { name: `Agent ${n}`, system_prompt: 'You answer.' });
      acknowledged.agents.push(String(made['agent_id']));
      const id = `word-${n}`;
      const body = { message: `My word is ${id}.`, context: { conversation_id: id } };
      await client.ask('POST', `/agents/${agent}/message`, body);
      acknowledged.conversations.push(id);
    }),
    over(async (n) => {
      const name = `facts-${n}.md`;
      await client.ask('POST', documents, formOf(name, `# Document ${n}\n\n${`Fact ${n} is one. `.repeat(200)}`));
      acknowledged.documents.push(name);
      // One that is replaced again and again: the file of each is another one.
      await client.ask('POST', documents, formOf('prices.md', `# Prices\n\nIt costs ${n} dollars.`));
    }),
    over(async () => {
      const sid = await client.call(agent, '+15005550010');
      acknowledged.calls.push(sid);
      await until('the call to end', 120_000, async () => {
        const { status } = await client.ask('GET', `/v1/convai/conversations/${sid}`);
        return !goesOn || !RUNNING.has(String(status)) || null;
      });
    }),
    over((n) => importList(client, campaign, acknowledged, n)),
  ];
  const all = Promise.all(work);
  // Who waits for records sees a refusal at once.
  const failed = all.then(() => new Promise<never>(() => undefined));
  return {
    failed,
    stop: async () => {
      goesOn = false;
      await all;
    },
  };
}

/** Whole, in both channels, with the agent's voice. */
function assertPlays(wav: Buffer, sid: string): void {
  const { channels } = parseWav(wav, (bytes) => decodeMulaw(bytes));
  assert.equal(channels.length, 2, sid);
  assert.equal(channels[0]!.length, channels[1]!.length, sid);
  assert.ok(
    channels[1]!.some((sample) => Math.abs(sample) > 2000),
    `the agent is not on the recording of ${sid}`,
  );
}

async function agentsOf(client: Client): Promise<ReadonlySet<string>> {
  const all = new Set<string>();
  for (let offset = 0; ; offset += 100) {
    const { agents } = await client.ask('GET', `/v1/convai/agents?limit=100&skip=${offset}`);
    const page = agents as { agent_id: string }[];
    for (const one of page) all.add(one.agent_id);
    if (page.length < 100) return all;
  }
}

interface Kept {
  readonly sid: string;
  readonly transcript: unknown;
  readonly wav: Buffer;
}

/** Backs a server up under load. Returns what it had acknowledged before. */
async function backUp(env: Environment) {
  const { server, client } = await start(env);
  const world = await makeWorld(client);
  const sid = await client.call(world.agent, '+15005550007');
  const kept: Kept = { sid, transcript: (await client.ended(sid))['transcript'], wav: await client.recording(sid) };
  assertPlays(kept.wav, sid);
  const { acknowledged } = world;
  const { stop, failed } = load(client, world);
  const grown = () =>
    acknowledged.documents.length > 1 &&
    acknowledged.conversations.length > 2 &&
    acknowledged.calls.length > 0 &&
    acknowledged.imports.length > 1;
  await Promise.race([failed, until('records of each kind', 60_000, () => grown() || null)]);
  const before = copyOf(acknowledged);
  const file = join(freshDir(), 'load.backup');
  await Promise.race([failed, admin(env, 'backup', file)]);
  assert.ok(acknowledged.agents.length > before.agents.length, 'nothing came in while the backup was made');
  await stop();
  await server.stop();
  return { file, kept, world: { ...world, acknowledged: before } };
}

async function holds(env: Environment, { agent, campaign, acknowledged }: World, kept: Kept): Promise<void> {
  const { server, client } = await start(env);
  const agents = await agentsOf(client);
  for (const one of acknowledged.agents) assert.ok(agents.has(one), one);
  for (const id of acknowledged.conversations)
    assert.ok(JSON.stringify(await client.ask('GET', `/conversations/${id}`)).includes(`My word is ${id}.`), id);
  const documents = await client.documents(agent);
  const names = new Set(documents.map(({ name }) => name));
  for (const one of [...acknowledged.documents, 'prices.md']) assert.ok(names.has(one), one);
  // Each is read from its file once more.
  for (const { id, name, chunks } of documents) {
    const read = await client.ask('POST', `/v1/convai/agents/${agent}/knowledge-base/${id}/reindex`);
    assert.equal(read['chunks_created'], chunks, name);
  }
  // Calls that ran have ended with their server; one that was over has all that it had.
  for (const sid of acknowledged.calls) await client.ended(sid);
  const { sid, transcript, wav } = kept;
  assert.equal((await client.ended(sid))['transcript'], transcript);
  assert.ok((await client.recording(sid)).equals(wav), `the recording of ${sid} is another one`);
  for (const one of acknowledged.imports)
    await until(`the import ${one} to be whole`, 60_000, async () => {
      const state = await client.data('GET', `${campaign}/imports/${one}`);
      assert.notEqual(state['status'], 'failed', JSON.stringify(state));
      return (state['status'] === 'completed' && state['processed_rows'] === LEADS) || null;
    });
  await server.stop();
}

/** Of a folder as it is, or of a bucket of a server that is started. */
export async function environment(files: 'folder' | 'bucket'): Promise<Environment> {
  const env = { DATA_DIR: freshDir(), API_SECRET_KEY: KEY };
  if (files === 'folder') return env;
  const moto = await startMoto();
  closers.push(() => moto.stop());
  return {
    ...env,
    FILES_URL: 's3://trunkline/files',
    S3_ENDPOINT: moto.url,
    AWS_ACCESS_KEY_ID: 'test-key',
    AWS_SECRET_ACCESS_KEY: 'test-secret',
  };
}

/** A backup of the one, taken under load, is restored to the other. */
export async function survivesLoad(source: Environment, target: Environment): Promise<void> {
  const { file, kept, world } = await backUp(source);
  await admin(target, 'restore', file);
  await holds(target, world, kept);
}
