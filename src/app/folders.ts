import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { foldersOf, KEPT_FILES } from '#config/config.ts';

const PROBE = ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('./folder-probe.ts', import.meta.url))];
const ANSWER_MS = 10_000;

/** How a folder is looked at; tests do it otherwise. */
interface Probing {
  readonly waitMs: number;
  /** Arguments of Node. */
  readonly probe: readonly string[];
}

/**
 * Makes the folders of the configuration and sees that they can be written to. @throws Error that names the variable,
 * the folder and the problem
 */
export async function checkFolders(
  env: Readonly<Record<string, string | undefined>>,
  probing: Probing = { waitMs: ANSWER_MS, probe: PROBE },
): Promise<void> {
  const problems = await Promise.all(
    Object.entries(foldersOf(env)).map(async ([variable, folder]) => {
      const code = await probe(folder, variable === 'DATA_DIR' ? KEPT_FILES : [], probing);
      if (code === null) return null;
      if (code === LATE)
        return `${variable} ${folder} does not answer within ${probing.waitMs / 1000} s: its file system hangs. Choose another folder.`;
      return `${variable} ${folder} ${explain(code, folder)}`;
    }),
  );
  const found = problems.filter((problem) => problem !== null);
  if (found.length > 0) throw new Error(found.join('\n'));
}

const LATE = 'LATE';

/** Null when all is well, else the code of the problem. */
function probe(folder: string, files: readonly string[], { waitMs, probe }: Probing): Promise<string | null> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [...probe, folder, ...files], { stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    const late = setTimeout(() => {
      // A process that waits for a file system cannot be killed: it is left behind.
      child.kill('SIGKILL');
      child.unref();
      child.stdout.destroy();
      done(LATE);
    }, waitMs);
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.on('error', (error) => (clearTimeout(late), done(String(error))));
    child.on('close', (code) => (clearTimeout(late), done(code === 0 ? null : said || 'could not be checked')));
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'cannot be written to: this user lacks the permission. Change its owner or choose another folder.',
  EPERM: 'cannot be written to: this user lacks the permission. Change its owner or choose another folder.',
  EROFS: 'lies on a read-only file system. Choose another folder.',
  ENOTDIR: 'is not a folder, or a part of its path is a file. Choose another folder.',
  EEXIST: 'is not a folder. Choose another folder.',
  ENOENT: 'lies where no folder can be made. Choose another folder.',
  ENOSPC: 'cannot be written to: the disk is full.',
  EDQUOT: 'cannot be written to: the disk quota is used up.',
  ENAMETOOLONG: 'has too long a path. Choose another folder.',
  ELOOP: 'is a link that leads in a circle. Choose another folder.',
  EINVAL: 'lies on a file system that cannot hold ordinary files. Choose another folder.',
  ENOSYS: 'lies on a file system that cannot hold ordinary files. Choose another folder.',
  ENOTSUP: 'lies on a file system that cannot hold ordinary files. Choose another folder.',
  EIO: 'cannot be written to: its disk reports an error.',
};

function explain(code: string, folder: string): string {
  if (code.startsWith('ODD ')) return `holds something that is no file: ${join(folder, code.slice(4))}. Move it away.`;
  return REASONS[code] ?? `cannot be used: ${code}. Choose another folder.`;
}
