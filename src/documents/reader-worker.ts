// Worker thread: reads one document after another. It may be ended at any time.
import { readFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { Chunk, FileType } from '#core/knowledge/document.ts';
import { cutIntoChunks } from './chunks.ts';
import { extract } from './extract.ts';

export interface ReadTask {
  readonly source: Uint8Array | { readonly path: string };
  readonly fileType: FileType;
  readonly chunkSize: number;
  readonly mostChunks: number;
}
/** Chunks come in parts, so that whoever takes them is never held up for long; then `done`, or why not. */
export type ReadResult = { readonly part: readonly Chunk[] } | { readonly done: true } | { readonly error: string };

const PART = 200;

// On Linux this is the thread's own: calls come first where there is no core to spare.
setPriority(constants.priority.PRIORITY_LOW);

const tell = (result: ReadResult) => parentPort!.postMessage(result);

parentPort!.on('message', ({ source, fileType, chunkSize, mostChunks }: ReadTask) => {
  read(source, fileType).then(
    (blocks) => {
      const chunks = cutIntoChunks(blocks, chunkSize);
      if (chunks.length > mostChunks) return tell({ error: `it makes more than ${mostChunks} chunks` });
      for (let from = 0; from < chunks.length; from += PART) tell({ part: chunks.slice(from, from + PART) });
      tell({ done: true });
    },
    (error: unknown) => tell({ error: error instanceof Error ? error.message : String(error) }),
  );
});

async function read(source: ReadTask['source'], fileType: FileType) {
  return extract(source instanceof Uint8Array ? source : await readFile(source.path), fileType);
}
