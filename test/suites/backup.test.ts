import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import pg from 'pg';
import { startEmbedded } from '#store/embedded-postgres.ts';
import { clusterId } from '#store/cluster-marker.ts';
import { freePort, ROOT, ServerProcess } from '../support/process.ts';
import { until } from '../support/server.ts';
import { deleteDataDir } from '../support/data-dir.ts';

const dirs: string[] = [];
const servers: ServerProcess[] = [];
const freshDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-backup-'));
  dirs.push(dir);
  return dir;
};
after(async () => {
  for (const server of servers) await server.stop().catch(() => undefined);
  for (const dir of dirs) deleteDataDir(dir);
});

async function start(dataDir: string, env: Record<string, string> = {}): Promise<ServerProcess> {
  const server = new ServerProcess(await freePort(), {
    DATA_DIR: dataDir,
    SIMULATOR_SPEED: '3',
    SHUTDOWN_GRACE_SECONDS: '0',
    ...env,
  });
  servers.push(server);
  await server.untilHealthy();
  return server;
}

/** `npm run admin`, in a process of its own. */
function admin(env: Record<string, string>, ...args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(ROOT, 'run.mjs'), 'src/main.ts', 'admin', ...args], {
      env: { PATH: process.env['PATH'], ...env },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('close', (code) => done({ code, output }));
  });
}

/** Files outside of the database and FILES_URL: a document, and the journal of an earlier process. */
const BESIDE = { 'knowledge/org_2/prices.md': '# Prices', 'journal/gone/call_9.jsonl': 'cut off\n' };
const keyIn = (dataDir: string) => readFileSync(join(dataDir, 'api-secret-key'), 'utf8').trim();
const asker = (server: ServerProcess, key: string) => async (method: string, path: string, body?: object) => {
  const reply = await fetch(server.url + path, {
    method,
    headers: { 'xi-api-key': key },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return (await reply.json()) as Record<string, unknown>;
};

async function recordingOf(server: ServerProcess, key: string, sid: string): Promise<Buffer> {
  return until('the recording', 30_000, async () => {
    const reply = await fetch(`${server.url}/app/recordings/${sid}.wav`, { headers: { 'x-api-key': key } });
    return reply.ok ? Buffer.from(await reply.arrayBuffer()) : null;
  });
}

describe('a backup', () => {
  const dataDir = freshDir();
  const file = join(freshDir(), 'all.backup');
  let key = '';
  let ended = '';
  let running = '';
  let transcript: unknown;
  let wav: Buffer;
  let campaign = '';

  const ofSales = async (server: ServerProcess, path: string, init: RequestInit = {}) => {
    const headers = { ...init.headers, authorization: `Bearer ${key}` };
    const reply = await fetch(server.url + path, { ...init, headers });
    return ((await reply.json()) as { data: Record<string, unknown> }).data;
  };

  it('is made while calls run, readable by its owner alone', async () => {
    const server = await start(dataDir);
    key = keyIn(dataDir);
    const ask = asker(server, key);
    const agent = await ask('POST', '/v1/convai/agents', { name: 'Kept', first_message: 'Hello, this is Kept.' });
    const place = async (to: string) =>
      String(
        (await ask('POST', '/v1/convai/twilio/outbound-call', { agent_id: agent['agent_id'], to_number: to }))[
          'call_sid'
        ],
      );
    ended = await place('+15005550006');
    await until('the first call to end', 60_000, async () => {
      const conversation = await ask('GET', `/v1/convai/conversations/${ended}`);
      transcript = conversation['transcript'];
      return conversation['status'] === 'completed';
    });
    wav = await recordingOf(server, key, ended);
    const made = await ofSales(server, '/api/campaigns', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Kept', campaign_type: 'outbound' }),
    });
    campaign = `/api/campaigns/${String(made['campaign_id'])}`;
    const form = new FormData();
    form.append('file', new Blob(['phone\n+13125550100\n+13125550101\n']), 'leads.csv');
    await ofSales(server, `${campaign}/leads`, { method: 'POST', body: form });
    await until('the leads to be there', 30_000, async () => (await leadsOf(server)) === 2);
    running = await place('+15005550010');
    await until(
      'the second call to run',
      30_000,
      async () => (await ask('GET', `/v1/convai/conversations/${running}`))['status'] === 'in_progress',
    );
    for (const [path, text] of Object.entries(BESIDE)) {
      mkdirSync(dirname(join(dataDir, path)), { recursive: true });
      writeFileSync(join(dataDir, path), text);
    }
    const { code, output } = await admin({ DATA_DIR: dataDir }, 'backup', file);
    assert.equal(code, 0, output);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    // The database of the server is not the command's to stop.
    assert.equal((await ask('GET', `/v1/convai/conversations/${running}`))['status'], 'in_progress');
    assert.doesNotMatch(server.output, /embedded database died/);
    const refused = await admin({ DATA_DIR: dataDir }, 'restore', file, '--replace');
    assert.equal(refused.code, 1);
    assert.match(refused.output, /Another Trunkline .* is using/);
    await server.stop();
  });

  const leadsOf = async (server: ServerProcess) => (await ofSales(server, `${campaign}/readiness`))['total'];

  const holdsAll = async (server: ServerProcess) => {
    const ask = asker(server, key);
    const conversation = await ask('GET', `/v1/convai/conversations/${ended}`);
    assert.equal(conversation['status'], 'completed');
    assert.equal(conversation['transcript'], transcript);
    assert.deepEqual(await recordingOf(server, key, ended), wav);
    // Its server is gone for good: it says so, as after a crash.
    await until(
      'the call that ran to be ended',
      30_000,
      async () => (await ask('GET', `/v1/convai/conversations/${running}`))['status'] === 'failed',
    );
    assert.equal(await leadsOf(server), 2, 'leads are counted once');
    // Ids go on after those that were given.
    const made = await ask('POST', '/v1/convai/agents', { name: 'Next' });
    assert.equal(made['agent_id'], 'agent_3');
  };

  it('restores records, recordings and keys into an empty folder', async () => {
    const elsewhere = freshDir();
    const { code, output } = await admin({ DATA_DIR: elsewhere }, 'restore', file);
    assert.equal(code, 0, output);
    assert.equal(keyIn(elsewhere), key);
    for (const [path, text] of Object.entries(BESIDE)) assert.equal(readFileSync(join(elsewhere, path), 'utf8'), text);
    await holdsAll(await start(elsewhere));
  });

  it('restores into a Postgres server, which is backed up in the same way; not where something is already', async () => {
    const database = await startEmbedded({ dataDir: freshDir(), settings: { fsync: 'off' } });
    const { user, host, database: name } = database.connection;
    const elsewhere = freshDir();
    const env = {
      DATA_DIR: elsewhere,
      DATABASE_URL: `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host)}`,
    };
    const knowledge = freshDir();
    mkdirSync(join(knowledge, 'org_2'));
    writeFileSync(join(knowledge, 'org_2', 'prices.md'), '# Newer prices');
    assert.equal((await admin({ ...env, KNOWLEDGE_DIR: knowledge }, 'restore', file)).code, 0);
    assert.equal(readFileSync(join(knowledge, 'org_2', 'prices.md'), 'utf8'), '# Newer prices');
    const server = await start(elsewhere, env);
    await holdsAll(server);
    const again = join(freshDir(), 'again.backup');
    assert.equal((await admin(env, 'backup', again)).code, 0);
    const meanwhile = await admin({ ...env, DATA_DIR: freshDir() }, 'restore', again, '--replace');
    assert.match(meanwhile.output, /A Trunkline is using this database/);
    await server.stop();
    const full = await admin({ ...env, DATA_DIR: freshDir() }, 'restore', again);
    assert.equal(full.code, 1);
    assert.match(full.output, /database is not empty.*--replace/);
    const replaced = await admin(env, 'restore', again, '--replace');
    assert.equal(replaced.code, 0, replaced.output);
    const client = new pg.Client(database.connection);
    await client.connect();
    assert.equal((await client.query("select from ai_agents where name = 'Next'")).rowCount, 1);
    await client.end();
    await database.stop();
  });

  it('is refused when it is damaged, cut short, no backup, or of a newer version; what was begun is not started', async () => {
    const dir = freshDir();
    const variant = (name: string, bytes: Uint8Array) => {
      writeFileSync(join(dir, name), bytes);
      return join(dir, name);
    };
    const cut = join(dir, 'cut');
    cpSync(file, cut);
    truncateSync(cut, Math.floor(statSync(file).size / 2));
    const target = freshDir();
    const broken = await admin({ DATA_DIR: target }, 'restore', cut);
    assert.equal(broken.code, 1);
    assert.match(broken.output, /is no whole backup/);
    const begun = new ServerProcess(await freePort(), { DATA_DIR: target });
    assert.equal((await begun.untilExit()).code, 1);
    assert.match(begun.output, /did not finish.*--replace/);
    const other = await admin({ DATA_DIR: freshDir() }, 'restore', variant('text', Buffer.from('hello')));
    assert.match(other.output, /is no whole backup/);
    const plain = gunzipSync(readFileSync(file)).toString('latin1');
    const newer = variant(
      'newer',
      gzipSync(Buffer.from(plain.replace('"0001-first.sql"', '"9999-first.sql"'), 'latin1')),
    );
    const refused = await admin({ DATA_DIR: freshDir() }, 'restore', newer);
    assert.equal(refused.code, 1);
    assert.match(refused.output, /newer Trunkline .*9999-first\.sql/);
    const inUse = await admin({ DATA_DIR: dataDir }, 'restore', file);
    assert.match(inUse.output, /is not empty.*--replace/);
    const otherKey = await admin(
      { DATA_DIR: freshDir(), ENCRYPTION_KEY: 'another key than that one' },
      'restore',
      file,
    );
    assert.match(otherKey.output, /another ENCRYPTION_KEY/);
  });
});

describe('a data folder', () => {
  it('without its database is refused, not started empty', async () => {
    const dataDir = freshDir();
    const first = await start(dataDir);
    await first.stop();
    const marker = JSON.parse(readFileSync(join(dataDir, 'database-cluster.json'), 'utf8')) as {
      id: string;
      folder: string;
    };
    assert.equal(clusterId(marker.folder), marker.id);
    // The folder without what lies elsewhere as root, and without what a careless backup leaves out otherwise.
    const copy = freshDir();
    cpSync(dataDir, copy, { recursive: true, filter: (path) => !path.includes(`${dataDir}/postgres`) });
    const refused = new ServerProcess(await freePort(), { DATA_DIR: copy });
    assert.equal((await refused.untilExit()).code, 1);
    assert.match(refused.output, new RegExp(`belongs to the database ${marker.id}, but there is no database in`));
    assert.match(refused.output, /npm run admin -- restore FILE --replace/);
    assert.equal(existsSync(join(marker.folder, 'postmaster.pid')), false);
    // Another database in its place.
    const other = freshDir();
    const another = await start(other);
    await another.stop();
    cpSync(join(dataDir, 'database-cluster.json'), join(other, 'database-cluster.json'));
    const swapped = new ServerProcess(await freePort(), { DATA_DIR: other });
    assert.equal((await swapped.untilExit()).code, 1);
    assert.match(swapped.output, /holds another database/);
  });
});
