// Worker thread: reads one document after another. It may be ended at any time.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { Chunk, FileType } from '#core/knowledge/document.ts';
import { cutIntoChunks } from './chunks.ts';
import { extract } from './extract.ts';

export interface ReadTask {
  readonly source: Uint8Array | { readonly path: string };
  readonly fileType: FileType;
  readonly charset: string | null;
  readonly chunkSize: number;
  readonly mostChunks: number;
}
/**
 * Sends chunks in parts, so that the main thread is never blocked for long; then the hash of the document, or the
 * error.
 */
export type ReadResult =
  | { readonly part: readonly Chunk[] }
  | { readonly contentHash: string }
  | { readonly error: string };

const PART = 200;

// On Linux this is the thread's own: calls come first where there is no core to spare.
setPriority(constants.priority.PRIORITY_LOW);

const tell = (result: ReadResult) => parentPort!.postMessage(result);

parentPort!.on('message', ({ source, fileType, charset, chunkSize, mostChunks }: ReadTask) => {
  read(source, fileType, charset).then(
    ({ blocks, contentHash }) => {
      const chunks = cutIntoChunks(blocks, chunkSize);
      if (chunks.length > mostChunks) return tell({ error: `it makes more than ${mostChunks} chunks` });
      for (let from = 0; from < chunks.length; from += PART) tell({ part: chunks.slice(from, from + PART) });
      tell({ contentHash });
    },
    (error: unknown) => tell({ error: error instanceof Error ? error.message : String(error) }),
  );
});

async function read(source: ReadTask['source'], fileType: FileType, charset: string | null) {
  const bytes = source instanceof Uint8Array ? source : await readFile(source.path);
  // Before the text is taken out: a reader may use up the bytes.
  const contentHash = createHash('sha256').update(bytes).digest('hex');
  return { blocks: await extract(bytes, fileType, charset), contentHash };
}
