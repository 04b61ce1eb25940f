import { isOnDutyFor, offerFor, type Desk } from './desk.ts';
import { positionOf } from './estimate.ts';
import type { Offer } from './offer.ts';
import type { QueueEntry } from './queue-entry.ts';

/** A place in line, and what is known of the wait. */
export interface Place {
  readonly entry: QueueEntry;
  /** The agent who is offered the call already. */
  readonly offer: Offer | null;
  readonly position: number | null;
  /** Whether an agent who could take the call is on duty. */
  readonly isStaffed: boolean;
}

export function placeOf(desk: Desk, callId: number, now: Date): Place {
  // The newest entry of the call: an earlier one has ended.
  const entry = desk.entries
    .filter((one) => one.callId === callId && one.state !== 'connected')
    .reduce((newest, one) => (newest.id > one.id ? newest : one));
  return {
    entry,
    offer: offerFor(desk, entry.id),
    position: positionOf(desk, entry.id),
    isStaffed: desk.agents.some((agent) => isOnDutyFor(desk, agent, entry, now)),
  };
}
