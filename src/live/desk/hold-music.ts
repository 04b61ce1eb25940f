import { FRAME_SAMPLES } from '#engine/audio/format.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { DeskCore } from '#core/desk/change-desk.ts';
import { PERSON, type Bridge } from '../bridge/bridge.ts';
import { hold } from '../bridge/hearing.ts';
import { DEAF } from './deaf-leg.ts';
import { holdMusic } from './music.ts';

const ID = 'hold-music';

/** Holds the caller of one call, and plays music to them meanwhile; no one else hears it. */
export class HoldMusic {
  readonly #bridge: Bridge;
  readonly #clock: CallClock;
  #end: (() => void) | null = null;

  constructor(bridge: Bridge, clock: CallClock) {
    this.#bridge = bridge;
    this.#clock = clock;
  }

  get isOnHold(): boolean {
    return this.#bridge.attendance.some(({ id, part }) => id === PERSON && part.kind === 'hold');
  }

  /** The caller hears no one and is heard by no one; the organization says whether they hear music. */
  async hold({ store }: Pick<DeskCore, 'store'>, organizationId: number): Promise<void> {
    this.#bridge.change((all) => hold(all, PERSON));
    const organization = await store.organizations.get(organizationId);
    if (organization?.holdAudio === 'music' && this.isOnHold) this.start();
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
