import type { Campaign } from './campaign.ts';

/** The share of an organization's calls that campaigns and single outbound calls leave to callers. */
export const INBOUND_RESERVE = 0.3;
/** A dial that could not ring this long before it has to stop is not made. */
export const LEAST_RING_MS = 15_000;
/** Dials that a late claim catches up on, so that an interval of polling does not slow a campaign down. */
const CATCH_UP_MS = 100;

/** Calls of an organization that have not ended. */
export interface CallLoad {
  readonly live: number;
  /** All but inbound ones. */
  readonly outbound: number;
}

/** How many more calls campaigns may place. */
export function freeSlots(load: CallLoad, claimed: number, limit: number): number {
  const forDialling = Math.max(1, Math.floor(limit * (1 - INBOUND_RESERVE)));
  return Math.max(0, Math.min(forDialling - load.outbound, limit - load.live) - claimed);
}

/** When a campaign may dial next, by its calls per second, and how many dials it has made for its weight. */
export interface Pace {
  readonly dialAfter: Date;
  readonly served: number;
}

/** How many dials the calls per second of a campaign allow now, of at most `most`. */
export function dialsAllowed(callsPerSecond: number | null, { dialAfter }: Pace, now: Date, most: number): number {
  if (callsPerSecond === null) return most;
  const lateMs = Math.min(CATCH_UP_MS, now.getTime() - dialAfter.getTime());
  return lateMs < 0 ? 0 : Math.min(most, Math.floor((lateMs * callsPerSecond) / 1000) + 1);
}

/** The pace after some dials, of which the first starts at `served`. */
export function paced(
  { callsPerSecond, weight }: Pick<Campaign, 'callsPerSecond' | 'weight'>,
  { dialAfter }: Pace,
  now: Date,
  { dials, served }: { readonly dials: number; readonly served: number },
): Pace {
  const fromMs = Math.max(dialAfter.getTime(), now.getTime() - CATCH_UP_MS);
  const nextMs = callsPerSecond === null ? fromMs : fromMs + Math.ceil((dials * 1000) / callsPerSecond);
  return { dialAfter: new Date(nextMs), served: served + dials / weight };
}

/** A campaign that could dial `wanted` leads now. */
export interface Contender {
  readonly id: number;
  readonly weight: number;
  readonly served: number;
  readonly wanted: number;
}

export interface Share {
  readonly dials: number;
  /** Where the campaign's own count of dials by weight goes on: a campaign that was idle does not catch up. */
  readonly served: number;
}

/**
 * Shares free slots between campaigns by weight (start-time fair queueing): each goes to the campaign that has had the
 * fewest dials for its weight. `all`: every active campaign of the organization, so that an idle one claims no arrears.
 */
export function shareSlots(
  contenders: readonly Contender[],
  all: readonly Pick<Contender, 'weight' | 'served'>[],
  slots: number,
): ReadonlyMap<number, Share> {
  // A campaign that dials for the first time has a count of 0 and sets no pace for the others.
  let current = Math.max(0, ...all.map(({ served, weight }) => served - 1 / weight));
  const lanes = contenders.map((one) => ({ ...one, dials: 0, start: Math.max(one.served, current) }));
  for (let left = slots; left > 0; left--) {
    const waiting = lanes.filter(({ dials, wanted }) => dials < wanted);
    if (waiting.length === 0) break;
    const nextOf = (one: (typeof lanes)[number]) => one.start + one.dials / one.weight;
    const next = waiting.reduce((best, one) => (nextOf(one) < nextOf(best) ? one : best));
    current = Math.max(current, nextOf(next));
    next.dials++;
  }
  return new Map(lanes.map(({ id, dials, start }) => [id, { dials, served: start }]));
}

/** The caller id of a dial: the one that this person knows, else one of the campaign that stays the same. */
export function callerIdFor(callerIds: readonly string[], personId: number, lastUsed: string | null): string | null {
  if (lastUsed !== null && callerIds.includes(lastUsed)) return lastUsed;
  return callerIds[personId % Math.max(1, callerIds.length)] ?? null;
}
