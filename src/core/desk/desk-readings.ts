import type { Core } from '../core.ts';
import { readDesk } from './change-desk.ts';
import type { Desk } from './desk.ts';

const FRESH_MS = 1000;

/**
 * Readings of desks that callers on this server share: a desk is read at most once a second, however many of them ask.
 * What is decided by one is up to a second old.
 */
export class DeskReadings {
  readonly #core: Pick<Core, 'store' | 'carriers' | 'clock'>;
  /** By organization, oldest first. */
  readonly #readings = new Map<number, { readonly atMs: number; readonly desk: Promise<Desk> }>();

  constructor(core: Pick<Core, 'store' | 'carriers' | 'clock'>) {
    this.#core = core;
  }

  read(organizationId: number): Promise<Desk> {
    this.#forgetOld();
    const known = this.#readings.get(organizationId);
    if (known) return known.desk;
    const desk = readDesk(this.#core, organizationId);
    this.#readings.set(organizationId, { atMs: this.#core.clock.now().getTime(), desk });
    desk.catch(() => {
      if (this.#readings.get(organizationId)?.desk === desk) this.#readings.delete(organizationId);
    });
    return desk;
  }

  #forgetOld(): void {
    const nowMs = this.#core.clock.now().getTime();
    for (const [organizationId, { atMs }] of this.#readings) {
      const ageMs = nowMs - atMs;
      // The clock may have been set back.
      if (ageMs >= 0 && ageMs < FRESH_MS) break;
      this.#readings.delete(organizationId);
    }
  }
}
