import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { SocketCaller } from '../support/caller.ts';
import { EventClient } from '../support/event-client.ts';
import { freePort, ROOT } from '../support/process.ts';
import { until } from '../support/server.ts';
import { deleteDataDir, newDataDir } from '../support/data-dir.ts';

const KEY = 'stop-test-key';
const SILENT = '+15005550010';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly command: string;
}

/** Every process of this machine that runs, zombies left out. */
function processes(): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === 'Z') return [];
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return [{ pid: Number(name), parent: Number(parent), group: Number(group), command }];
    } catch {
      return [];
    }
  });
}

function treeOf(pid: number): Process[] {
  const all = processes();
  const below = (parent: number): Process[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return [...all.filter((one) => one.pid === pid), ...below(pid)];
}

/** `npm start` in a process group of its own, as a terminal or a service manager runs it. */
class NpmStart {
  readonly npm: ChildProcess;
  readonly url: string;
  readonly dataDir: string;
  output = '';
  exit: { readonly code: number | null; readonly signal: string | null } | null = null;
  /** Every process that was seen below npm. */
  readonly #seen = new Map<number, string>();

  constructor(port: number, env: Record<string, string>, dataDir: string) {
    this.dataDir = dataDir;
    this.url = `http://127.0.0.1:${port}`;
    this.npm = spawn('npm', ['start'], {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '/tmp',
        PORTS: String(port),
        DATA_DIR: this.dataDir,
        API_SECRET_KEY: KEY,
        ADMIN_PASSWORD: 'a long password of the test',
        ...env,
      },
    });
    for (const stream of [this.npm.stdout!, this.npm.stderr!])
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.npm.on('exit', (code, signal) => (this.exit = { code, signal }));
  }

  get tree(): Process[] {
    const found = treeOf(this.npm.pid!);
    for (const { pid, command } of found) this.#seen.set(pid, command);
    return found;
  }

  /** The launcher: the process that runs run.mjs itself, not npm or a shell on its way there. */
  get launcher(): number {
    return this.tree.find(({ command }) => /^\S*node\S* run\.mjs/.test(command))!.pid;
  }

  async healthy(): Promise<void> {
    await until('the server to be healthy', 60_000, async () => {
      if (this.exit) throw new Error(`npm ended: ${JSON.stringify(this.exit)}\n${this.output}`);
      return (await fetch(`${this.url}/health`).catch(() => null))?.ok === true;
    });
    void this.tree;
  }

  async api(method: string, path: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }> {
    const reply = await fetch(this.url + path, {
      method,
      headers: { 'xi-api-key': KEY, 'X-API-Key': KEY },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
  }

  /** Processes of this server that still run, the database's included. */
  get left(): string[] {
    const cluster = this.#cluster();
    return processes()
      .filter(
        ({ pid, group, command }) =>
          this.#seen.get(pid) === command || group === this.npm.pid || cwdOf(pid) === cluster,
      )
      .map(({ pid, command }) => `${pid} ${command}`);
  }

  async gone(limitMs: number): Promise<void> {
    await until(`npm to exit: ${this.output}`, limitMs, () => this.exit !== null);
    await until('every process to be gone', 5000, () => this.left.length === 0).catch(() =>
      assert.deepEqual(this.left, []),
    );
  }

  clear(): void {
    for (const text of this.left) {
      try {
        process.kill(Number(text.split(' ')[0]), 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
    deleteDataDir(this.dataDir);
  }

  #cluster(): string {
    const homes = process.getuid?.() === 0 ? '/var/lib/trunkline' : null;
    if (homes === null) return join(this.dataDir, 'postgres', 'cluster');
    const home = readdirSync(homes).find((name) => {
      try {
        return readFileSync(join(homes, name, 'data-dir.txt'), 'utf8').trim() === join(this.dataDir, 'postgres');
      } catch {
        return false;
      }
    });
    return home === undefined ? 'none' : join(homes, home, 'cluster');
  }
}

function cwdOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

const started: NpmStart[] = [];
const npmStart = async (env: Record<string, string> = {}, dataDir = newDataDir('stop')) => {
  const one = new NpmStart(await freePort(), env, dataDir);
  started.push(one);
  return one;
};
after(() => {
  for (const one of started) one.clear();
});

const WAYS: Readonly<Record<string, (server: NpmStart) => void>> = {
  'Ctrl-C in a terminal': ({ npm }) => process.kill(-npm.pid!, 'SIGINT'),
  'SIGTERM to the process group': ({ npm }) => process.kill(-npm.pid!, 'SIGTERM'),
  'SIGTERM to every process, the database included': ({ tree }) => {
    for (const { pid } of tree) process.kill(pid, 'SIGTERM');
  },
  'SIGTERM to npm alone': ({ npm }) => process.kill(npm.pid!, 'SIGTERM'),
  'SIGTERM to the launcher alone': ({ launcher }) => process.kill(launcher, 'SIGTERM'),
};

describe('a server that is asked to stop', { concurrency: 2 }, () => {
  for (const [way, stop] of Object.entries(WAYS))
    it(`lets running calls end: ${way}`, async () => {
      const server = await npmStart({ SHUTDOWN_GRACE_SECONDS: '60', SIMULATOR_SPEED: '6' });
      await server.healthy();
      const events = await new EventClient(server.url, { token: KEY }).subscribe(['*']);
      const agent = await server.api('POST', '/v1/convai/agents', {
        name: 'Ada',
        first_message: 'Hello. This is a long message about our opening hours, our prices, our people and our plans.',
      });
      const { body: call } = await server.api('POST', '/v1/convai/web-calls', { agent_id: agent.body['agent_id'] });
      const caller = new SocketCaller(String(call['websocket_url']));
      const { status, body: silent } = await server.api('POST', '/v1/convai/twilio/outbound-call', {
        to_number: SILENT,
      });
      assert.equal(status, 200, JSON.stringify(silent));
      await until('the simulated call to be answered', 60_000, async () => {
        const { body } = await server.api('GET', `/v1/convai/conversations/${String(silent['call_sid'])}`);
        return body['status'] === 'in_progress';
      });
      await until('the agent to speak', 60_000, () => caller.agent.length > 10);
      stop(server);
      await until('health to say that it stops', 10_000, async () => {
        const reply = await fetch(`${server.url}/health`);
        return reply.status === 503 && ((await reply.json()) as { status: string }).status === 'stopping';
      });
      assert.equal((await server.api('POST', '/v1/convai/web-calls', { agent_id: 'agent_1' })).status, 503);
      const heard = caller.agent.length;
      await until('the call to go on', 10_000, () => caller.agent.length > heard + 50);
      caller.socket.close(1000);
      const [web, simulated] = await Promise.all(
        ['call_1', 'call_2'].map((id) => events.until('call.ended', ({ data }) => data['call_id'] === id, 40_000)),
      );
      assert.deepEqual([web!.data['status'], simulated!.data['status']], ['completed', 'completed']);
      await server.gone(30_000);
      assert.deepEqual(server.exit, { code: 0, signal: null });
      assert.equal(events.closed?.code, 1001);
      assert.match(server.output, /stopped/);
    });

  it('ends at once on a second request, and stops the database', async () => {
    const server = await npmStart({ SHUTDOWN_GRACE_SECONDS: '600' });
    await server.healthy();
    const { body } = await server.api('POST', '/v1/convai/web-calls', { agent_id: 'agent_1' });
    const caller = new SocketCaller(String(body['websocket_url']));
    await until('the agent to speak', 60_000, () => caller.agent.length > 10);
    process.kill(-server.npm.pid!, 'SIGINT');
    const heard = caller.agent.length;
    await until('the call to go on', 10_000, () => caller.agent.length > heard + 50);
    process.kill(-server.npm.pid!, 'SIGINT');
    await server.gone(10_000);
  });

  it('stops a start that is under way, whenever the signal comes', async () => {
    for (const moment of [
      'npm runs',
      'the launcher runs',
      'the server runs',
      'the database is made',
      'it is healthy',
    ]) {
      // An empty folder, so that the start makes its database.
      const server = await npmStart({}, mkdtempSync(join(tmpdir(), 'trunkline-stop-')));
      const reached: Readonly<Record<string, () => Promise<boolean> | boolean>> = {
        'npm runs': () => server.tree.length > 0,
        'the launcher runs': () => server.tree.some(({ command }) => /^\S*node\S* run\.mjs/.test(command)),
        'the server runs': () => server.tree.some(({ command }) => command.includes('--disable-warning')),
        'the database is made': () => server.tree.some(({ command }) => command.includes('initdb')),
        'it is healthy': () => server.healthy().then(() => true),
      };
      await until(moment, 30_000, reached[moment]!);
      process.kill(-server.npm.pid!, 'SIGINT');
      await server.gone(30_000);
      // A start whose database was being made may be tried again on the same folder.
      assert.doesNotMatch(server.output, /could not be made|unhandled/i, moment);
    }
  });
});
