import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { recordingFiles } from '#core/calls/recording.ts';
import type { Store } from '#core/records.ts';
import { AppError } from '#core/kernel/errors.ts';
import type { FileStore } from '#core/kernel/file-store.ts';
import { SAMPLE_RATE } from '#engine/audio/format.ts';
import { decodeMulaw } from '#engine/audio/mulaw.ts';
import { wavHeader } from '#engine/audio/wav.ts';
import { AU_HEADER_BYTES } from './au-format.ts';
import type { RecordingPiece, RecordingTask } from './recording-worker.ts';

/** A peak stands for so many samples: 20 ms. */
export const PEAK_SAMPLES = 160;
/** Whole peaks of two channels, so that a piece never cuts one. */
export const PIECE_BYTES = PEAK_SAMPLES * 2 * 200;

type Source = NonNullable<Awaited<ReturnType<FileStore['read']>>>;

/**
 * Makes a call's WAV and MP3 files and its waveform from what was streamed to the file store while it ran, off the
 * event loop. Doing it again gives the same files.
 */
export async function renderRecording(store: Store, files: FileStore, callId: number): Promise<void> {
  const call = await store.calls.byId(callId);
  if (!call?.recordingKey) return;
  const source = await files.read(call.recordingKey);
  // The server that ran the call may not have uploaded it yet: the job is tried again.
  if (!source) throw new AppError('unavailable', `The recording ${call.recordingKey} is not there yet`);
  const made = recordingFiles(call.recordingKey);
  const worker = new RenderWorker();
  const peaks: [number, number][] = [];
  try {
    await files.write(made.wav, wavOf(source, worker, peaks));
    await files.write(made.peaks, one(JSON.stringify(peaks)));
    await files.write(made.mp3, mp3Of(source, worker));
  } finally {
    await worker.close();
  }
  // It may have been deleted meanwhile: then what was made of it goes too.
  if ((await store.calls.byId(callId))?.recordingKey !== call.recordingKey)
    return deleteRecordingFiles(files, call.recordingKey);
  await store.transaction((records) =>
    records.outbox.event(call.organizationId, { type: 'recording.ready', callId, data: { key: made.wav } }),
  );
}

/** A recording as WAV before it was made one, as far as it goes: of a call that runs, or has only just ended. */
export function wavSoFar(source: Source): AsyncIterable<Uint8Array> {
  return (async function* () {
    yield wavHeader(SAMPLE_RATE, 2, samplesIn(source) * 2);
    for await (const piece of pieces(source)) {
      const pcm = decodeMulaw(piece);
      yield new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
    }
  })();
}

export const wavBytes = (source: Source): number => wavHeader(SAMPLE_RATE, 2, 0).length + samplesIn(source) * 2;

export async function deleteRecordingFiles(files: FileStore, recordingKey: string): Promise<void> {
  for (const key of Object.values(recordingFiles(recordingKey))) await files.delete(key);
}

export class RenderWorker {
  readonly #worker = new Worker(new URL('./recording-worker.ts', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });

  async make(task: RecordingTask): Promise<RecordingPiece> {
    const reply = once(this.#worker, 'message') as Promise<[RecordingPiece]>;
    this.#worker.postMessage(task);
    return (await reply)[0];
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Of both channels; a crash may have cut the last frame in half. */
const samplesIn = (source: Source): number => Math.max(0, source.size - AU_HEADER_BYTES) & ~1;

async function* wavOf(source: Source, worker: RenderWorker, peaks: [number, number][]): AsyncGenerator<Uint8Array> {
  yield wavHeader(SAMPLE_RATE, 2, samplesIn(source) * 2);
  for await (const bytes of pieces(source)) {
    const piece = await worker.make({ make: 'pcm', bytes, peakSamples: PEAK_SAMPLES });
    peaks.push(...piece.peaks);
    yield piece.out;
  }
}

async function* mp3Of(source: Source, worker: RenderWorker): AsyncGenerator<Uint8Array> {
  for await (const bytes of pieces(source)) yield (await worker.make({ make: 'mp3', bytes })).out;
  yield (await worker.make({ make: 'mp3', bytes: null })).out;
}

/** The samples of an AU file of ours in whole pieces, no more than it had when it was opened. */
async function* pieces(source: Source): AsyncGenerator<Uint8Array> {
  let left = AU_HEADER_BYTES + samplesIn(source);
  let rest: Uint8Array = new Uint8Array(0);
  let header = true;
  for await (const chunk of source.stream()) {
    rest = concat(rest, chunk.subarray(0, left));
    left -= Math.min(left, chunk.length);
    if (header && rest.length < AU_HEADER_BYTES) continue;
    if (header) rest = rest.subarray(AU_HEADER_BYTES);
    header = false;
    for (; rest.length >= PIECE_BYTES; rest = rest.subarray(PIECE_BYTES))
      yield Uint8Array.from(rest.subarray(0, PIECE_BYTES));
    if (left === 0) break;
  }
  if (!header && rest.length > 1) yield Uint8Array.from(rest.subarray(0, rest.length & ~1));
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
