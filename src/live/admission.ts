import type { Reservation } from '#core/calls/live-calls.ts';

const SAMPLE_MS = 100;
/** Lag of the event loop, smoothed, above which no further call is taken: those that run come first. */
const LAG_LIMIT_MS = 150;
const SMOOTHING = 0.2;

/** Decides whether this process has room for one more call: by slots, and by how late its event loop runs. */
export class Admission {
  readonly #slots: number;
  #taken = 0;
  #lagMs = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(slots: number) {
    this.#slots = slots;
    let due = performance.now() + SAMPLE_MS;
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#lagMs += SMOOTHING * (Math.max(0, now - due) - this.#lagMs);
      due = now + SAMPLE_MS;
    }, SAMPLE_MS);
    this.#timer.unref();
  }

  get taken(): number {
    return this.#taken;
  }

  /** A slot is taken at once, so that two who ask together do not both get the last one. */
  reserve(): { reservation: Reservation } | { refused: string } {
    if (this.#taken >= this.#slots) return { refused: `All ${this.#slots} call slots of this server are taken` };
    if (this.#lagMs > LAG_LIMIT_MS) return { refused: 'This server is too busy to take another call' };
    return { reservation: this.#take() };
  }

  /** For calls that cannot be refused any more. */
  force(): Reservation {
    return this.#take();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #take(): Reservation {
    this.#taken++;
    let given = false;
    return {
      give: () => {
        if (given) return;
        given = true;
        this.#taken--;
      },
    };
  }
}
