import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { decodeMulaw } from '#engine/audio/mulaw.ts';
import { parseWav } from '#engine/audio/wav.ts';
import { until } from '../support/server.ts';
import { freePort, ROOT, ServerProcess } from '../support/process.ts';
import { deleteDataDir } from '../support/data-dir.ts';

const KEY = 'process-test-key';
const dirs: string[] = [];
const servers: ServerProcess[] = [];
const freshDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-process-'));
  dirs.push(dir);
  return dir;
};
const start = async (
  dataDir: string,
  env: Record<string, string> = {},
  options: ConstructorParameters<typeof ServerProcess>[2] = {},
) => {
  const server = new ServerProcess(await freePort(), { DATA_DIR: dataDir, API_SECRET_KEY: KEY, ...env }, options);
  servers.push(server);
  return server;
};
const api = async (server: ServerProcess, method: string, path: string, body?: object) => {
  const reply = await fetch(server.url + path, {
    method,
    headers: { 'xi-api-key': KEY },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
};
after(async () => {
  for (const server of servers) await server.stop().catch(() => undefined);
  for (const dir of dirs) deleteDataDir(dir);
});

describe('npm start', { concurrency: 2 }, () => {
  it('serves with nothing but a folder, from any folder, prints its key once, and ends cleanly on SIGTERM', async () => {
    const dataDir = freshDir();
    const port = await freePort();
    const env = { DATA_DIR: dataDir };
    const server = new ServerProcess(port, env, { cwd: tmpdir() });
    servers.push(server);
    await server.untilHealthy();
    const key = /^API key .*: (tl_\S+)$/m.exec(server.output)?.[1];
    assert.ok(key, server.output);
    assert.equal((await fetch(`${server.url}/health/detailed`, { headers: { 'x-api-key': key } })).status, 200);
    assert.equal(
      (await fetch(`${server.url}/v1/convai/agents/agent_1`, { headers: { 'xi-api-key': key } })).status,
      200,
    );
    assert.equal(statSync(join(dataDir, 'api-secret-key')).mode & 0o077, 0);
    await server.stop();
    assert.equal(server.exit?.code, 0, server.output);
    const again = new ServerProcess(port, env);
    servers.push(again);
    await again.untilHealthy();
    assert.equal(again.output.includes(key), false);
    assert.equal(
      (await fetch(`${again.url}/v1/convai/agents/agent_1`, { headers: { 'xi-api-key': key } })).status,
      200,
    );
    await again.stop();
  });

  it('leaves out a port that is taken, refuses a second server on the folder, and one with another encryption key', async () => {
    const dataDir = freshDir();
    const [taken, free] = [await freePort(), await freePort()];
    const first = await start(dataDir, { ENCRYPTION_KEY: 'first-encryption-key' });
    await first.untilHealthy();
    const second = await start(dataDir, { ENCRYPTION_KEY: 'first-encryption-key' });
    assert.equal((await second.untilExit()).code, 1);
    assert.match(second.output, /Another Trunkline \(process \d+\) is using/);
    assert.equal((await fetch(`${first.url}/health`)).status, 200);
    await first.stop();
    const other = await start(dataDir, { ENCRYPTION_KEY: 'second-encryption-key' });
    assert.equal((await other.untilExit()).code, 1);
    const [, folder] = /The database at (\S+) was set up with another ENCRYPTION_KEY/.exec(other.output) ?? [];
    assert.ok(existsSync(join(String(folder), 'cluster')), other.output);
    const { createServer } = await import('node:http');
    const blocker = createServer().listen(taken, '127.0.0.1');
    const third = new ServerProcess(free, {
      DATA_DIR: dataDir,
      ENCRYPTION_KEY: 'first-encryption-key',
      PORTS: `${taken},${free}`,
    });
    servers.push(third);
    await third.untilHealthy();
    assert.match(third.output, /taken/);
    blocker.close();
    await third.stop();
  });

  it('says plainly what is wrong with its configuration', async () => {
    const server = await start(freshDir(), { MAX_CONCURRENT_CALLS: 'many', LOG_LEVEL: 'loud' });
    assert.equal((await server.untilExit()).code, 1);
    assert.match(server.output, /MAX_CONCURRENT_CALLS[\s\S]*LOG_LEVEL/);
  });

  it('keeps every acknowledged record over kill -9 in mid-call, plays its recording, and ends the call with a reason', async () => {
    const dataDir = freshDir();
    const first = await start(dataDir);
    await first.untilHealthy();
    const agent = await api(first, 'POST', '/v1/convai/agents', {
      name: 'Kept',
      first_message: 'Hello, this is a rather long first message, so there is something to hear on the recording.',
    });
    const calls: string[] = [];
    for (const to of ['+15005550006', '+15005550010', '+15005550003'])
      calls.push(
        String(
          (
            await api(first, 'POST', '/v1/convai/twilio/outbound-call', {
              agent_id: agent.body['agent_id'],
              to_number: to,
            })
          ).body['call_sid'],
        ),
      );
    const talking = calls[0]!;
    const said = await until('something on the transcript', 40_000, async () => {
      const { body } = await api(first, 'GET', `/v1/convai/conversations/${talking}`);
      return String(body['transcript']).includes('Agent:') ? String(body['transcript']) : null;
    });
    await first.kill();
    const second = await start(dataDir);
    await second.untilHealthy();
    assert.equal(
      (await api(second, 'GET', `/v1/convai/agents/${String(agent.body['agent_id'])}`)).body['name'],
      'Kept',
    );
    for (const sid of calls) {
      const { status, body } = await api(second, 'GET', `/v1/convai/conversations/${sid}`);
      assert.equal(status, 200);
      assert.equal(body['status'], 'failed', sid);
      assert.match(String(body['failure_reason']), /server/);
    }
    const { body } = await api(second, 'GET', `/v1/convai/conversations/${talking}`);
    assert.ok(String(body['transcript']).startsWith(said), 'what was on record is gone');
    const wav = await until('the recording', 20_000, async () => {
      const reply = await fetch(`${second.url}/app/recordings/${talking}.wav`, { headers: { 'x-api-key': KEY } });
      return reply.ok ? new Uint8Array(await reply.arrayBuffer()) : null;
    });
    const { channels } = parseWav(wav, (bytes) => decodeMulaw(bytes));
    assert.equal(channels.length, 2);
    assert.ok(
      channels[1]!.some((sample) => Math.abs(sample) > 2000),
      'the agent is not on the recording',
    );
    assert.ok(channels[0]!.length > 8000 * 3);
    assert.equal(/unhandled|uncaught/i.test(first.output + second.output), false);
    await second.stop();
  });

  it('gives running calls their time on SIGTERM, and ends the rest with a reason', async () => {
    const dataDir = freshDir();
    const server = await start(dataDir, { SHUTDOWN_GRACE_SECONDS: '0.5' });
    await server.untilHealthy();
    const { body } = await api(server, 'POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550010' });
    await until(
      'the call to be answered',
      20_000,
      async () =>
        (await api(server, 'GET', `/v1/convai/conversations/${String(body['call_sid'])}`)).body['status'] ===
        'in_progress',
    );
    await server.stop();
    const again = await start(dataDir);
    await again.untilHealthy();
    const { body: call } = await api(again, 'GET', `/v1/convai/conversations/${String(body['call_sid'])}`);
    assert.deepEqual([call['status'], call['end_reason']], ['completed', 'shutdown']);
    await again.stop();
  });

  it(
    'runs as a user who may do nothing but write to their own folder',
    { skip: process.getuid?.() !== 0 && 'only root can change its user' },
    async () => {
      const dataDir = freshDir();
      const nobody = Number(/^nobody:[^:]*:(\d+)/m.exec(readFileSync('/etc/passwd', 'utf8'))![1]);
      // The project itself is to be read by that user, as it would be in a home of theirs.
      const copy = freshDir();
      spawnSync('cp', ['-r', ...['src', 'run.mjs', 'package.json', 'vendor'].map((name) => join(ROOT, name)), copy]);
      spawnSync('cp', ['-rL', join(ROOT, 'node_modules'), copy]);
      for (const dir of [dataDir, copy]) chmodSync(dir, 0o755);
      chownSync(dataDir, nobody, nobody);
      const server = await start(dataDir, {}, { uid: nobody, gid: nobody, root: copy, cwd: '/' });
      await server.untilHealthy();
      assert.ok(readdirSync(join(dataDir, 'postgres')).includes('cluster'));
      const { status } = await api(server, 'POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550001' });
      assert.equal(status, 200);
      await server.stop();
    },
  );
});

describe('npm run demo', () => {
  const demo = (dataDir: string, ...args: string[]) =>
    new Promise<{ code: number | null; output: string; firstWordsMs: number }>((done) => {
      const began = performance.now();
      let firstWordsMs = Infinity;
      let output = '';
      const child = spawn(process.execPath, [join(ROOT, 'run.mjs'), 'src/main.ts', 'demo', ...args], {
        cwd: ROOT,
        env: { PATH: process.env['PATH'] ?? '', DATA_DIR: dataDir, SIMULATOR_SPEED: '3' },
      });
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (firstWordsMs === Infinity && output.includes('first words on the line'))
          firstWordsMs = performance.now() - began;
      });
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.on('close', (code) => done({ code, output, firstWordsMs }));
    });

  it('places a call that can be heard, read and looked at, twice in a row', async () => {
    const dataDir = freshDir();
    for (let i = 0; i < 2; i++) {
      const { code, output } = await demo(dataDir);
      assert.equal(code, 0, output);
      assert.match(output, /Person .*spreadsheet/);
      assert.match(output, /Outcome: completed/);
      assert.equal(/^First user .*: admin@localhost  \S{20}$/m.test(output), i === 0, output);
      const page = /^Page:\s+(\S.*)$/m.exec(output)![1]!;
      const recording = /^Recording: (.*)$/m.exec(output)![1]!;
      assert.match(readFileSync(page, 'utf8'), /data:audio\/wav;base64/);
      assert.ok(statSync(recording).size > 100_000);
    }
  });

  it('tells by its exit code that a call did not come off, and why', async () => {
    const { code, output } = await demo(freshDir(), '--to', '+15005550002');
    assert.equal(code, 1);
    assert.match(output, /busy/);
    assert.ok(existsSync(/^Page:\s+(\S.*)$/m.exec(output)![1]!));
  });
});
