import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { FileStore, Store } from '#core/ports.ts';
import { SAMPLE_RATE } from '#engine/audio/format.ts';
import { wavHeader } from '#engine/audio/wav.ts';

/** A peak stands for so many samples: 20 ms. */
export const PEAK_SAMPLES = 160;
/** Whole peaks of two channels, so that a piece never cuts one. */
const PIECE_BYTES = PEAK_SAMPLES * 2 * 200;

/** Keys of what is made from a recording. */
export const wavKeyOf = (recordingKey: string): string => recordingKey.replace(/\.au$/, '.wav');
export const peaksKeyOf = (recordingKey: string): string => recordingKey.replace(/\.au$/, '.peaks.json');

/**
 * Makes a call's WAV file and waveform from what was streamed to the file store while it ran, off the event loop. Doing
 * it again gives the same files.
 */
export async function renderRecording(store: Store, files: FileStore, callId: number): Promise<void> {
  const call = await store.calls.byId(callId);
  if (!call?.recordingKey) return;
  const source = await files.read(call.recordingKey);
  if (!source) return;
  const worker = new Worker(new URL('./recording-worker.ts', import.meta.url), { execArgv: ['--disable-warning=ExperimentalWarning'] });
  const peaks: [number, number][] = [];
  try {
    await files.write(wavKeyOf(call.recordingKey), wavOf(source, worker, peaks));
    await files.write(peaksKeyOf(call.recordingKey), one(JSON.stringify(peaks)));
  } finally {
    await worker.terminate();
  }
  await store.transaction((records) => records.outbox.event(call.organizationId, { type: 'recording.ready', callId, data: { key: wavKeyOf(call.recordingKey!) } }));
}

async function* wavOf(source: { size: number; stream: () => AsyncIterable<Uint8Array> }, worker: Worker, peaks: [number, number][]): AsyncGenerator<Uint8Array> {
  let header = 0;
  let rest: Uint8Array = new Uint8Array(0);
  const render = async (bytes: Uint8Array): Promise<Uint8Array> => {
    const reply = once(worker, 'message') as Promise<[{ pcm: Uint8Array; peaks: [number, number][] }]>;
    worker.postMessage({ bytes, peakSamples: PEAK_SAMPLES });
    const [message] = await reply;
    peaks.push(...message.peaks);
    return message.pcm;
  };
  for await (const chunk of source.stream()) {
    rest = concat(rest, chunk);
    if (header === 0) {
      if (rest.length < 32) continue;
      header = new DataView(rest.buffer, rest.byteOffset).getUint32(4);
      // A crash may have cut the last frame in half.
      const samples = Math.max(0, source.size - header) & ~1;
      yield wavHeader(SAMPLE_RATE, 2, samples * 2);
      rest = rest.subarray(header);
    }
    for (; rest.length >= PIECE_BYTES; rest = rest.subarray(PIECE_BYTES)) yield render(Uint8Array.from(rest.subarray(0, PIECE_BYTES)));
  }
  if (rest.length > 1) yield render(Uint8Array.from(rest.subarray(0, rest.length & ~1)));
}

async function* one(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
