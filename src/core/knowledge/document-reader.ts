import type { Chunk, FileType } from './document.ts';

/** `contentHash`: SHA-256 of its bytes, in hex. */
export interface ReadDocument {
  readonly chunks: readonly Chunk[];
  readonly contentHash: string;
}

/** Reads documents, off the event loop. */
export interface DocumentReader {
  /**
   * Organizations take turns. `charset`: the encoding that the sender declared.
   * @throws AppError invalid-input when it cannot be read as what it is said to be, or text of it would be lost;
   * unavailable when too many wait
   */
  read(
    organizationId: number,
    source: Uint8Array | { readonly path: string },
    fileType: FileType,
    chunkSize: number,
    charset: string | null,
  ): Promise<ReadDocument>;
}

/** The one folder that paths may lead into. */
export interface KnowledgeFolder {
  /**
   * Opens a file of one organization, which is closed once its content was read: the first one has the folder itself,
   * without the subfolders `org_N` of the others.
   * @throws AppError invalid-input: outside, or not there; which of the two is not said
   */
  read(
    path: string,
    organization: { readonly id: number; readonly isFirst: boolean },
  ): Promise<{ readonly name: string; readonly content: AsyncIterable<Uint8Array> }>;
}
