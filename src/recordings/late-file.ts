import type { FileAppender } from '#core/kernel/file-store.ts';

/** A file that is being opened: keeps what is appended until then. */
export class LateFile implements FileAppender {
  readonly #opening: Promise<FileAppender | null>;
  #file: FileAppender | null = null;
  #early: Uint8Array[] | null = [];

  /** `failed` is called once if the file cannot be opened; what is appended is dropped then. */
  constructor(opening: Promise<FileAppender>, failed: (error: unknown) => void) {
    this.#opening = opening.then(
      (file) => {
        for (const bytes of this.#early ?? []) file.append(bytes);
        this.#early = null;
        return (this.#file = file);
      },
      (error: unknown) => {
        this.#early = null;
        failed(error);
        return null;
      },
    );
  }

  append(bytes: Uint8Array): void {
    if (this.#file) this.#file.append(bytes);
    else this.#early?.push(bytes);
  }

  async close(): Promise<void> {
    await (await this.#opening)?.close();
  }
}
