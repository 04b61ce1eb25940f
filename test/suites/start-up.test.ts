import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { checkFolders } from '../../src/app/folders.ts';
import { readConfig } from '#config/config.ts';
import { listenOn, stopListening } from '#http/listening.ts';
import { databaseProblem } from '#store/database-problem.ts';
import { openDatabase } from '#store/database.ts';
import { freePort, ROOT, ServerProcess } from '../support/process.ts';
import { deleteDataDir } from '../support/data-dir.ts';

const PASSWORD = 'pass-word-of-the-database';
const dirs: string[] = [];
const freshDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-start-'));
  dirs.push(dir);
  return dir;
};
after(() => {
  for (const dir of dirs) deleteDataDir(dir);
});

/** Says what a Postgres server would say to a client. */
async function wireServer(
  answer: (socket: Socket, message: Buffer) => void,
): Promise<{ port: number; server: Server }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (message) => answer(socket, message));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, port: (server.address() as { port: number }).port };
}

function frame(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const refusal = (sqlstate: string, message: string) =>
  frame('E', Buffer.from(`SFATAL\0VFATAL\0C${sqlstate}\0M${message}\0\0`));

async function problemAt(port: number, query = ''): Promise<string> {
  const url = `postgres://ann:${PASSWORD}@127.0.0.1:${port}/calls${query}`;
  const error = await openDatabase({ connectionString: url }, () => undefined).then(
    () => null,
    (failure: unknown) => failure,
  );
  assert.ok(error, 'the database was taken');
  return databaseProblem(error, url).message;
}

const isPlain = (text: string) => {
  assert.equal(text.trim().split('\n').length, 1, text);
  assert.doesNotMatch(text, new RegExp(PASSWORD));
  assert.doesNotMatch(text, /^ +at /m);
};

describe('an error at the start names what is wrong, where, and the variable', { concurrency: 4 }, () => {
  const refusals: readonly (readonly [string, string, RegExp])[] = [
    ['28P01', 'password authentication failed for user "ann"', /refuses the user ann \(DATABASE_URL\)/],
    ['28000', 'no pg_hba.conf entry', /refuses the user ann \(DATABASE_URL\)/],
    ['3D000', 'database "calls" does not exist', /has no database calls \(DATABASE_URL\)/],
    ['53300', 'sorry, too many clients already', /no connection left \(DATABASE_URL\)/],
    [
      '57P03',
      'the database system is starting up',
      /is not ready \(DATABASE_URL\): the database system is starting up/,
    ],
    ['XX000', 'something\n  odd', /cannot be used \(DATABASE_URL\): something odd/],
  ];
  for (const [state, message, expected] of refusals)
    it(`database: SQLSTATE ${state}`, async () => {
      const { port, server } = await wireServer((socket) => socket.end(refusal(state, message)));
      const problem = await problemAt(port);
      assert.match(problem, expected);
      assert.match(problem, new RegExp(`127\\.0\\.0\\.1:${port}`));
      isPlain(problem);
      server.close();
    });

  it('database: nothing listens, an unknown host, no socket', async () => {
    const port = await freePort();
    assert.equal(
      await problemAt(port),
      `The database at 127.0.0.1:${port} refuses connections (DATABASE_URL). Start Postgres there or unset DATABASE_URL to use the embedded one.`,
    );
    const unknown = { code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND no.invalid' };
    assert.match(databaseProblem(unknown, `postgres://a:${PASSWORD}@no.invalid/d`).message, /no\.invalid.*DNS/);
    assert.match(await problemAt(port, '?host=/nowhere'), /\/nowhere has no socket/);
  });

  it('database: closes the connection, has no TLS, never answers', async () => {
    const closing = await wireServer((socket) => socket.destroy());
    assert.match(await problemAt(closing.port), /closes the connection \(DATABASE_URL\)/);
    const plain = await wireServer((socket) => socket.write('N'));
    assert.match(await problemAt(plain.port, '?sslmode=require'), /over TLS \(DATABASE_URL\)/);
    const silent = await wireServer(() => undefined);
    assert.match(await problemAt(silent.port), /does not answer \(DATABASE_URL\)/);
    for (const { server } of [closing, plain, silent]) server.close();
  });

  it('database: too old', async () => {
    const field = (name: string) =>
      Buffer.concat([
        Buffer.from(`${name}\0`),
        Buffer.from('0000000000000000001900000000ffffffffffff0000'.slice(0, 36), 'hex'),
      ]);
    const value = (text: string) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(text.length);
      return Buffer.concat([length, Buffer.from(text)]);
    };
    const two = Buffer.from([0, 2]);
    const { port, server } = await wireServer((socket, message) => {
      if (message[0] === 0) socket.write(Buffer.concat([frame('R', Buffer.alloc(4)), frame('Z', Buffer.from('I'))]));
      else if (message[0] === 'Q'.charCodeAt(0))
        socket.write(
          Buffer.concat([
            frame('T', Buffer.concat([two, field('number'), field('version')])),
            frame('D', Buffer.concat([two, value('130004'), value('13.4')])),
            frame('C', Buffer.from('SELECT 1\0')),
            frame('Z', Buffer.from('I')),
          ]),
        );
    });
    assert.match(await problemAt(port), /15 or newer is needed; the server of DATABASE_URL is 13\.4/);
    server.close();
  });

  it('folders: a file, a file in the path, a pipe in the place of a key, a circle, /proc', async () => {
    const dir = freshDir();
    const refusedFor = (env: Record<string, string>) =>
      checkFolders(env).then(
        () => assert.fail(`${JSON.stringify(env)} was taken`),
        (error: Error) => error.message,
      );
    writeFileSync(join(dir, 'file'), '');
    assert.match(await refusedFor({ DATA_DIR: join(dir, 'file') }), /^DATA_DIR \/.*file is not a folder/);
    assert.match(await refusedFor({ DATA_DIR: join(dir, 'file', 'x') }), /^DATA_DIR .* a part of its path is a file/);
    mkdirSync(join(dir, 'odd'));
    assert.equal(spawnSync('mkfifo', [join(dir, 'odd', 'encryption-key')]).status, 0);
    assert.match(await refusedFor({ DATA_DIR: join(dir, 'odd') }), /^DATA_DIR .*no file: .*encryption-key\. Move it/);
    symlinkSync('circle', join(dir, 'circle'));
    assert.match(await refusedFor({ DATA_DIR: join(dir, 'circle') }), /^DATA_DIR .*in a circle/);
    assert.match(
      await refusedFor({ DATA_DIR: join(dir, 'd'), FILES_URL: join(dir, 'file'), KNOWLEDGE_DIR: join(dir, 'file') }),
      /^FILES_URL .*\nKNOWLEDGE_DIR /,
    );
    if (process.platform === 'linux')
      assert.match(await refusedFor({ DATA_DIR: '/proc/trunkline' }), /^DATA_DIR \/proc\/trunkline .*Choose another/);
    await checkFolders({ DATA_DIR: join(dir, 'new', 'deep') });
    // Servers that start at the same moment make the same folders: a long path gives them many chances to meet.
    const shared = join(dir, ...Array.from({ length: 200 }, () => 's'));
    await Promise.all(Array.from({ length: 8 }, () => checkFolders({ FILES_URL: shared })));
  });

  it('folders: a file system that hangs is waited for only so long', async () => {
    const dir = freshDir();
    // The probe is a process that never ends here, as one that waits for a dead network file system.
    const began = performance.now();
    await assert.rejects(
      checkFolders({ DATA_DIR: dir }, { waitMs: 200, probe: ['-e', 'setInterval(() => undefined, 1000)'] }),
      /^Error: DATA_DIR .* does not answer within 0\.2 s: its file system hangs/,
    );
    assert.ok(performance.now() - began < 5000);
  });

  it('an empty key file', () => {
    const dir = freshDir();
    writeFileSync(join(dir, 'encryption-key'), '');
    assert.throws(() => readConfig({ DATA_DIR: dir }), /encryption-key is empty/);
  });

  it('listening: an address of another machine, ports that are taken', async () => {
    const port = await freePort();
    await assert.rejects(
      listenOn(
        '192.0.2.1',
        [port],
        () => undefined,
        () => ({}),
      ),
      /192\.0\.2\.1 is not an address of this machine \(HOST\)/,
    );
    const first = await listenOn(
      '127.0.0.1',
      [port],
      () => undefined,
      () => ({}),
    );
    await assert.rejects(
      listenOn(
        '127.0.0.1',
        [port],
        () => undefined,
        () => ({}),
      ),
      new RegExp(`taken by other processes: ${port}\\. Set PORTS`),
    );
    await stopListening(first.listening);
  });

  const wrong: Readonly<Record<string, readonly string[]>> = {
    HOST: ['http://0.0.0.0', 'a b'],
    PORTS: ['99999', '3000,', 'x', '-1', '1.5'],
    PUBLIC_URL: ['example.com', 'ftp://x'],
    DATABASE_URL: ['mysql://x', `postgres://a:${PASSWORD}#@h/d`, 'postgres://h:99999/d'],
    REDIS_URL: ['http://x', 'redis'],
    API_SECRET_KEY: ['short'],
    ADMIN_EMAIL: ['nobody'],
    ENCRYPTION_KEY: ['short'],
    JWT_SECRET: ['short'],
    FILES_URL: ['s3://', 's3://B', 's3://bucket/a/../b?x', 'http://x'],
    S3_ENDPOINT: ['storage.example.com', 'ftp://x'],
    MAX_CONCURRENT_CALLS: ['many', '0', '1.5', '-3', '1e3'],
    LOG_LEVEL: ['loud'],
    SHUTDOWN_GRACE_SECONDS: ['-1', 'soon', ' '],
    REQUIRE_AUTH: ['yes'],
    RATE_PLAN: ['gold'],
    RATE_LIMIT_FACTOR: ['0', 'x'],
    CORS_ORIGINS: ['example.com'],
    WEBHOOK_ALLOW_PRIVATE_NETWORKS: ['maybe'],
    SIMULATOR_SPEED: ['0', '1001', 'fast'],
    ANSWERS_SPECULATE: ['maybe'],
    ANSWERS_FIRST_CLAUSE_LETTERS: ['-1', '201'],
    ANSWERS_OPENING_MS: ['soon', '1.5'],
    ANSWERS_HEDGED_PERCENT: ['51', '-1'],
  };
  it('values of every variable', () => {
    const dir = freshDir();
    for (const [name, values] of Object.entries(wrong))
      for (const value of values)
        assert.throws(
          () => readConfig({ DATA_DIR: dir, [name]: value }),
          (error: Error) => {
            isPlain(error.message);
            return error.message.startsWith(`${name} `);
          },
          `${name}=${value}`,
        );
  });
});

describe('npm start', { concurrency: 2 }, () => {
  const run = (env: Record<string, string>) =>
    spawnSync(process.execPath, [join(ROOT, 'run.mjs'), 'src/main.ts', 'start'], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], PORTS: '0', ...env },
      timeout: 60_000,
    });

  it('says it in one line on standard error, and ends with 1', async () => {
    const port = await freePort();
    for (const env of [
      { DATA_DIR: freshDir(), DATABASE_URL: `postgres://a:${PASSWORD}@127.0.0.1:${port}/d` },
      { DATA_DIR: '/dev/null/x' },
      { DATA_DIR: freshDir(), MAX_CONCURRENT_CALLS: 'x' },
    ]) {
      const { status, stdout, stderr } = run(env);
      assert.equal(status, 1);
      assert.equal(stdout, '');
      isPlain(stderr);
    }
  });

  it(
    'does not run in the folder of another user',
    { skip: process.getuid?.() !== 0 && 'only root can become another' },
    () => {
      const dir = freshDir();
      chmodSync(dir, 0o755);
      const { status, stdout } = spawnSync(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', join(ROOT, 'src', 'app', 'folder-probe.ts'), join(dir, 'data')],
        { encoding: 'utf8', uid: 65_534, gid: 65_534, env: {} },
      );
      // Where the project itself cannot be read by that user, the probe cannot run.
      if (status === 1) assert.match(stdout, /EACCES/);
      else assert.notEqual(status, 0);
    },
  );

  it('says after a demo where the key is and how to get a password; ports that are taken are named', async () => {
    const dataDir = freshDir();
    const taken = await freePort();
    const blocker = createServer().listen(taken, '127.0.0.1');
    const env = { DATA_DIR: dataDir, PORTS: `${taken},${await freePort()}` };
    // What a demo leaves: the folder with its keys and users.
    const before = new ServerProcess(await freePort(), { DATA_DIR: dataDir });
    await before.untilHealthy();
    await before.stop();
    const server = new ServerProcess(Number(env.PORTS.split(',')[1]), env);
    await server.untilHealthy();
    assert.match(server.output, new RegExp(`the first API key is in ${join(dataDir, 'api-secret-key')}`));
    assert.match(server.output, /npm run admin -- password EMAIL/);
    assert.match(server.output, new RegExp(`port ${taken} is taken by another process and left out \\(PORTS\\)`));
    assert.match(server.output, /"time":"\d{4}-\d\d-\d\dT[\d:.]+Z"/);
    await server.stop();
    blocker.close();
  });

  it(
    'writes its log to be read on a terminal',
    { skip: process.platform !== 'linux' && 'script(1) differs' },
    async () => {
      const env = { PATH: process.env['PATH'], DATA_DIR: freshDir(), PORTS: '0' };
      const child = spawn(
        'script',
        ['-qefc', `${process.execPath} ${join(ROOT, 'run.mjs')} src/main.ts start`, '/dev/null'],
        {
          env,
          stdio: ['pipe', 'pipe', 'inherit'],
        },
      );
      let output = '';
      await new Promise<void>((up, fail) => {
        child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()).includes('Trunkline is up') && up());
        child.on('exit', () => fail(new Error(output)));
      });
      assert.match(output, /\d\d:\d\d:\d\d.*INFO.*Trunkline is up/);
      assert.doesNotMatch(output, /"level":/);
      // What Ctrl-C sends.
      child.stdin.write('\x03');
      await new Promise((ended) => child.on('exit', ended));
    },
  );
});
