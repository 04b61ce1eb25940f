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

  isOpen(
    { placeId, place }: { readonly placeId: number; readonly place: CallingPlace },
    rules: readonly Jurisdiction[],
    own: readonly WeekHours[],
    now: Date,
  ): boolean {
    if (place.alwaysOpen) return true;
    const key = `${placeId} ${JSON.stringify(own)}`;
    const known = this.#known.get(key);
    const isKnown = known !== undefined && Math.abs(now.getTime() - known.atMs) < KEPT_MS && !isOver(known, now);
    if (isKnown) return isOpenToDial(known.open, now);
    if (this.#known.size >= MOST_KEPT) this.#known.clear();
    const open = openAtOrAfter({ zones: place.zones, jurisdictions: rulesAt(place, rules), own }, now);
    this.#known.set(key, { atMs: now.getTime(), open });
    return isOpenToDial(open, now);
  }
}

const isOver = ({ open }: Known, now: Date): boolean => open !== null && open.toMs <= now.getTime();
