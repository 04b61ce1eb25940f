import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from './process.ts';
import { until } from './server.ts';

const BIN = '/usr/lib/postgresql/15/bin';
const MOST_CONNECTIONS = 60;

/** A Postgres of its own on loopback, whose outages a test decides. Servers use a role without privileges. */
export class OwnPostgres {
  readonly url: string;
  readonly #dir = mkdtempSync(join(tmpdir(), 'trunkline-outage-'));
  readonly #port: number;
  readonly #as: { uid?: number; gid?: number };
  /** Made before an outage, so that it can end it. */
  #owner: pg.Client | null = null;
  #hoard: pg.Client[] = [];

  private constructor(port: number, as: { uid?: number; gid?: number }) {
    this.#port = port;
    this.#as = as;
    this.url = `postgres://app@127.0.0.1:${port}/app`;
  }

  static async start(): Promise<OwnPostgres> {
    const postgres = new OwnPostgres(await freePort(), process.getuid?.() === 0 ? serviceUser() : {});
    const { uid, gid } = postgres.#as;
    if (uid !== undefined) chownSync(postgres.#dir, uid, gid!);
    postgres.#run('initdb', '-D', postgres.#data, '-U', 'owner', '-A', 'trust', '-E', 'UTF8', '--locale=C');
    await postgres.comeBack();
    await postgres.ask('create role app login');
    await postgres.ask('create database app owner app');
    return postgres;
  }

  get #data(): string {
    return join(this.#dir, 'data');
  }

  get #postmaster(): number {
    return Number(readFileSync(join(this.#data, 'postmaster.pid'), 'utf8').split('\n')[0]);
  }

  #run(program: string, ...args: string[]): void {
    const { status, stderr } = spawnSync(join(BIN, program), args, { ...this.#as, cwd: '/', encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
  }

  /** As its owner, whatever the role of servers may do. */
  async ask(text: string, values: unknown[] = [], database = 'postgres'): Promise<Record<string, unknown>[]> {
    const client = await this.#connect('owner', database);
    try {
      return (await client.query(text, values)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  async #connect(user: string, database: string): Promise<pg.Client> {
    const client = new pg.Client({ host: '127.0.0.1', port: this.#port, user, database });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** It is gone: connections are refused. `immediate` as after a crash. */
  async goAway(how: 'fast' | 'immediate'): Promise<void> {
    const pid = this.#postmaster;
    process.kill(pid, how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await until('Postgres to stop', 20_000, () => !existsSync(`/proc/${pid}`));
  }

  /** Every process of it at once, as the kernel's out-of-memory killer would, but more thorough. */
  async die(): Promise<void> {
    const pids = this.#processes();
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await until('Postgres to be gone', 20_000, () => pids.every((pid) => !existsSync(`/proc/${pid}/cwd`)));
  }

  async comeBack(): Promise<void> {
    mkdirSync(this.#dir, { recursive: true });
    rmSync(join(this.#data, 'postmaster.pid'), { force: true });
    const settings = {
      port: String(this.#port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: this.#dir,
      max_connections: String(MOST_CONNECTIONS),
      fsync: 'off',
    };
    const args = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    spawn(join(BIN, 'postgres'), ['-D', this.#data, ...args], {
      ...this.#as,
      cwd: '/',
      stdio: 'ignore',
      detached: true,
    }).unref();
    await until('Postgres to answer', 20_000, () =>
      this.ask('select').then(
        () => true,
        () => null,
      ),
    );
  }

  /** It neither answers nor breaks off. Answers how it goes on. */
  stall(): () => void {
    const pids = this.#processes();
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    return () => {
      for (const pid of pids)
        try {
          process.kill(pid, 'SIGCONT');
        } catch {
          // Its client had gone.
        }
    };
  }

  #processes(): number[] {
    const master = this.#postmaster;
    const children = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => parentOf(pid) === master);
    return [master, ...children];
  }

  /** Other clients use all connections; those of servers are closed. */
  async fillUp(): Promise<void> {
    this.#owner = await this.#connect('owner', 'postgres');
    const sessions = "from pg_stat_activity where datname = 'app'";
    // Servers come back while places are taken, until there is none left for them.
    for (let theirs = 1; theirs > 0;) {
      await this.#owner.query(`select pg_terminate_backend(pid) ${sessions}`);
      const more = await Promise.allSettled(
        Array.from({ length: MOST_CONNECTIONS }, () => this.#connect('app', 'postgres')),
      );
      for (const one of more) if (one.status === 'fulfilled') this.#hoard.push(one.value);
      theirs = ((await this.#owner.query(`select count(*)::int n ${sessions}`)).rows[0] as { n: number }).n;
    }
  }

  async makeRoom(): Promise<void> {
    await Promise.all(this.#hoard.splice(0).map((one) => one.end()));
    await this.#owner?.end();
    this.#owner = null;
  }

  async setReadOnly(readOnly: boolean): Promise<void> {
    const client = await this.#connect('owner', 'postgres');
    await client.query('set default_transaction_read_only = off');
    await client.query(`alter system set default_transaction_read_only = ${readOnly ? 'on' : 'off'}`);
    await client.query('select pg_reload_conf()');
    await client.end();
  }

  async close(): Promise<void> {
    await this.makeRoom();
    await this.goAway('immediate').catch(() => undefined);
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

function parentOf(pid: number): number | null {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return null;
  }
}

function serviceUser(): { uid: number; gid: number } {
  const fields = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'postgres')!;
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}
