/** A token that opens a room outlives its holder's role, so a user who lost it is removed again this often, ms. */
const AGAIN_MS = 2000;

export interface RoomListenersOptions {
  readonly may: (userId: number) => Promise<boolean>;
  /** Removes the user from the room, wherever they listen. */
  readonly remove: (userId: number) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** The supervisors who have got a token that opens the room of a call, to hear it. */
export class RoomListeners {
  readonly #options: RoomListenersOptions;
  readonly #users = new Set<number>();
  #again: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;
  #closed = false;

  constructor(options: RoomListenersOptions) {
    this.#options = options;
  }

  add(userId: number): void {
    this.#users.add(userId);
    // The role may have been lost between its check and now.
    void this.look();
  }

  /**
   * Removes those who may not listen any more, again and again until the call is over. All who ask while the carrier is
   * asked share the next look. Never rejects.
   */
  look(): Promise<void> {
    return (this.#next ??= this.#looking.then(() => {
      this.#next = null;
      return (this.#looking = this.#look());
    }));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
  }

  async #look(): Promise<void> {
    const { may, remove, failed } = this.#options;
    let isOver = true;
    for (const userId of this.#users)
      try {
        if (this.#closed || (await may(userId))) continue;
        isOver = false;
        await remove(userId);
      } catch (error) {
        isOver = false;
        if (!this.#closed) failed(error);
      }
    clearTimeout(this.#again);
    if (isOver || this.#closed) return;
    this.#again = setTimeout(() => void this.look(), AGAIN_MS);
    this.#again.unref();
  }
}
