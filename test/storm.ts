// Generated requests over every operation of every API, beside a live call: npm run storm -- [REQUESTS] [SEED]
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStormServer, stormApis } from './storm/server.ts';
import { storm } from './storm/storm.ts';
import { deleteDataDir } from './support/data-dir.ts';

const requests = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const dataDir = mkdtempSync(join(tmpdir(), 'trunkline-storm-'));
const { server, keys } = await startStormServer(dataDir);
console.log(`${requests} requests, seed ${seed}`);
let shown = 0;
const report = await storm(server, stormApis, keys, {
  requests,
  seed,
  onProgress: (sent) => {
    if (sent - shown < requests / 10) return;
    shown = sent;
    console.log(`  ${sent}`);
  },
});
await server.stop();
deleteDataDir(dataDir);
const { sent, seconds, byStatus, slowestMs, memory, listener, broken, byOperation } = report;
console.log(
  `${sent} sent in ${seconds.toFixed(0)} s, ${(sent / seconds).toFixed(0)} a second, slowest ${slowestMs.toFixed(0)} ms`,
);
console.log(
  `answers  ${Object.entries(byStatus)
    .map(([status, count]) => `${status}: ${count}`)
    .join(', ')}`,
);
console.log(`operations ${Object.keys(byOperation).length}, fewest of one ${Math.min(...Object.values(byOperation))}`);
console.log(
  `memory   ${memory.map(({ rss, heap }) => `${rss} MB (heap ${heap})`).join(' after a tenth, ')} at the end`,
);
console.log(`live call ${listener.frames} frames, ${listener.gaps} gaps, the longest ${listener.longestGapMs} ms`);
console.log(`broken   ${broken.length}`);
for (const line of server.output.split('\n')) if (line.includes('"level":50')) console.log(`  ${line.slice(0, 1500)}`);
for (const one of broken.slice(0, 20)) console.log(`  ${one}`);
process.exit(broken.length > 0 ? 1 : 0);
