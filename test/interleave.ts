// Plays made-up calls against the turn machine until so many turns were taken, in as many processes as there are cores:
//   npm run interleave                       a million turns
//   npm run interleave -- 1 SEED             one call, again
// With provider errors, late tools, hang-ups, lost connections, stalls and reports that come twice mixed in. A failure
// prints the seed; the same seed plays the same call.
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { World } from './turns/world.ts';

interface Progress {
  readonly calls: number;
  readonly turns: number;
  readonly steps: number;
  readonly failure: string | null;
}

/** Plays every `of`-th seed from `first` on, until enough turns were taken. */
function play(turns: number, first: number, of: number): Progress {
  let [calls, taken, steps] = [0, 0, 0];
  for (let seed = first; taken < turns; seed += of) {
    const world = new World(seed);
    try {
      world.run();
    } catch (error) {
      return {
        calls,
        turns: taken,
        steps,
        failure: `seed ${seed} after ${world.steps} steps: ${error instanceof Error ? error.message : String(error)}\nagain: npm run interleave -- 1 ${seed}`,
      };
    }
    calls++;
    taken += world.turns;
    steps += world.steps;
  }
  return { calls, turns: taken, steps, failure: null };
}

const [wanted = 1_000_000, first = 1, shard] = process.argv.slice(2).map(Number);
if (shard !== undefined) {
  process.send!(play(wanted, first + shard, availableParallelism()), () => process.exit(0));
} else {
  const began = performance.now();
  const processes = wanted === 1 ? 1 : availableParallelism();
  const results = await Promise.all(
    Array.from(
      { length: processes },
      (_, n) =>
        new Promise<Progress>((resolve, reject) => {
          if (processes === 1) return resolve(play(wanted, first, 1));
          const child = fork(import.meta.filename, [String(Math.ceil(wanted / processes)), String(first), String(n)], {
            execArgv: process.execArgv,
          });
          child.once('message', (progress) => resolve(progress as Progress));
          child.once('error', reject);
        }),
    ),
  );
  const sum = (key: 'calls' | 'turns' | 'steps') => results.reduce((total, one) => total + one[key], 0);
  const failures = results.flatMap(({ failure }) => failure ?? []);
  for (const failure of failures) console.error(failure);
  console.log(
    `${sum('calls')} calls, ${sum('turns')} turns, ${sum('steps')} steps: ${failures.length === 0 ? 'none stuck, no word said to be heard that was not, nothing sent after a hang-up' : `${failures.length} broke a promise`} (${((performance.now() - began) / 1000).toFixed(0)} s)`,
  );
  process.exit(failures.length === 0 ? 0 : 1);
}
