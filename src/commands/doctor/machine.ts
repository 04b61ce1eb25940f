import { existsSync, readFileSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Config } from '#config/config.ts';
import { KEPT_FILES } from '#config/config.ts';
import { messageOf, ok, problem, skipped, warning, type Finding } from './finding.ts';

const NODE = 24;
const FEW_FILES = 4096;
const MB = 1024 * 1024;
/** New recordings are refused below 128 MB. */
const TIGHT = 1024 * MB;
const FULL = 128 * MB;

/** File systems, by their magic number, that are a poor place for records. */
const UNSAFE: Readonly<Record<number, readonly [name: string, why: string]>> = {
  0x01021994: ['tmpfs', 'its content is lost at a restart of the machine'],
  0x794c7630: ['overlayfs', 'its content is lost with the container'],
  0x6969: ['NFS', 'locks and syncs of a database are unreliable there'],
  0xff534d42: ['CIFS', 'locks and syncs of a database are unreliable there'],
  0xfe534d42: ['SMB', 'locks and syncs of a database are unreliable there'],
};

export function checkNode(): readonly Finding[] {
  const { node } = process.versions;
  const version =
    Number(node.split('.')[0]) >= NODE
      ? ok('Node', node)
      : problem('Node', `this is ${node}`, `Install Node ${NODE}, or run "npm ci", which brings it.`);
  const limits = existsSync('/proc/self/limits') ? readFileSync('/proc/self/limits', 'utf8') : '';
  const files = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
  return files >= FEW_FILES
    ? [version]
    : [
        version,
        warning(
          'open files',
          `this process may open ${files} files, and each connection is one`,
          `Run "ulimit -n 65536" first, or set LimitNOFILE of the service.`,
        ),
      ];
}

/** What shortens the wait for an answer: nothing of it is wrong, and an operator may not know what is off. */
export function checkAnswers({ quickAnswers }: Pick<Config, 'quickAnswers'>): readonly Finding[] {
  const { speculates, firstClauseLetters, openingAfterMs, hedgedShare } = quickAnswers;
  return [
    ok(
      'answers',
      [
        speculates ? 'begun before the turn is surely over' : 'begun when the turn is over',
        firstClauseLetters === null ? 'spoken by sentences' : `spoken from a comma after ${firstClauseLetters} letters`,
        openingAfterMs === null ? 'no opening words (ANSWERS_OPENING_MS)' : `opening words after ${openingAfterMs} ms`,
        hedgedShare === 0
          ? 'no second requests'
          : `a second request for at most ${Math.round(hedgedShare * 100)} of 100 turns`,
      ].join('; '),
    ),
  ];
}

/** Each configured port is free, or this installation serves on it. */
export async function checkPorts({ host, ports }: Config): Promise<readonly Finding[]> {
  const states = await Promise.all(ports.map(async (port) => ({ port, state: await portState(host, port) })));
  const usable = states.some(({ state }) => state === 'free' || state === 'ours');
  return states.map(({ port, state }) => {
    const check = `port ${port}`;
    if (state === 'free') return ok(check, 'is free');
    if (state === 'ours') return ok(check, 'Trunkline answers on it');
    const detail = state === 'taken' ? 'is taken by another process' : `cannot be listened on: ${state}`;
    const remedy = 'End that process, or name other ports in PORTS.';
    // A server leaves out a port that is taken.
    return usable ? warning(check, detail, remedy) : problem(check, detail, remedy);
  });
}

async function portState(host: string, port: number): Promise<string> {
  if (port === 0) return 'free';
  const code = await new Promise<string | null>((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => done(null)));
  });
  if (code === null) return 'free';
  if (code !== 'EADDRINUSE') return code;
  return (await healthAt(host, port)) === null ? 'taken' : 'ours';
}

/** The health that a Trunkline shows on a port; null if none answers. */
export async function healthAt(host: string, port: number): Promise<string | null> {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const url = `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}/health`;
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(3000), redirect: 'manual' });
    const { status, uptime } = (await reply.json()) as { status?: unknown; uptime?: unknown };
    return typeof status === 'string' && typeof uptime === 'number' ? status : null;
  } catch {
    return null;
  }
}

/** Owner, secrecy, kind of file system and free space of the folders, which can be written to. */
export async function checkFoldersOf(config: Config): Promise<readonly Finding[]> {
  const folders = new Map([
    ['DATA_DIR', config.dataDir],
    ...(config.filesDir.startsWith(config.dataDir) ? [] : [['FILES_URL', config.filesDir] as const]),
  ]);
  const found = await Promise.all([...folders].map(([name, folder]) => checkFolder(name, folder)));
  return [...found.flat(), ...checkSecretFiles(config)];
}

async function checkFolder(name: string, folder: string): Promise<readonly Finding[]> {
  if (!existsSync(folder)) return [skipped(name, `${folder} is made by the first start`)];
  const { uid, mode } = statSync(folder);
  const me = process.getuid?.() ?? uid;
  const { type, bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const unsafe = UNSAFE[type];
  const space = `${Math.floor(free / MB)} MB are free in ${folder}`;
  const room = `Make room, or set ${name} to a folder on a larger disk.`;
  return [
    uid === me
      ? ok(name, `${folder} belongs to this user and can be written to`)
      : warning(name, `${folder} belongs to user ${uid}, and this is user ${me}`, `chown -R ${me} ${folder}`),
    ...(name === 'DATA_DIR' && (mode & 0o077) !== 0
      ? [warning(name, 'others may read it, and it holds keys', `chmod 700 ${folder}`)]
      : []),
    ...(unsafe
      ? [warning(`${name} disk`, `${folder} lies on ${unsafe[0]}: ${unsafe[1]}`, `Set ${name} to a lasting disk.`)]
      : []),
    free < FULL
      ? problem(`${name} space`, `${space}: below ${FULL / MB} MB no call is recorded`, room)
      : free < TIGHT
        ? warning(`${name} space`, `${space}: below ${FULL / MB} MB no call is recorded`, room)
        : ok(`${name} space`, space),
  ];
}

function checkSecretFiles({ dataDir }: Config): readonly Finding[] {
  return KEPT_FILES.flatMap((name) => {
    const file = join(dataDir, name);
    const open = existsSync(file) && (statSync(file).mode & 0o077) !== 0;
    return open ? [warning('keys', `others may read ${file}`, `chmod 600 ${file}`)] : [];
  });
}

/** What a start would need besides folders: the console's page. */
export function checkConsole(root: string): readonly Finding[] {
  return [
    existsSync(join(root, 'console', 'dist', 'index.html'))
      ? ok('console', 'is built')
      : warning('console', 'is not built, so the page / says so', 'Run "npm run console".'),
  ];
}

/** @returns the problems that the folders themselves have */
export function folderProblems(error: unknown): readonly Finding[] {
  return messageOf(error)
    .split('\n')
    .map((line) => {
      const [, name = 'folders', what = line] = /^([A-Z_]+) (.*)$/.exec(line) ?? [];
      return problem(name, what, `Set ${name} to a folder that this user can write to, or mend that one.`);
    });
}
