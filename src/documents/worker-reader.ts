import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Chunk, FileType } from '#core/knowledge/document.ts';
import type { DocumentReader } from '#core/knowledge/ports.ts';
import { AppError, invalid } from '#core/kernel/errors.ts';
import type { ReadResult, ReadTask } from './reader-worker.ts';

const LONGEST_MS = 120_000;
const MOST_CHUNKS = 20_000;
const MOST_WAITING = 8;
/** A document that unpacks to more than this is not read: a small file may hold a very large one. */
const MEMORY_MB = 768;
const LOOK_MS = 100;
const MB = 2 ** 20;

/** Reads documents in a thread of their own, one at a time: what a document does to it ends with it. */
export class WorkerReader implements DocumentReader {
  readonly #memoryMb: number;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(memoryMb = MEMORY_MB) {
    this.#memoryMb = memoryMb;
  }

  async read(bytes: Uint8Array, fileType: FileType, chunkSize: number): Promise<readonly Chunk[]> {
    if (this.#waiting >= MOST_WAITING)
      throw new AppError('unavailable', 'Too many documents are being read. Try again in a moment.');
    this.#waiting++;
    const turn = this.#last.then(() =>
      readOne({ bytes, fileType, chunkSize, mostChunks: MOST_CHUNKS }, this.#memoryMb),
    );
    this.#last = turn.catch(() => undefined);
    try {
      return checked(await turn, fileType);
    } finally {
      this.#waiting--;
    }
  }
}

type Read = { readonly chunks: readonly Chunk[] } | { readonly error: string };

async function readOne(task: ReadTask, memoryMb: number): Promise<Read> {
  const worker = new Worker(new URL('./reader-worker.ts', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  });
  const late = AbortSignal.timeout(LONGEST_MS);
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
      if ('done' in result) break;
      chunks.push(...result.part);
    }
    return { chunks };
  } catch (error) {
    if (tooMuch.signal.aborted) return { error: 'it unpacks to too much' };
    return {
      error: late.aborted
        ? `it takes longer than ${LONGEST_MS / 1000} s`
        : error instanceof Error
          ? error.message
          : String(error),
    };
  } finally {
    clearInterval(watch);
    await worker.terminate();
  }
}

function checked(result: Read, fileType: FileType): readonly Chunk[] {
  if ('error' in result) throw invalid('file', `could not be read as ${fileType}: ${result.error}`);
  if (result.chunks.length === 0) throw invalid('file', 'holds no text');
  return result.chunks;
}
