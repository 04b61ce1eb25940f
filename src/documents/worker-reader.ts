import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Chunk, FileType } from '#core/knowledge/document.ts';
import type { DocumentReader, ReadDocument } from '#core/knowledge/document-reader.ts';
import { AppError, invalid } from '#core/kernel/errors.ts';
import { FairTurns } from '#core/kernel/fair-turns.ts';
import type { ReadResult, ReadTask } from './reader-worker.ts';

const LONGEST_MS = 60_000;
const MOST_CHUNKS = 20_000;
/** Each organization reads one document at a time, so that slow ones delay only its own. */
const TURNS = { atOnce: 2, perKey: 1, waitingPerKey: 8 };
/** Largest unpacked document; protects against decompression bombs. */
const MEMORY_MB = 768;
const LOOK_MS = 100;
const MB = 2 ** 20;

/** Reads each document in its own thread, which ends with it, so that a malicious document does no lasting harm. */
export class WorkerReader implements DocumentReader {
  readonly #memoryMb: number;
  readonly #longestMs: number;
  readonly #turns = new FairTurns(TURNS);

  constructor(memoryMb = MEMORY_MB, longestMs = LONGEST_MS) {
    this.#memoryMb = memoryMb;
    this.#longestMs = longestMs;
  }

  async read(
    organizationId: number,
    source: Uint8Array | { readonly path: string },
    fileType: FileType,
    chunkSize: number,
    charset: string | null,
  ): Promise<ReadDocument> {
    const release = await this.#turns.take(organizationId);
    if (!release) throw new AppError('unavailable', 'Too many documents are being read. Try again in a moment.');
    try {
      const content = source instanceof Uint8Array ? source : { path: source.path };
      const task = { source: content, fileType, charset, chunkSize, mostChunks: MOST_CHUNKS };
      return checked(await readOne(task, this.#memoryMb, this.#longestMs), fileType);
    } finally {
      release();
    }
  }
}

type Read = ReadDocument | { readonly error: string };

async function readOne(task: ReadTask, memoryMb: number, longestMs: number): Promise<Read> {
  const worker = new Worker(new URL('./reader-worker.ts', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  });
  const late = AbortSignal.timeout(longestMs);
  const tooMuch = new AbortController();
  // What is unpacked lies outside of the heap that can be limited.
  const before = process.memoryUsage.rss();
  const watch = setInterval(() => process.memoryUsage.rss() - before > memoryMb * MB && tooMuch.abort(), LOOK_MS);
  try {
    worker.postMessage(task);
    const chunks: Chunk[] = [];
    // Ends with an error when the worker does.
    for await (const [result] of on(worker, 'message', {
      signal: AbortSignal.any([late, tooMuch.signal]),
    }) as AsyncIterable<[ReadResult]>) {
      if ('error' in result) return result;
      if ('contentHash' in result) return { chunks, contentHash: result.contentHash };
      chunks.push(...result.part);
    }
    return { error: 'the reader ended early' };
  } catch (error) {
    if (tooMuch.signal.aborted) return { error: 'it unpacks to too much' };
    return {
      error: late.aborted
        ? `it takes longer than ${longestMs / 1000} s`
        : error instanceof Error
          ? error.message
          : String(error),
    };
  } finally {
    clearInterval(watch);
    await worker.terminate();
  }
}

function checked(result: Read, fileType: FileType): ReadDocument {
  if ('error' in result) throw invalid('file', `could not be read as ${fileType}: ${result.error}`);
  if (result.chunks.length === 0) throw invalid('file', 'holds no text');
  return result;
}
