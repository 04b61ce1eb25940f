// What each thread of a process spends, native ones too. Empty outside of Linux.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const TICK_MS = 10;
const TASKS = '/proc/self/task';

/** CPU milliseconds by the threads' names. */
export type Threads = Readonly<Record<string, number>>;

/** What a line of `stat` says: the name, and the CPU time so far. */
function readStat(path: string): { readonly name: string; readonly ms: number } {
  const stat = readFileSync(path, 'latin1');
  const after = stat.lastIndexOf(')');
  const fields = stat.slice(after + 2).split(' ');
  return {
    name: stat.slice(stat.indexOf('(') + 1, after),
    ms: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
  };
}

/** CPU of another process so far, ms. */
export const cpuOf = (pid: number): number => readStat(`/proc/${pid}/stat`).ms;

function readThreads(): Map<string, ReturnType<typeof readStat>> {
  const times = new Map<string, ReturnType<typeof readStat>>();
  for (const id of existsSync(TASKS) ? readdirSync(TASKS) : []) {
    try {
      times.set(id, readStat(`${TASKS}/${id}/stat`));
    } catch {
      // The thread has ended.
    }
  }
  return times;
}

/** Starts to count what each thread spends; answers how to read it. */
export function threadMeter(): () => Threads {
  const before = readThreads();
  return () => {
    const spent: Record<string, number> = {};
    for (const [id, { name, ms }] of readThreads()) spent[name] = (spent[name] ?? 0) + ms - (before.get(id)?.ms ?? 0);
    return spent;
  };
}

/** Those that spend anything, the greatest first. */
export const perCallSecond = (spent: Threads, callSeconds: number): Threads =>
  Object.fromEntries(
    Object.entries(spent)
      .map(([name, ms]) => [name, ms / callSeconds] as const)
      .filter(([, ms]) => ms >= 0.01)
      .toSorted(([, one], [, other]) => other - one),
  );
