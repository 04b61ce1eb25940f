// Plays made-up calls against the turn machine, any number of them: npm run interleave -- [count] [first seed].
// A failure prints the seed; the same seed plays the same call again.
import { World } from './turns/world.ts';

const count = Number(process.argv[2] ?? 100_000);
const first = Number(process.argv[3] ?? 1);
const began = performance.now();
let steps = 0;
let turns = 0;
for (let seed = first; seed < first + count; seed++) {
  const world = new World(seed);
  try {
    world.run();
  } catch (error) {
    console.error(`seed ${seed} after ${world.steps} steps: ${error instanceof Error ? error.message : String(error)}\nagain: npm run interleave -- 1 ${seed}`);
    process.exit(1);
  }
  steps += world.steps;
  turns += world.turns;
}
console.log(`${count} calls, ${turns} turns, ${steps} steps, none broke a promise (${((performance.now() - began) / 1000).toFixed(1)} s)`);
