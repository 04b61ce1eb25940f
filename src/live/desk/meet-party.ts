import type { CarrierEvent } from '#contracts/carrier.ts';
import type { CallCommand } from '#core/calls/live-calls.ts';
import type { MediaParty } from '#core/calls/media-token-store.ts';
import { guestOf } from '#core/desk/party-room.ts';
import type { MediaLeg } from '#engine/contracts/media.ts';
import type { Connection } from '../joining.ts';

export interface MeetOptions {
  /** Waits for a guest's browser in a room of the call's carrier. */
  readonly meet: (room: string, guest: string, onEvent: (event: CarrierEvent) => void) => Promise<void>;
  readonly connect: (party: MediaParty, media: MediaLeg) => Promise<Connection>;
  readonly failed: (error: unknown) => void;
}

/** A human agent or supervisor was invited to a room: their media is connected when they come. Never throws. */
export function meetParty(
  { meet, connect, failed }: MeetOptions,
  { room, party }: Extract<CallCommand, { type: 'room' }>,
): void {
  const join = async (event: CarrierEvent) => {
    if (event.type !== 'answered') return;
    const connection = await connect(party, event.leg);
    if ('refused' in connection) return event.leg.close();
    event.connect(connection.events);
    connection.begin();
  };
  meet(room, guestOf(party.userId), (event) => void join(event).catch(failed)).catch(failed);
}
