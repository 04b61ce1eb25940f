/**
 * Time as one call lives it, in milliseconds from an arbitrary start. Everything of a call (engine, media, simulated
 * people) reads one such clock, so that a call can run in real time, faster, or on a virtual clock in tests.
 */
export interface CallClock {
  nowMs(): number;
  /** Whether this clock pauses while speech work is behind: true for simulated calls only. */
  readonly waits: boolean;
  /** Runs `fn` once, at `atMs` or as soon after as possible. Returns what cancels it. */
  at(atMs: number, fn: () => void): () => void;
  /** Runs `fn` every 20 ms against an absolute deadline; calls are spread over the 20 ms. Returns what ends it. */
  everyFrame(fn: () => void): () => void;
  /**
   * Announces speech work that this call waits for. A clock that may wait (a simulated call's) stands still once the
   * work is `budgetMs` behind; a real-time one ignores it. Returns what ends the announcement; calling it twice is
   * harmless. `takesRealTime`: it is work outside, such as a tool's request, and takes as long on the call as on the
   * wall: until it ends, the clock runs no faster than that.
   */
  working(budgetMs: number, takesRealTime?: boolean): () => void;
  /**
   * Runs `fn` once everything that has arrived from the network by now was handed over. A clock without it leaves no
   * time between the arrival of audio and its effect.
   */
  afterArrivals?(fn: () => void): void;
  /** A person in real time joins the call; a clock that runs faster falls back to real time for good. */
  runInRealTime?(): void;
}
