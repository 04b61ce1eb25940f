import type { Call } from '../calls/call.ts';
import type { MediaParty } from '../calls/media-token-store.ts';
import type { RoomAccess } from '../carriers/carrier-directory.ts';
import type { Core } from '../core.ts';
import { AppError } from '../kernel/errors.ts';

type Rooms = Pick<Core, 'carriers' | 'live' | 'clock'>;

/** The name of a party in its room. */
export const guestOf = (userId: number): string => `user_${userId}`;

/**
 * Where the call is a room that browsers can join: the room in which a party has its audio. Who only listens joins that
 * of the call, unseen; who speaks gets one with our end alone, which the server that runs the call joins.
 */
export async function roomOfParty(
  core: Rooms,
  { call, party }: { readonly call: Call; readonly party: MediaParty },
): Promise<RoomAccess | null> {
  if (call.carrierCallId === null) return null;
  try {
    if (party.part === 'listen') return await roomToHear(core, call, party.userId);
    // One who comes back gets another room.
    const room = `${call.sid}-u${party.userId}t${core.clock.now().getTime()}`;
    const access = await core.carriers.invite(call.carrier, room, guestOf(party.userId));
    if (!access) return null;
    return (await core.live.send(call.id, { type: 'room', room, party })) === 'done' ? access : null;
  } catch (error) {
    // The media socket goes to the server that runs the call by itself.
    if (error instanceof AppError) return null;
    throw error;
  }
}

/**
 * Opens the room of a call for a user, to hear it unseen as long as they may supervise; the server of the call sees to
 * that. Null if the call is no room that can be joined. @throws AppError conflict (the call does not run), unavailable
 */
export async function roomToHear(core: Rooms, call: Call, userId: number): Promise<RoomAccess | null> {
  if (call.carrierCallId === null) return null;
  const access = await core.carriers.listen(call.carrier, call.carrierCallId, guestOf(userId));
  if (!access) return null;
  if ((await core.live.send(call.id, { type: 'listener', userId })) === 'done') return access;
  throw new AppError('conflict', 'The call has ended', { subject: call.sid });
}
