import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import { parseWav } from '#engine/audio/wav.ts';
import { openQueue } from '#jobs/queue.ts';
import { auHeader } from '#recordings/au-format.ts';
import { backupRuns, markBackup } from '#store/backup-mark.ts';
import { GuardedPool } from '#store/connections.ts';
import { applyMigrations, migrationFiles, openDatabase } from '#store/database.ts';
import { startEmbedded, type EmbeddedPostgres } from '#store/embedded-postgres.ts';
import { backupCommand } from '../../src/commands/backup/backup.ts';
import { restoreCommand } from '../../src/commands/backup/restore.ts';
import { deleteDataDir } from '../support/data-dir.ts';
import { freePort, ServerProcess } from '../support/process.ts';

// A backup of an installation of before the migration 0021, as an operator has it, restored by today's version.

const STORE = join(import.meta.dirname, '..', 'store');
const ANSWERED = (
  JSON.parse(readFileSync(join(STORE, 'before-0021.json'), 'utf8')) as {
    readonly replies: Readonly<Record<string, Record<string, unknown>>>;
  }
).replies;
const KEY = 'a-key-of-the-older-version';
const RECORDED = 'CA7ec24093006c6ce69d313e8f105e1461';
const SECONDS = 2;

describe('a backup of an older version', () => {
  const dirs: string[] = [];
  const freshDir = () => {
    const dir = mkdtempSync(join(tmpdir(), 'trunkline-older-'));
    dirs.push(dir);
    return dir;
  };
  const file = join(freshDir(), 'older.backup');
  let database: EmbeddedPostgres;
  let url = '';
  let server: ServerProcess | null = null;
  before(async () => {
    database = await startEmbedded({ dataDir: freshDir(), settings: { fsync: 'off' } });
    const { user, host, database: name } = database.connection;
    url = `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host)}`;
  });
  after(async () => {
    await server?.stop();
    await database.stop();
    for (const dir of dirs) deleteDataDir(dir);
  });

  it('is made of its schema', async () => {
    const client = new pg.Client({ ...database.connection, options: '-c timezone=UTC' });
    await client.connect();
    await applyMigrations(client, new Set(migrationFiles().filter((name) => name < '0021')));
    // Tables are loaded in any order, so references are not checked.
    await client.query('set session_replication_role = replica');
    await client.query(readFileSync(join(STORE, 'before-0021.sql'), 'utf8'));
    await client.end();
    const pool = new GuardedPool(database.connection);
    await (await openQueue(pool, () => undefined)).stop({ graceful: false });
    await pool.end();
    const dataDir = freshDir();
    const recording = join(dataDir, 'files', 'recordings', 'org_1', `${RECORDED}.au`);
    mkdirSync(dirname(recording), { recursive: true });
    const tone = Int16Array.from({ length: SECONDS * 8000 * 2 }, (_, i) => 8000 * Math.sin(i / 8));
    writeFileSync(recording, Buffer.concat([auHeader(), encodeMulaw(tone)]));
    const env = { DATA_DIR: dataDir, DATABASE_URL: url, API_SECRET_KEY: KEY, ENCRYPTION_KEY: 'a key of that version' };
    assert.equal(await backupCommand(env, [file]), 0);
  });

  it('is restored into the schema of today, whole, and its recordings play', async () => {
    const dataDir = freshDir();
    assert.equal(await restoreCommand({ DATA_DIR: dataDir }, [file]), 0);
    server = new ServerProcess(await freePort(), { DATA_DIR: dataDir });
    await server.untilHealthy();
    const ask = async (path: string) => {
      const reply = await fetch(server!.url + path, { headers: { authorization: `Bearer ${KEY}` } });
      assert.equal(reply.status, 200, path);
      return reply;
    };
    const json = async (path: string) => (await (await ask(path)).json()) as Record<string, unknown>;
    const all = ANSWERED['getV1ConvaiConversations {"query":{}}'];
    assert.deepEqual(await json('/v1/convai/conversations'), all);
    for (const [request, { messages }] of Object.entries(ANSWERED)) {
      const [, id] = /"conversationId":"(\w+)"/.exec(request) ?? [];
      if (id !== undefined) assert.deepEqual((await json(`/conversations/${id}`))['messages'], messages, request);
    }
    const wav = new Uint8Array(await (await ask(`/app/recordings/${RECORDED}.wav`)).arrayBuffer());
    const { channels } = parseWav(wav, (bytes) => decodeMulaw(bytes));
    assert.deepEqual(
      channels.map(({ length }) => length),
      [SECONDS * 8000, SECONDS * 8000],
    );
    assert.ok(channels[0]!.some((sample) => Math.abs(sample) > 4000));
  });

  it('is known to every server while it is made', async () => {
    const opened = await openDatabase(database.connection, (error) => assert.fail(error));
    assert.equal(await backupRuns(opened.db), false);
    const marks = [await markBackup(database.connection), await markBackup(database.connection)];
    for (const mark of marks) {
      assert.equal(await backupRuns(opened.db), true);
      await mark.close();
    }
    assert.equal(await backupRuns(opened.db), false);
    await opened.close();
  });
});
