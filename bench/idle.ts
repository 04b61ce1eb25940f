// Resident memory of an idle server (Node, without the database), and after its first call.
import { readFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, ServerProcess } from '../test/support/process.ts';
import { deleteDataDir } from '../test/support/data-dir.ts';

const SETTLED_MS = 5000;
const TO = '+15005550006';

export interface Idle {
  readonly idleMb: number;
  readonly inCallMb: number;
  /** From the request to the agent's first words on the transcript. */
  readonly firstWordsMs: number;
}

/** Linux only: elsewhere there is no such file to read. */
export async function measureIdle(): Promise<Idle> {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
  const key = 'bench-key-of-the-idle-server';
  const server = new ServerProcess(await freePort(), {
    DATA_DIR: dir,
    API_SECRET_KEY: key,
    SHUTDOWN_GRACE_SECONDS: '0',
  });
  const ask = async (path: string, body?: object) => {
    const headers = { 'xi-api-key': key };
    const reply = await fetch(
      server.url + path,
      body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers },
    );
    return (await reply.json()) as Record<string, unknown>;
  };
  const residentMb = () =>
    Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${server.serverPid}/status`, 'utf8'))![1]) / 1024);
  try {
    await server.untilHealthy();
    await sleep(SETTLED_MS);
    const idleMb = residentMb();
    const began = performance.now();
    const { call_sid: sid } = await ask('/v1/convai/twilio/outbound-call', { to_number: TO });
    while (!String((await ask(`/v1/convai/conversations/${String(sid)}`))['transcript']).includes('Agent:'))
      await sleep(50);
    const firstWordsMs = Math.round(performance.now() - began);
    await sleep(SETTLED_MS);
    const inCallMb = residentMb();
    console.log(`idle          ${idleMb} MB resident`);
    console.log(`in one call   ${inCallMb} MB resident`);
    console.log(`first words   ${firstWordsMs} ms after the request, ringing included`);
    return { idleMb, inCallMb, firstWordsMs };
  } finally {
    await server.stop();
    deleteDataDir(dir);
  }
}
