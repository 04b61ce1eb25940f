import { rulesAt } from '../dialling/may-dial.ts';
import { openAtOrAfter, type Interval } from '../dialling/open-hours.ts';
import type { Jurisdiction } from '../dialling/rules.ts';
import type { WeekHours } from '../dialling/week-hours.ts';
import { isOpenToDial, type CallingPlace } from './reasons.ts';

/** An answer is computed anew after this time, in which rules may have changed; each dial asks the rules itself. */
const KEPT_MS = 60_000;
const MOST_KEPT = 10_000;

interface Known {
  readonly atMs: number;
  readonly open: Interval | null;
}

/** Which places are open now: the same for all their leads, and for hours. */
export class OpenPlaces {
  readonly #known = new Map<string, Known>();

  /** From when on the place is open: now, later, or never (`Infinity`). */
  opensMs(
    { placeId, place }: { readonly placeId: number; readonly place: CallingPlace },
    rules: readonly Jurisdiction[],
    own: readonly WeekHours[],
    now: Date,
  ): number {
    if (place.alwaysOpen) return now.getTime();
    const key = `${placeId} ${JSON.stringify(own)}`;
    const known = this.#known.get(key);
    const isKnown = known !== undefined && Math.abs(now.getTime() - known.atMs) < KEPT_MS && !isOver(known, now);
    if (isKnown) return opening(known.open, now);
    if (this.#known.size >= MOST_KEPT) this.#known.clear();
    const open = openAtOrAfter({ zones: place.zones, jurisdictions: rulesAt(place, rules), own }, now);
    this.#known.set(key, { atMs: now.getTime(), open });
    return opening(open, now);
  }
}

/** Where it closes too soon to dial, it is looked at again when it has closed. */
function opening(open: Interval | null, now: Date): number {
  if (open === null) return Infinity;
  return isOpenToDial(open, now) ? now.getTime() : Math.max(open.fromMs, open.fromMs <= now.getTime() ? open.toMs : 0);
}

const isOver = ({ open }: Known, now: Date): boolean => open !== null && open.toMs <= now.getTime();
