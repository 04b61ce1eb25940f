import type { Log } from '#core/kernel/log.ts';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { checkCluster, markCluster } from './cluster-marker.ts';
import { packagedPostgres } from './packaged-postgres.ts';
import { lockDataDir } from './server-lock.ts';

/** The real Postgres from npm, started for one data folder and reached over a socket that only its owner may open. */

const USER = 'trunkline';
const DATABASE = 'trunkline';
const ROOT_HOME = '/var/lib/trunkline';
/** Longest path of a unix socket that every system takes; `/.s.PGSQL.5432` comes on top. */
const LONGEST_SOCKET_DIR = 80;
const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 20_000;

export interface EmbeddedPostgres {
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
  };
  /** The folder with the records. */
  readonly folder: string;
  /** Whether a server that outlived its Trunkline was taken over. */
  readonly adopted: boolean;
  /** Of the server that runs now. */
  readonly pid: number;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** The server's own data folder; as root it lies elsewhere, under a name made from this path. */
  readonly dataDir: string;
  /** A folder with `bin/` and `lib/`; the packaged one when left out. */
  readonly nativeDir?: string;
  /** Further `-c` settings; tests switch durability off. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: Pick<Log, 'warn' | 'error'>;
  /** Whether it is started again when it dies, and ends with this process; left out: it is. */
  readonly supervised?: boolean;
}

interface Place {
  /** The folder of the database with all that belongs to it. */
  readonly home: string;
  readonly cluster: string;
  readonly sockets: string;
  readonly native: string;
  /** Spawn options: whom the server runs as, empty for ourselves. */
  readonly as: { readonly uid?: number; readonly gid?: number };
}

/** @throws Error when a server uses the database already, also one on a data folder that leads there by a link */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const place = prepare(options);
  checkCluster(options.dataDir, place.cluster);
  const lock = options.supervised === false ? null : lockDataDir(place.home);
  try {
    const { adopted, supervisor } = await startIn(place, options);
    return {
      connection: connectionOf(place, DATABASE),
      folder: dirname(place.cluster),
      adopted,
      get pid() {
        return supervisor.pid;
      },
      stop: () => supervisor.stop().finally(() => lock?.release()),
    };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

async function startIn(place: Place, options: EmbeddedOptions): Promise<{ adopted: boolean; supervisor: Supervisor }> {
  const adopted = await adopt(place);
  if (adopted === null && !existsSync(join(place.cluster, 'PG_VERSION'))) initialize(place);
  markCluster(options.dataDir, place.cluster);
  const settings = options.settings ?? {};
  const pid = adopted ?? (await startPatiently(place, settings));
  await ensureDatabase(place);
  return { adopted: adopted !== null, supervisor: new Supervisor(place, settings, pid, options) };
}

/** @throws Error when a server uses the database of the data folder, from whichever folder */
export function refuseDatabaseInUse(dataDir: string): void {
  lockDataDir(prepare({ dataDir }).home).release();
}

/** Where the records of a data folder lie. */
export const clusterFolder = (dataDir: string): string => prepare({ dataDir }).cluster;

const LOOK_MS = 250;
const LAST_RETRY_MS = 5000;

/** Starts the server again when it dies, as the kernel's out-of-memory killer would have it. */
class Supervisor {
  readonly #place: Place;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #log: Pick<Log, 'warn' | 'error'> | undefined;
  readonly #stopping = new AbortController();
  readonly #watching: Promise<void>;
  #pid: number;

  constructor(place: Place, settings: Readonly<Record<string, string>>, pid: number, options: EmbeddedOptions) {
    this.#place = place;
    this.#settings = settings;
    this.#log = options.log;
    this.#pid = pid;
    const supervised = options.supervised ?? true;
    this.#watching = supervised ? this.#watch() : Promise.resolve();
    // However this process exits, the server stops. Only a process that is killed leaves it running, to be adopted.
    if (supervised) process.on('exit', this.#stopNow);
  }

  get pid(): number {
    return this.#pid;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
    await stop(this.#place, this.#pid);
    process.off('exit', this.#stopNow);
  }

  readonly #stopNow = () => {
    if (ownsCluster(this.#pid, this.#place.cluster)) process.kill(this.#pid, 'SIGINT');
  };

  async #watch(): Promise<void> {
    for (let failures = 0; await this.#pause(Math.min(LAST_RETRY_MS, LOOK_MS * 2 ** failures));) {
      if (ownsCluster(this.#pid, this.#place.cluster) && !isStopping(this.#place)) continue;
      this.#log?.error({ pid: this.#pid }, 'the embedded database died and is started again');
      try {
        await stop(this.#place, this.#pid);
        this.#pid = (await adopt(this.#place)) ?? (await startPatiently(this.#place, this.#settings));
        failures = 0;
        this.#log?.warn({ pid: this.#pid }, 'the embedded database runs again');
      } catch (error) {
        failures++;
        this.#log?.error({ err: error }, 'the embedded database could not be started again');
      }
    }
  }

  /** False when the server is to stop. */
  #pause(ms: number): Promise<boolean> {
    return sleep(ms, true, { signal: this.#stopping.signal, ref: false }).catch(() => false);
  }
}

function connectionOf(place: Place, database: string): EmbeddedPostgres['connection'] {
  return { host: place.sockets, port: 5432, user: USER, database };
}

/**
 * Where things lie, and as whom the server runs: Postgres refuses to run as root. The data folder may be reached by
 * symbolic links: links that change later have no effect on a server that runs.
 */
function prepare(options: EmbeddedOptions): Place {
  const root = process.getuid?.() === 0;
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const [given, real] = [resolve(options.dataDir), realpathSync(options.dataDir)].map((dir) => join(dir, 'postgres'));
  // An older version named the folder after the path that it was given.
  const wanted = root && existsSync(join(ROOT_HOME, nameOf(given!))) ? given! : real!;
  const name = nameOf(wanted);
  const service = root ? serviceUser() : null;
  const home = root ? join(ROOT_HOME, name) : wanted;
  mkdirSync(home, { recursive: true });
  const cluster = join(home, 'cluster');
  let sockets = join(home, 'socket');
  if (sockets.length > LONGEST_SOCKET_DIR) sockets = join(tmpdir(), `trunkline-${process.getuid?.() ?? 0}-${name}`);
  for (const dir of [cluster, sockets]) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const { uid } = lstatSync(dir);
    if (!root && uid !== process.getuid?.()) throw new Error(`${dir} belongs to another user`);
    if (service) chownSync(dir, service.uid, service.gid);
    chmodSync(dir, 0o700);
  }
  if (root) {
    // Names the data folder of the cluster, for operators who inspect the folder.
    chmodSync(ROOT_HOME, 0o755);
    chmodSync(home, 0o755);
    const about = join(home, 'data-dir.txt');
    if (!existsSync(about)) writeFileSync(about, `${wanted}\n`);
  }
  return {
    home: realpathSync(home),
    cluster: realpathSync(cluster),
    sockets,
    as: service ?? {},
    native: options.nativeDir ?? packagedPostgres(root ? ROOT_HOME : home, root),
  };
}

const nameOf = (folder: string): string => createHash('sha256').update(folder).digest('hex').slice(0, 16);

function serviceUser(): { uid: number; gid: number } {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!found)
    throw new Error(
      'running as root, and there is neither a user postgres nor nobody to run the database as; set DATABASE_URL, or run as another user',
    );
  return { uid: Number(found[2]), gid: Number(found[3]) };
}

function initialize(place: Place): void {
  // Made under another name and moved when it is whole: a process that is killed here leaves nothing that looks like a
  // cluster.
  const partial = `${place.cluster}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { mode: 0o700 });
  if (place.as.uid !== undefined) chownSync(partial, place.as.uid, place.as.gid!);
  const result = spawnSync(
    join(place.native, 'bin', 'initdb'),
    ['-D', partial, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-instructions'],
    { ...place.as, cwd: '/', encoding: 'utf8' },
  );
  if (result.status !== 0) {
    rmSync(partial, { recursive: true, force: true });
    throw new Error(
      `the embedded database could not be made in ${place.cluster}: ${result.stderr || String(result.error ?? result.signal)}`,
    );
  }
  rmSync(place.cluster, { recursive: true, force: true });
  renameSync(partial, place.cluster);
}

/**
 * A server that survived its Trunkline is used again; what its pid file says is believed only when the server agrees.
 */
async function adopt(place: Place): Promise<number | null> {
  const file = join(place.cluster, 'postmaster.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  if (!ownsCluster(pid, place.cluster)) {
    // A pid file left by a killed server may name an unrelated process by now.
    for (const left of [file, join(place.sockets, '.s.PGSQL.5432'), join(place.sockets, '.s.PGSQL.5432.lock')])
      rmSync(left, { force: true });
    return null;
  }
  for (const until = Date.now() + START_LIMIT_MS; Date.now() < until; await sleep(100)) {
    if (await answers(place)) return pid;
    if (!ownsCluster(pid, place.cluster)) return adopt(place);
  }
  throw new Error(`a Postgres (process ${pid}) holds ${place.cluster} but does not answer`);
}

function ownsCluster(pid: number, cluster: string): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    if (process.platform !== 'linux') {
      process.kill(pid, 0);
      return true;
    }
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const isHere = readlinkSync(`/proc/${pid}/cwd`) === cluster;
    return isHere && /^Name:\s+postgres/m.test(status) && !/^State:\s+Z/m.test(status);
  } catch {
    return false;
  }
}

/**
 * Whether the server refuses new connections and waits for the last ones to end. A service manager that signals every
 * process of the unit does this to it, while running calls still need it.
 */
function isStopping(place: Place): boolean {
  try {
    return readFileSync(join(place.cluster, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim() === 'stopping';
  } catch {
    return false;
  }
}

async function answers(place: Place): Promise<boolean> {
  const client = new pg.Client({ ...connectionOf(place, 'postgres'), connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]?.data_directory === place.cluster;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Children of a killed server hold its memory for a moment longer. */
async function startPatiently(place: Place, settings: Readonly<Record<string, string>>): Promise<number> {
  for (const until = Date.now() + START_LIMIT_MS; ; await sleep(200)) {
    try {
      return await start(place, settings);
    } catch (error) {
      if (!(error instanceof Error) || !/shared memory block|still in use/.test(error.message) || Date.now() > until)
        throw error;
    }
  }
}

async function start(place: Place, settings: Readonly<Record<string, string>>): Promise<number> {
  const all = {
    listen_addresses: '',
    unix_socket_directories: place.sockets,
    port: '5432',
    shared_buffers: '64MB',
    max_wal_size: '1GB',
    max_connections: '100',
    log_min_messages: 'warning',
    ...settings,
  };
  const server = spawn(
    join(place.native, 'bin', 'postgres'),
    ['-D', place.cluster, ...Object.entries(all).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    {
      ...place.as,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    },
  );
  let log = '';
  let ended: string | null = null;
  server.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)));
  server.on('exit', (code, signal) => (ended = `exit ${code ?? signal}`));
  server.on('error', (error) => (ended = String(error)));
  for (const until = Date.now() + START_LIMIT_MS; Date.now() < until; await sleep(20)) {
    if (await answers(place)) {
      // It must outlive us if we are killed, and must not keep us alive when we want to end.
      server.unref();
      (server.stderr as unknown as { unref(): void }).unref();
      return server.pid!;
    }
    if (ended !== null) throw new Error(`the embedded database did not start (${String(ended)}): ${log.trim()}`);
  }
  server.kill('SIGKILL');
  throw new Error(`the embedded database did not answer within ${START_LIMIT_MS / 1000} s: ${log.trim()}`);
}

async function ensureDatabase(place: Place): Promise<void> {
  const client = new pg.Client(connectionOf(place, 'postgres'));
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (!rowCount)
      await client.query(`create database ${DATABASE}`).catch((error: { code?: string }) => {
        if (error.code !== '42P04') throw error;
      });
  } finally {
    await client.end();
  }
}

async function stop(place: Place, pid: number): Promise<void> {
  // Its pid file goes a moment before the process does.
  const gone = () => !ownsCluster(pid, place.cluster);
  if (gone()) return;
  process.kill(pid, 'SIGINT');
  for (const until = Date.now() + STOP_LIMIT_MS; Date.now() < until && !gone();) await sleep(20);
}
