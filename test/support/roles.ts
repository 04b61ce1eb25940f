import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startEmbedded } from '#store/embedded-postgres.ts';
import { isOutside } from './outside.ts';
import { deleteDataDir, newDataDir } from './data-dir.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const WARN = 40;

/** A database, and the roles `media` and `jobs` each in a process of its own; `env` is what the third process needs. */
export async function startRoles(
  given: Readonly<Record<string, string>>,
  trouble: string[],
): Promise<{ readonly env: Record<string, string>; close(): Promise<void> }> {
  const dir = newDataDir('roles');
  const database = await startEmbedded({ dataDir: dir, settings: { fsync: 'off' } });
  const { host, user, database: name } = database.connection;
  const env = {
    DATABASE_URL: `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host)}`,
    ENCRYPTION_KEY: 'the-key-of-all-three',
    FILES_URL: join(dir, 'files'),
    KNOWLEDGE_DIR: join(dir, 'knowledge'),
  };
  const children = await Promise.all(
    ['media', 'jobs'].map((role) => startRole(role, { ...given, ...env, PORTS: '0' }, trouble)),
  );
  return {
    env,
    close: async () => {
      for (const child of children) {
        child.kill('SIGTERM');
        if (child.exitCode === null) await once(child, 'exit');
      }
      await database.stop();
      deleteDataDir(dir);
    },
  };
}

async function startRole(
  role: string,
  env: Readonly<Record<string, string>>,
  trouble: string[],
): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'start', '--role', role], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...env,
      LOG_LEVEL: 'info',
      SHUTDOWN_GRACE_SECONDS: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const up = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('Trunkline is up')) resolve();
      if (line.startsWith('{') && (JSON.parse(line) as { level: number }).level >= WARN && !isOutside(line))
        trouble.push(`${role}: ${line}`);
    });
    child.once('exit', (code) => reject(new Error(`the role ${role} ended with ${code}`)));
  });
  await up;
  return child;
}
