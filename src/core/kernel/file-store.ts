/** Recordings and uploads, by key. Keys are relative paths of plain names. */
export interface FileStore {
  /**
   * A file that grows; what was appended survives a crash of ours. `onFailure` is told, once, when no more can be
   * written; what was written before stays. @throws AppError unavailable when there is no room
   */
  append(key: string, onFailure?: (error: Error) => void): Promise<FileAppender>;
  /** @throws AppError no-room */
  write(key: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Takes in content before it is known where it belongs. @throws AppError no-room */
  stage(content: AsyncIterable<Uint8Array>): Promise<StagedFile>;
  /** Null when there is no such file. */
  read(
    key: string,
    range?: { readonly start: number; readonly end: number },
  ): Promise<{ readonly size: number; readonly stream: () => AsyncIterable<Uint8Array> } | null>;
  delete(key: string): Promise<void>;
  /** Keys below a folder of files that were last written before. */
  list(folder: string, writtenBefore: Date): AsyncIterable<string>;
  room(): Promise<{ readonly freeBytes: number; readonly takesNew: boolean }>;
}

/** Content on the local disk: kept under a key, or discarded. A crash discards it. */
export interface StagedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  keep(key: string): Promise<void>;
  /** Nothing where it was kept. */
  discard(): Promise<void>;
}

export interface FileAppender {
  append(bytes: Uint8Array): void;
  /** Resolves when everything is with the store. Rejects when something could not be written. */
  close(): Promise<void>;
}
