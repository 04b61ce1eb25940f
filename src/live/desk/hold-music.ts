import { FRAME_SAMPLES } from '#engine/audio/format.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { Bridge } from '../bridge/bridge.ts';
import { DEAF } from './deaf-leg.ts';
import { holdMusic } from './music.ts';

const ID = 'hold-music';

/** Plays music to the caller of one call while they are on hold; no one else hears it. */
export class HoldMusic {
  readonly #bridge: Bridge;
  readonly #clock: CallClock;
  #end: (() => void) | null = null;

  constructor(bridge: Bridge, clock: CallClock) {
    this.#bridge = bridge;
    this.#clock = clock;
  }

  start(): void {
    if (this.#end || this.#bridge.isClosed) return;
    const music = holdMusic();
    const input = this.#bridge.join(ID, 'hold-music', DEAF);
    let at = 0;
    this.#end = this.#clock.everyFrame(() => {
      if (this.#bridge.isClosed) return this.stop();
      input.audio(music.subarray(at, at + FRAME_SAMPLES));
      at = (at + FRAME_SAMPLES) % music.length;
    });
  }

  stop(): void {
    if (!this.#end) return;
    this.#end();
    this.#end = null;
    this.#bridge.leave(ID);
  }
}
