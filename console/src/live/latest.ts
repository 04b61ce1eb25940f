/** Of acts that take time, only the latest that was asked for counts. */
export class Latest {
  #asked = 0;

  /** Begins an act; the returned function tells whether it was stopped since, or another one was begun. */
  begin(): () => boolean {
    const ours = ++this.#asked;
    return () => this.#asked !== ours;
  }

  stop(): void {
    this.#asked++;
  }
}
