/** One deadline per call: the time until which something must have happened to it. Setting another replaces it. */
export class CallDeadlines {
  readonly #timers = new Map<number, NodeJS.Timeout>();

  set(callId: number, ms: number, expired: () => void): void {
    this.clear(callId);
    this.#timers.set(callId, setTimeout(expired, ms));
  }

  clear(callId: number): void {
    clearTimeout(this.#timers.get(callId));
    this.#timers.delete(callId);
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
