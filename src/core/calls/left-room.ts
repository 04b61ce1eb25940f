import type { CarrierRoom } from '../kernel/carrier-room.ts';

/** A call that took place in a room. */
export interface CallInRoom {
  readonly placedAt: Date;
  /** Null while the call runs, on whichever server. */
  readonly endedAt: Date | null;
}

/** A room is left alone this long after its call: the hang-up is on its way, or the carrier closes it. */
export const ROOM_GRACE_MS = 60_000;
/** How much earlier than its call a room may have been created: by the caller's arrival, and by another clock. */
export const ROOM_AHEAD_MS = 60_000;
const CLOCK_SKEW_MS = 5000;

/**
 * Whether a room is one of ours that outlived its call. A room is ours if it was created for one of our calls: an older
 * one that a call only visited, and a newer one of the same name, belong to others.
 */
export function isLeftOver({ createdAt }: CarrierRoom, calls: readonly CallInRoom[], now: Date): boolean {
  const created = createdAt.getTime();
  const isOurs = calls.some(
    ({ placedAt, endedAt }) =>
      created >= placedAt.getTime() - ROOM_AHEAD_MS &&
      (endedAt === null || created <= endedAt.getTime() + CLOCK_SKEW_MS),
  );
  return isOurs && calls.every(({ endedAt }) => endedAt !== null && now.getTime() - endedAt.getTime() >= ROOM_GRACE_MS);
}
