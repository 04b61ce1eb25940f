import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import pg from 'pg';
import { clusterFolder, refuseDatabaseInUse, startEmbedded, type EmbeddedPostgres } from '#store/embedded-postgres.ts';
import { FolderFileStore } from '#store/folder-file-store.ts';
import { lockDataDir } from '#store/server-lock.ts';
import { readAll } from '../support/files.ts';
import { until } from '../support/server.ts';
import { deleteDataDir } from '../support/data-dir.ts';

const dirs: string[] = [];
const freshDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-pg-'));
  dirs.push(dir);
  return dir;
};
after(() => dirs.forEach((dir) => deleteDataDir(dir)));

async function ask(server: EmbeddedPostgres, text: string): Promise<unknown> {
  const client = new pg.Client(server.connection);
  await client.connect();
  const { rows } = await client.query<{ answer: unknown }>(text);
  await client.end();
  return rows[0]?.answer;
}

/**
 * Starts a database in a process of its own and kills that process, as a crash would. Answers the database's process.
 */
async function startAndCrash(dataDir: string): Promise<number> {
  const script = `import { refuseDatabaseInUse, startEmbedded } from '#store/embedded-postgres.ts'; const s = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)} }); const { default: pg } = await import('pg'); const c = new pg.Client(s.connection); await c.connect(); await c.query('create table kept (answer int)'); await c.query('insert into kept values (42)'); console.log(s.pid); setInterval(() => 0, 1000);`;
  const child = spawn(
    process.execPath,
    ['--input-type=module-typescript', '--disable-warning=ExperimentalWarning', '-e', script],
    { cwd: join(import.meta.dirname, '..', '..'), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const pid = await new Promise<number>((done) => child.stdout.once('data', (text: Buffer) => done(Number(text))));
  child.kill('SIGKILL');
  await new Promise((done) => child.once('exit', done));
  return pid;
}

describe('the embedded Postgres', () => {
  it('is adopted when its server was killed, with everything that was acknowledged', async () => {
    const dataDir = freshDir();
    await startAndCrash(dataDir);
    const server = await startEmbedded({ dataDir });
    assert.equal(server.adopted, true);
    assert.equal(await ask(server, 'select answer from kept'), 42);
    await server.stop();
  });

  it('is adopted by symbolic links, and by another path than before', async () => {
    const [dataDir, disk] = [freshDir(), freshDir()];
    const home = dirname(clusterFolder(dataDir));
    rmSync(home, { recursive: true });
    chmodSync(disk, 0o755);
    symlinkSync(disk, home);
    dirs.push(home);
    const other = join(disk, 'other-path');
    symlinkSync(dataDir, other);
    await startAndCrash(other);
    const server = await startEmbedded({ dataDir });
    assert.deepEqual([server.adopted, await ask(server, 'select answer from kept')], [true, 42]);
    await server.stop();
  });

  it('is used by one server at a time, by whatever link a data folder leads to it', async () => {
    const [first, second] = [freshDir(), freshDir()];
    const server = await startEmbedded({ dataDir: first });
    const home = dirname(clusterFolder(second));
    rmSync(home, { recursive: true });
    symlinkSync(dirname(clusterFolder(first)), home);
    dirs.push(home);
    await assert.rejects(startEmbedded({ dataDir: second }), /Another Trunkline \(process \d+\)/);
    assert.throws(() => refuseDatabaseInUse(second), /Another Trunkline/);
    await server.stop();
    refuseDatabaseInUse(second);
    const next = await startEmbedded({ dataDir: second });
    await next.stop();
  });

  it('recovers after it was killed and its pid was reused by another process', async () => {
    const dataDir = freshDir();
    const pid = await startAndCrash(dataDir);
    const pidFile = join(readlinkSync(`/proc/${pid}/cwd`), 'postmaster.pid');
    process.kill(pid, 'SIGKILL');
    for (let i = 0; i < 100 && existsSync(`/proc/${pid}/cwd`); i++) await new Promise((done) => setTimeout(done, 50));
    writeFileSync(pidFile, `${process.pid}\nwrong\n`);
    const second = await startEmbedded({ dataDir });
    assert.equal(second.adopted, false);
    assert.equal(await ask(second, 'select answer from kept'), 42);
    await second.stop();
  });

  it('is started again when it dies, with everything that was acknowledged, and stays stopped when it is stopped', async () => {
    const said: string[] = [];
    const say = (_: object, message: string) => void said.push(message);
    const server = await startEmbedded({ dataDir: freshDir(), log: { warn: say, error: say } });
    await ask(server, 'create table kept as select 42 as answer');
    const { pid } = server;
    process.kill(pid, 'SIGKILL');
    await until('another process', 20_000, () => server.pid !== pid);
    assert.equal(await ask(server, 'select answer from kept'), 42);
    assert.deepEqual(said, ['the embedded database died and is started again', 'the embedded database runs again']);
    await server.stop();
    const last = server.pid;
    await until('the process to be gone', 5000, () => !existsSync(`/proc/${last}`));
    assert.equal(said.length, 2);
  });

  it('works in a folder with a very long name, and with a space in it', async () => {
    const dataDir = join(freshDir(), 'a very long folder name '.repeat(5), 'data');
    mkdirSync(dataDir, { recursive: true });
    const server = await startEmbedded({ dataDir });
    assert.equal(await ask(server, 'select 1 answer'), 1);
    await server.stop();
  });

  it('gives other users no access to its socket', async () => {
    const server = await startEmbedded({ dataDir: freshDir() });
    const { mode } = await import('node:fs').then((fs) => fs.statSync(server.connection.host));
    assert.equal(mode & 0o077, 0);
    assert.equal(await ask(server, "select current_setting('listen_addresses') answer"), '');
    await server.stop();
  });
});

describe('the lock of a data folder', () => {
  it("is one server's, and says who has it", () => {
    const dir = freshDir();
    const lock = lockDataDir(dir);
    assert.throws(() => lockDataDir(dir), new RegExp(`Another Trunkline \\(process ${process.pid}\\)`));
    lock.release();
    lockDataDir(dir).release();
  });

  it('is taken over from a process that is gone, and from one whose number was used again', () => {
    for (const holder of ['999999999 123', `${process.pid} 1`, 'garbage', '']) {
      const dir = freshDir();
      writeFileSync(join(dir, 'server.lock'), holder);
      lockDataDir(dir).release();
    }
  });
});

describe('the file store', () => {
  const content = async function* (...parts: string[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) yield Buffer.from(part);
  };

  it('keeps what was appended, also while it is still open', async () => {
    const files = new FolderFileStore(freshDir());
    const file = await files.append('recordings/a.au');
    file.append(Buffer.from('abc'));
    for (let i = 0; i < 100 && (await readAll(files, 'recordings/a.au'))?.toString() !== 'abc'; i++)
      await new Promise((done) => setTimeout(done, 10));
    assert.equal((await readAll(files, 'recordings/a.au'))!.toString(), 'abc');
    file.append(Buffer.from('def'));
    await file.close();
    assert.equal((await readAll(files, 'recordings/a.au'))!.toString(), 'abcdef');
  });

  it('shows a file whole or not at all', async () => {
    const files = new FolderFileStore(freshDir());
    await files.write('a/b.wav', content('one', 'two'));
    assert.equal((await readAll(files, 'a/b.wav'))!.toString(), 'onetwo');
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      throw new Error('source failed');
    };
    await assert.rejects(files.write('a/c.wav', failing()), /source failed/);
    assert.equal(await files.read('a/c.wav'), null);
    await files.delete('a/b.wav');
    assert.equal(await files.read('a/b.wav'), null);
  });

  it('lets no key out of its folder', async () => {
    const files = new FolderFileStore(freshDir());
    for (const key of ['../x', '/etc/passwd', 'a/../../x', '', 'a\0b', '..'])
      await assert.rejects(files.read(key), /Not a file key/, key);
  });

  it('says when nothing can be written', async () => {
    const dir = freshDir();
    writeFileSync(join(dir, 'recordings'), 'a file where a folder is wanted');
    await assert.rejects(new FolderFileStore(dir).append('recordings/a.au'));
    chmodSync(dir, 0o700);
  });
});
