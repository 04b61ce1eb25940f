import { FRAME_SAMPLES, SILENCE } from '#engine/audio/format.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { Bridge } from '../bridge/bridge.ts';
import { brief, hold } from '../bridge/hearing.ts';
import { DEAF } from './deaf-leg.ts';

/** Ends this long after its last word. */
const PAUSE_FRAMES = 10;

/**
 * Plays a text to one participant of a call; the others do not hear it. Resolves when it has been played, or was cut
 * off by `stop`.
 */
export class Briefing {
  readonly #bridge: Bridge;
  readonly #id: string;
  readonly #listener: string;
  #stop: () => void = () => undefined;

  constructor(bridge: Bridge, listener: string) {
    this.#bridge = bridge;
    this.#listener = listener;
    this.#id = `briefing-${listener}`;
  }

  play(clock: CallClock, mulaw: Uint8Array): Promise<void> {
    const isThere = () => this.#bridge.attendance.some(({ id }) => id === this.#listener);
    if (this.#bridge.isClosed || !isThere()) return Promise.resolve();
    const input = this.#bridge.join(this.#id, 'colleague', DEAF);
    this.#bridge.change((all) => brief(all, this.#listener, this.#id));
    return new Promise((done) => {
      let at = 0;
      const endFrames = clock.everyFrame(() => {
        if (at >= mulaw.length + PAUSE_FRAMES * FRAME_SAMPLES || this.#bridge.isClosed || !isThere())
          return this.#stop();
        const frame = new Uint8Array(FRAME_SAMPLES).fill(SILENCE);
        frame.set(mulaw.subarray(at, at + FRAME_SAMPLES));
        at += FRAME_SAMPLES;
        input.audio(frame);
      });
      this.#stop = () => {
        this.#stop = () => undefined;
        endFrames();
        // The listener waits apart until the bridge is changed for them.
        if (!this.#bridge.isClosed && isThere()) this.#bridge.change((all) => hold(all, this.#listener));
        this.#bridge.leave(this.#id);
        done();
      };
    });
  }

  stop(): void {
    this.#stop();
  }
}
