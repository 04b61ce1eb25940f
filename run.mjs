// Plain JavaScript that runs on any Node from 18 on: starts its arguments with the Node that this project pins.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAJOR = 24;
const root = dirname(fileURLToPath(import.meta.url));
const exe = process.platform === 'win32' ? 'node.exe' : 'node';
const platform = process.platform === 'win32' ? 'win' : process.platform;

function runs(bin) {
  const probe = spawnSync(bin, ['-p', 'process.versions.node'], { encoding: 'utf8' });
  return probe.status === 0 && Number(probe.stdout.split('.')[0]) >= MAJOR;
}

const own = Number(process.versions.node.split('.')[0]) >= MAJOR ? process.execPath : undefined;
const candidates = ['node', `node-${platform}-${process.arch}`, `node-bin-${platform}-${process.arch}`].map((name) =>
  join(root, 'node_modules', name, 'bin', exe),
);
const bin = own ?? candidates.find((path) => existsSync(path) && runs(path));
if (!bin) {
  console.error(
    `Trunkline needs Node ${MAJOR}; this is ${process.version}, and the pinned one is not installed.\nRun "npm ci" without --ignore-scripts and --omit=dev, or install Node ${MAJOR}.`,
  );
  process.exit(1);
}
// Script paths are the project's, whatever folder the command was given from.
const args = process.argv.slice(2).map((arg) => (/^(src|test|bench)\/.*\.ts$/.test(arg) ? join(root, arg) : arg));
// Compiled modules are kept, so that the second start is quicker. Where the folder may not be written, none are.
const env = { NODE_COMPILE_CACHE: join(root, '.cache', 'compiled'), ...process.env };
// The channel tells the child when this launcher is gone: then nothing forwards signals to it.
const child = spawn(bin, ['--disable-warning=ExperimentalWarning', ...args], {
  env,
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
let forwarded = false;
const forward = (signal) => {
  forwarded = true;
  child.kill(signal);
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => forward(signal));
if (process.env.npm_lifecycle_event) {
  // npm was killed: the child stops as if it had been asked to, so that running calls may end.
  const npm = process.ppid;
  setInterval(() => {
    if (process.ppid !== npm && !forwarded) forward('SIGTERM');
  }, 500).unref();
}
child.on('error', (error) => {
  console.error(String(error));
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
