// Plays the conversation corpus through the whole engine, in audio, and prints what it did right and wrong.
//   npm run eval                       everything, on all cores
//   npm run eval -- --count 60 --stated 0 --part tuning --kind coughs --verbose
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { makeSilero } from '#providers/offline/silero/silero.ts';
import { planCases } from './corpus/cases.ts';
import { runCase } from './eval/run-case.ts';
import { printPromises, printTables, type Row } from './eval/tables.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '300' },
    stated: { type: 'string', default: '100' },
    part: { type: 'string', default: 'all' },
    kind: { type: 'string', multiple: true, default: [] },
    verbose: { type: 'boolean', default: false },
    shard: { type: 'string' },
    processes: { type: 'string', default: String(availableParallelism()) },
    vad: { type: 'string', default: 'v5' },
    json: { type: 'string' },
  },
});

const parts: Record<string, (heldBack: boolean) => boolean> = {
  all: () => true,
  tuning: (heldBack) => !heldBack,
  held: (heldBack) => heldBack,
};
const wanted = parts[values.part];
if (!wanted) throw new Error(`There is no such part. There are: ${Object.keys(parts).join(', ')}`);

function run(shard: number, of: number): Row[] {
  const plans = planCases(Number(values.count), Number(values.stated), values.kind).filter((plan) =>
    wanted!(plan.heldBack),
  );
  const voiceActivity = makeSilero(values.vad === 'v6' ? 'v6' : 'v5');
  return plans
    .filter((_, i) => i % of === shard)
    .map(({ name, kind, line, heldBack, build }) => {
      const what = build();
      return { name, kind, line, heldBack, expected: what.expected.kind, outcome: runCase(what, voiceActivity) };
    });
}

if (values.shard !== undefined) {
  process.send!(run(Number(values.shard), Number(values.processes)), () => process.exit(0));
} else {
  const began = performance.now();
  const processes = Number(values.processes);
  // New phrases are synthesized once, before the processes start.
  planCases(Number(values.count), Number(values.stated), values.kind);
  const shards = await Promise.all(
    Array.from(
      { length: processes },
      (_, shard) =>
        new Promise<Row[]>((resolve, reject) => {
          const child = fork(import.meta.filename, [...process.argv.slice(2), '--shard', String(shard)], {
            execArgv: process.execArgv,
          });
          child.once('message', (rows) => resolve(rows as Row[]));
          child.once(
            'exit',
            (code) => code !== 0 && reject(new Error(`a process of the evaluation ended with ${code}`)),
          );
        }),
    ),
  );
  const rows = shards.flat();
  printTables(rows);
  printPromises(rows);
  if (values.verbose)
    for (const { name, outcome } of rows) if (!outcome.right) console.log(`${name}: ${outcome.wrong}`);
  if (values.json) writeFileSync(values.json, JSON.stringify(rows));
  console.log(`${rows.length} cases in ${((performance.now() - began) / 1000).toFixed(0)} s`);
}
