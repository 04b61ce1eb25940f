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
// The channel tells the child when this launcher is gone: nobody is left to hand signals on to it then.
const child = spawn(bin, ['--disable-warning=ExperimentalWarning', ...args], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
if (process.env.npm_lifecycle_event) {
  const npm = process.ppid;
  setInterval(() => {
    if (process.ppid === npm) return;
    child.kill('SIGKILL');
    process.exit(1);
  }, 500).unref();
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(String(error));
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
