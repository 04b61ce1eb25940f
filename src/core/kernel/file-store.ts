/** Recordings and uploads, by key. Keys are relative paths of plain names. */
export interface FileStore {
  /**
   * Opens a file for appending; appended data survives a crash of this process. `onFailure` is called once if no more
   * can be
   * written; earlier data stays. `continued`: the file may have been begun by another server. @throws AppError
   * unavailable if the disk is full
   */
  append(key: string, onFailure?: (error: Error) => void, continued?: boolean): Promise<FileAppender>;
  /** @throws AppError no-room */
  write(key: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Stores content temporarily, before its key is known. @throws AppError no-room */
  stage(content: AsyncIterable<Uint8Array>): Promise<StagedFile>;
  /** Null when there is no such file. */
  read(
    key: string,
    range?: { readonly start: number; readonly end: number },
  ): Promise<{ readonly size: number; readonly stream: () => AsyncIterable<Uint8Array> } | null>;
  delete(key: string): Promise<void>;
  /** Keys below a folder of files that were last written before. */
  list(folder: string, writtenBefore: Date): AsyncIterable<string>;
  room(): Promise<FileRoom>;
}

export interface FileRoom {
  /** Of the local disk. */
  readonly freeBytes: number;
  readonly takesNew: boolean;
  readonly store: 'folder' | 's3';
  /** Why files cannot be read or written elsewhere; null if they can. */
  readonly problem: string | null;
  /** Files on the local disk that are not uploaded yet. */
  readonly waiting: number;
}

/** Content on the local disk: kept under a key, or discarded. A crash discards it. */
export interface StagedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  /** From its beginning; not after `keep`. */
  stream(): AsyncIterable<Uint8Array>;
  keep(key: string): Promise<void>;
  /** Does nothing after `keep`. */
  discard(): Promise<void>;
}

export interface FileAppender {
  append(bytes: Uint8Array): void;
  /** Resolves when all data is stored; rejects if some could not be written. */
  close(): Promise<void>;
}
