// Measures the engine and prints tables, and everything measured as JSON beside them.
//   npm run bench                        all of it, about twenty minutes
//   npm run bench -- calls sockets       parts: calls, sockets, carriers, livekit, tail, knowledge, soak, overload,
//                                        hostile, idle, install, scale, import, dialler, console
//   npm run bench -- sockets --n 200     with as many calls; --profile: and what their time goes to;
//                                        --worst: all callers speak at once, without and with other work beside them
//   npm run bench -- scale --rows 100000  every list and detail with 1,000 and with so many calls on record
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Row } from './calls/measure.ts';
import type { Share } from './calls/profile.ts';
import { onOneCore } from './calls/bench-server.ts';
import { manyCalls, overload, soak, type CallsRow } from './calls/socket-callers.ts';
import { besideDocument, worstSecond } from './calls/work-beside.ts';
import { table } from './eval/tables.ts';
import { measureConsole } from './console/console.ts';
import { measureDialler } from './dialler/dialler.ts';
import { measureHostile } from './hostile/hostile.ts';
import { measureIdle } from './idle.ts';
import { measureImport } from './import/import.ts';
import { measureInstall } from './install.ts';
import { roomCalls } from './calls/room-callers.ts';
import { measureScale } from './scale/scale.ts';
import { measureTail } from './tail/tail.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    n: { type: 'string', multiple: true },
    calls: { type: 'string', default: '2000' },
    worst: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    rows: { type: 'string', default: '1000000' },
    json: { type: 'string', default: join(import.meta.dirname, '..', '.cache', 'bench.json') },
  },
});
const PARTS = [
  'calls',
  'sockets',
  'carriers',
  'tail',
  'livekit',
  'knowledge',
  'soak',
  'overload',
  'hostile',
  'idle',
  'install',
  'scale',
  'import',
  'dialler',
  'console',
] as const;
const parts = positionals.length === 0 ? PARTS : PARTS.filter((part) => positionals.includes(part));
const NOISE_DB = -45;
const counts = (usual: readonly number[]) => values.n?.map(Number) ?? usual;

const HEAD = [
  'calls',
  'line',
  'response p50 / p95',
  'overhead p50 / p95',
  'end of speech found p50 / p95',
  'barge-in p50 / p95',
  'unanswered, early, missed',
  'underruns',
  'CPU ms per call-s',
  'core',
  'MB a call',
  'loop delay p50 / p99',
  'machine elsewhere',
];
const pair = (spread: { p50: number; p95: number } | null) => (spread ? `${spread.p50} / ${spread.p95}` : '-');
const cells = (row: Row): string[] => [
  String(row.n),
  row.noiseDb === null ? 'quiet' : `${row.noiseDb} dBFS`,
  pair(row.responseMs),
  pair(row.overheadMs),
  pair(row.endErrorMs),
  pair(row.bargeInMs),
  `${row.unanswered}, ${row.early}, ${row.missedBargeIns}`,
  String(row.underruns),
  row.cpuMsPerCallSecond.toFixed(2),
  `${Math.round(row.coreShare * 100)} %`,
  String(row.mbPerCall),
  `${row.loopDelayMs.p50} / ${row.loopDelayMs.p99}`,
  `${(row.waitedShare * 100).toFixed(1)} %`,
];

function inProcess(n: number, noiseDb: number | null): Row {
  const { command, args } = onOneCore([
    join(import.meta.dirname, 'calls', 'in-process.ts'),
    '--n',
    String(n),
    ...(noiseDb === null ? [] : [`--noise=${noiseDb}`]),
    ...(values.worst ? ['--worst'] : []),
  ]);
  const run = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (run.status !== 0) throw new Error(`${n} calls in one process ended with ${run.status}`);
  return JSON.parse(run.stdout.trim().split('\n').at(-1)!) as Row;
}

/** Where the processor time of a server goes, per second of a call. */
function showProfile(row: Row, shares: readonly Share[]): void {
  const { n, cpuMsPerCallSecond, mainMsPerCallSecond, systemMsPerCallSecond, switchesPerCallSecond } = row;
  table(
    [`whole process, ${n} calls`, 'per call-second'],
    [
      ['CPU, ms', cpuMsPerCallSecond.toFixed(2)],
      ['of it the main thread, ms', mainMsPerCallSecond.toFixed(2)],
      ['of it other threads: files, names, garbage, ms', (cpuMsPerCallSecond - mainMsPerCallSecond).toFixed(2)],
      ['of all the operating system, ms', systemMsPerCallSecond.toFixed(2)],
      ['wake-ups', switchesPerCallSecond.slept.toFixed(2)],
      ['preempted', switchesPerCallSecond.preempted.toFixed(2)],
    ],
  );
  table(
    [`main thread, ${n} calls`, 'ms per call-second', 'most of it, ms in all'],
    shares.map(({ cause, ms, most }) => [cause, ms.toFixed(2), most.join(', ')]),
  );
}

/** All callers speak at once, over sockets; the second row of each number of calls has work beside it. */
async function worstOverSockets(numbers: readonly number[]): Promise<unknown[]> {
  const found: Awaited<ReturnType<typeof worstSecond>>[] = [];
  for (const n of numbers) found.push(await worstSecond(n));
  table(
    HEAD,
    found.flatMap(({ alone, beside }) => [cells(alone), cells(beside)]),
  );
  for (const { work } of found)
    console.log(
      [
        `beside the second row: ${work.chunks} chunks of a document kept within ${work.readMs} ms`,
        `${work.leads} leads imported within ${work.importMs} ms`,
        `${work.delivered} webhooks delivered`,
      ].join(', '),
    );
  return found;
}

const results: Record<string, unknown> = {};
const keep = (name: string, result: unknown) => {
  results[name] = result;
  mkdirSync(dirname(values.json), { recursive: true });
  writeFileSync(values.json, JSON.stringify(results, null, 1));
};

for (const part of parts) {
  console.log(`\n${part}\n`);
  switch (part) {
    case 'calls': {
      const rows: Row[] = [];
      for (const n of counts([1, 50, 150, 300])) for (const noise of [null, NOISE_DB]) rows.push(inProcess(n, noise));
      keep(part, rows);
      table(HEAD, rows.map(cells));
      break;
    }
    case 'carriers': {
      const rows: { line: string; row: Row }[] = [];
      for (const n of counts([100]))
        for (const line of ['web', 'twilio', 'vonage', 'generic'] as const)
          rows.push({ line, row: await manyCalls({ n, line }) });
      keep(part, rows);
      table(
        ['media', ...HEAD],
        rows.map(({ line, row }) => [line, ...cells(row)]),
      );
      break;
    }
    case 'tail': {
      const rows = measureTail(counts([1000])[0]!);
      keep(part, rows);
      table(
        [
          'measures',
          'first frame p50 / p90 / p95',
          'the answer p50 / p90 / p95',
          'opening words of 100',
          'requests a turn',
        ],
        rows.map((row) => [
          row.name,
          row.firstFrameMs.join(' / '),
          row.answerMs.join(' / '),
          String(row.openings),
          String(row.requestsPerTurn),
        ]),
      );
      break;
    }
    case 'livekit': {
      const found = await roomCalls(counts([4])[0]!);
      keep(part, found);
      table(
        ['media', ...HEAD],
        [
          ['web', ...cells(found.web)],
          ['room', ...cells(found.room)],
        ],
      );
      table(
        ['CPU ms per call-second of', 'web', 'room'],
        Object.keys(found.roomThreads).map((name) => [
          name,
          (found.webThreads[name] ?? 0).toFixed(2),
          found.roomThreads[name]!.toFixed(2),
        ]),
      );
      console.log(`The LiveKit server beside it: ${found.liveKitServer.toFixed(2)} CPU ms per call-second`);
      break;
    }
    case 'sockets': {
      if (values.worst) {
        keep(part, await worstOverSockets(counts([120])));
        break;
      }
      const rows: CallsRow[] = [];
      for (const n of counts([50, 200]))
        for (const noise of values.profile ? [null] : [null, NOISE_DB])
          rows.push(await manyCalls({ n, noiseDb: noise, profiled: values.profile }));
      keep(part, rows);
      table(HEAD, rows.map(cells));
      for (const row of rows) if (row.shares) showProfile(row, row.shares);
      break;
    }
    case 'knowledge': {
      const { alone, beside, chunks, readMs } = await besideDocument(counts([50])[0]!);
      keep(part, { alone, beside, chunks, readMs });
      table(HEAD, [cells(alone), cells(beside)]);
      console.log(`200 pages, ${chunks} chunks, read and kept within ${readMs} ms beside the calls of the second row`);
      break;
    }
    case 'soak': {
      const result = await soak(Number(values.calls), 60, (sample) => console.log(JSON.stringify(sample)));
      keep(part, result);
      console.log(JSON.stringify({ ...result, samples: undefined }));
      break;
    }
    case 'import': {
      const found = await measureImport(Number(values.rows));
      keep(part, found);
      const rate = (seconds: number) => Math.round(found.rows / seconds);
      // The numbers of a file are read in any case, so they count apart.
      const importing = found.importSeconds - found.phoneSeconds;
      table(
        [
          'rows',
          'COPY into a bare table, rows/s',
          'COPY into the same tables, rows/s',
          'import, rows/s',
          'without phone parsing, rows/s',
          'of COPY into the same tables (bar 80 %)',
          'CPU s of the server',
          'peak memory above idle, MB (bar 200)',
          'loop delay p50 / p95',
        ],
        [
          [
            String(found.rows),
            String(rate(found.plainCopySeconds)),
            String(rate(found.recordsCopySeconds)),
            String(rate(found.importSeconds)),
            String(rate(importing)),
            `${Math.round((100 * found.recordsCopySeconds) / importing)} %`,
            String(found.importCpuSeconds),
            String(found.memoryMb),
            pair(found.loopDelayMs),
          ],
        ],
      );
      break;
    }
    case 'dialler': {
      const rows = Number(values.rows);
      const found = await measureDialler([1000, 20_000, rows].filter((one) => one <= rows));
      keep(part, found);
      table(
        ['leads', 'claim ms p50 / p95', 'readiness ms', 'page of leads ms'],
        found.map((one) => [
          String(one.leads),
          `${one.claimMs.p50} / ${one.claimMs.p95}`,
          String(one.readinessMs),
          String(one.listMs),
        ]),
      );
      break;
    }
    case 'overload': {
      // With --n: only the second part, with so many calls.
      const bySlots = values.n ? null : await overload(200, 100, 20);
      const byLoad = await overload(counts([500])[0]!, null, 6);
      keep(part, { bySlots, byLoad });
      for (const one of [bySlots, byLoad]) if (one) console.log(JSON.stringify(one));
      break;
    }
    case 'hostile': {
      const rows = await measureHostile();
      keep(part, rows);
      table(
        ['texts', 'how many', 'characters each', 'event-loop delay p99 / max, ms'],
        rows.map((row) => [row.kind, String(row.texts), String(row.characters), `${row.p99Ms} / ${row.maxMs}`]),
      );
      break;
    }
    case 'console': {
      const found = await measureConsole();
      keep(part, found);
      table(
        ['console', 'measured', 'at most', ''],
        found.map(({ what, value, unit, most }) => [
          what,
          `${value} ${unit}`,
          most === null ? '-' : `${most} ${unit}`,
          most !== null && value > most ? 'OVER' : '',
        ]),
      );
      break;
    }
    case 'idle':
      keep(part, await measureIdle());
      break;
    case 'install':
      keep(part, measureInstall());
      break;
    case 'scale':
      keep(part, await measureScale(Number(values.rows), join(import.meta.dirname, '..', '.cache', 'scale.json')));
  }
}
console.log(`\nAll of it as JSON: ${values.json}`);
