import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

export async function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
}

/** A server started as anybody would start it, in a process of its own. */
export class ServerProcess {
  readonly child: ChildProcess;
  readonly url: string;
  output = '';
  exit: { code: number | null; signal: string | null } | null = null;

  constructor(
    port: number,
    env: Record<string, string>,
    options: { cwd?: string; uid?: number; gid?: number; root?: string } = {},
  ) {
    this.url = `http://127.0.0.1:${port}`;
    const { cwd, root = ROOT, ...as } = options;
    // The launcher is called as npm calls it, but without npm between, so that a kill hits the server's own parent.
    this.child = spawn(process.execPath, [join(root, 'run.mjs'), 'src/main.ts', 'start'], {
      cwd: cwd ?? root,
      ...as,
      env: { PATH: process.env['PATH'] ?? '', HOME: '/tmp', PORTS: String(port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.child.on('exit', (code, signal) => (this.exit = { code, signal }));
  }

  /** The process that serves, below the launcher. */
  get serverPid(): number {
    return Number(/"pid":(\d+)/.exec(this.output)?.[1] ?? 0);
  }

  async untilHealthy(limitMs = 60_000): Promise<void> {
    for (const until = Date.now() + limitMs; Date.now() < until; await new Promise((again) => setTimeout(again, 50))) {
      if (this.exit) throw new Error(`the server ended: ${JSON.stringify(this.exit)}\n${this.output}`);
      const reply = await fetch(`${this.url}/health`).catch(() => null);
      if (reply?.ok && this.serverPid > 0) return;
    }
    throw new Error(`the server did not become healthy:\n${this.output}`);
  }

  async untilExit(limitMs = 30_000): Promise<{ code: number | null; signal: string | null }> {
    for (const until = Date.now() + limitMs; Date.now() < until; await new Promise((again) => setTimeout(again, 20)))
      if (this.exit) return this.exit;
    throw new Error(`the server did not end:\n${this.output}`);
  }

  /** As a power cut would: nothing gets a chance to finish. */
  async kill(): Promise<void> {
    process.kill(this.serverPid, 'SIGKILL');
    await this.untilExit();
  }

  async stop(): Promise<void> {
    if (this.exit) return;
    this.child.kill('SIGTERM');
    await this.untilExit();
  }
}
