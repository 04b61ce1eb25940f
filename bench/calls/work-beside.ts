// What a server has to do beside its calls: documents that are read, lists that are imported, events that are sent.
import { setTimeout as sleep } from 'node:timers/promises';
import { pdfOf } from '../../test/support/documents.ts';
import { startReceiver } from '../../test/support/receiver.ts';
import type { BenchServer } from './bench-server.ts';
import { manyCalls, type CallsRow } from './socket-callers.ts';

const PDF_PAGES = 200;
const LEADS = 50_000;
const RECEIVERS = 5;
const POLL_MS = 200;
const NOISE_DB = -45;

const elapsed = async (work: () => Promise<void>): Promise<number> => {
  const began = performance.now();
  await work();
  return Math.round(performance.now() - began);
};

function fileForm(content: string | Uint8Array<ArrayBuffer>, name: string): FormData {
  const form = new FormData();
  form.set('file', new Blob([content]), name);
  return form;
}

/** A document of 200 pages is read, cut and kept; answers with how many chunks it became. */
async function uploadDocument(server: BenchServer, agent: string): Promise<number> {
  const pages = Array.from({ length: PDF_PAGES }, (_, page) =>
    Array.from(
      { length: 45 },
      (_unused, line) => `Section ${page}.${line}: a sentence of a long handbook, number ${page * 45 + line}.`,
    ),
  );
  const form = fileForm(Uint8Array.from(pdfOf(pages)), 'handbook.pdf');
  const reply = await server.request('POST', `/v1/convai/agents/${agent}/knowledge-base`, form);
  return (reply as { chunks_created: number }).chunks_created;
}

/** A campaign's list is imported; answers with how many leads it left. */
async function importList(server: BenchServer): Promise<number> {
  const created = await server.request('POST', '/api/campaigns', { name: 'Beside the calls' });
  const path = `/api/campaigns/${(created['data'] as { campaign_id: string }).campaign_id}`;
  const rows = Array.from({ length: LEADS }, (_, n) => `+1312${2_000_000 + n},Person ${n},plan ${n % 7}\n`);
  const begun = await server.request(
    'POST',
    `${path}/leads`,
    fileForm(`phone,name,plan\n${rows.join('')}`, 'list.csv'),
  );
  const importId = (begun['data'] as { import_id: string }).import_id;
  for (;;) {
    const { data } = (await server.request('GET', `${path}/imports/${importId}`)) as {
      data: { status: string; imported: number };
    };
    if (data.status !== 'processing') return data.imported;
    await sleep(POLL_MS);
  }
}

export interface WorkBeside {
  readonly chunks: number;
  readonly readMs: number;
  readonly leads: number;
  readonly importMs: number;
  /** Requests that receivers of every call's messages got. */
  readonly delivered: number;
}

/** The same calls without and with the document. */
export async function besideDocument(
  n: number,
): Promise<{ readonly alone: CallsRow; readonly beside: CallsRow; readonly chunks: number; readonly readMs: number }> {
  const alone = await manyCalls({ n });
  let chunks = 0;
  let readMs = 0;
  const beside = await manyCalls({
    n,
    beside: async (server, agent) => {
      readMs = await elapsed(async () => void (chunks = await uploadDocument(server, agent)));
    },
  });
  return { alone, beside, chunks, readMs };
}

/** The worst second: all callers speak at once; then the same while the server reads, imports and sends events. */
export async function worstSecond(
  n: number,
): Promise<{ readonly alone: CallsRow; readonly beside: CallsRow; readonly work: WorkBeside }> {
  const alone = await manyCalls({ n, noiseDb: NOISE_DB, worst: true });
  const receivers = await Promise.all(Array.from({ length: RECEIVERS }, () => startReceiver()));
  let work: Omit<WorkBeside, 'delivered'> | null = null;
  const beside = await manyCalls({
    n,
    noiseDb: NOISE_DB,
    worst: true,
    beside: async (server, agent) => {
      for (const { url } of receivers)
        await server.request('POST', '/v1/convai/webhooks', { url, events: ['message.sent'], agent_id: agent });
      let chunks = 0;
      let leads = 0;
      const [readMs, importMs] = await Promise.all([
        elapsed(async () => void (chunks = await uploadDocument(server, agent))),
        elapsed(async () => void (leads = await importList(server))),
      ]);
      work = { chunks, readMs, leads, importMs };
    },
  });
  const delivered = receivers.reduce((sum, { received }) => sum + received.length, 0);
  await Promise.all(receivers.map((one) => one.close()));
  return { alone, beside, work: { ...work!, delivered } };
}
