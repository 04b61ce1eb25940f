import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildLiveKit, REDIS } from './livekit-binary.ts';
import { freePort } from './process.ts';
import { until } from './server.ts';

/** A real LiveKit server on loopback, with its Redis. */
export class LiveKitServer {
  readonly key = 'APItest';
  readonly secret = 'the-secret-of-the-livekit-server-of-the-tests';
  url = '';
  readonly #folder = mkdtempSync(join(tmpdir(), 'trunkline-livekit-'));
  readonly #optimized: boolean;
  #config = '';
  #binary = '';
  #redis: ChildProcess | null = null;
  #server: ChildProcess | null = null;
  #output = '';

  /** `optimized`: for figures. */
  constructor(optimized = false) {
    this.#optimized = optimized;
  }

  /** `webhookUrl`: where the server reports what happens. */
  async start(webhookUrl: string): Promise<void> {
    this.#binary = buildLiveKit(this.#optimized);
    const [port, tcpPort, udpPort, redisPort] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    this.url = `ws://127.0.0.1:${port}`;
    this.#redis = spawn(
      REDIS,
      ['--port', String(redisPort), '--bind', '127.0.0.1', '--save', '', '--dir', this.#folder],
      {
        stdio: 'ignore',
      },
    );
    this.#config = join(this.#folder, 'livekit.yaml');
    const config = {
      port,
      bind_addresses: ['127.0.0.1'],
      logging: { level: 'warn' },
      redis: { address: `127.0.0.1:${redisPort}` },
      rtc: {
        tcp_port: tcpPort,
        udp_port: udpPort,
        node_ip: '127.0.0.1',
        enable_loopback_candidate: true,
        use_external_ip: false,
      },
      keys: { [this.key]: this.secret },
      webhook: { api_key: this.key, urls: [webhookUrl] },
    };
    // JSON is YAML.
    writeFileSync(this.#config, JSON.stringify(config));
    await this.startServer();
  }

  /** Starts the server, again after it was killed. */
  async startServer(): Promise<void> {
    const child = (this.#server = spawn(this.#binary, ['--config', this.#config], {
      stdio: ['ignore', 'pipe', 'pipe'],
    }));
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    await until('the LiveKit server', 60_000, async () => {
      if (child.exitCode !== null) throw new Error(`the LiveKit server ended:\n${this.#output}`);
      return (await fetch(this.url.replace('ws', 'http')).catch(() => null))?.ok === true;
    });
  }

  get pid(): number {
    return this.#server!.pid!;
  }

  async kill(): Promise<void> {
    await ended(this.#server);
    this.#server = null;
  }

  async close(): Promise<void> {
    await ended(this.#server);
    await ended(this.#redis);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function ended(child: ChildProcess | null): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const over = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await over;
}
