import { isLeftOver } from '#core/calls/left-room.ts';
import type { CarrierRoom } from '#core/kernel/carrier-room.ts';
import type { Log } from '#core/kernel/log.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { Store } from '#core/records.ts';
import type { Carriers } from './carriers.ts';

const AT_ONCE = 500;

interface Options {
  readonly store: Pick<Store, 'calls'>;
  readonly clock: WallClock;
  readonly carriers: Pick<Carriers, 'roomsOf' | 'hangUp' | 'manifests'>;
  readonly log: Log;
}

/** Closes rooms at carriers that outlived their call: its server was killed, or the carrier was away at its end. */
export async function closeLeftRooms({ store, clock, carriers, log }: Options): Promise<number> {
  let closed = 0;
  for (const { id } of carriers.manifests) {
    let rooms: readonly CarrierRoom[];
    try {
      rooms = await carriers.roomsOf(id);
    } catch (error) {
      log.warn({ err: error, carrier: id }, 'rooms could not be listed at the carrier');
      continue;
    }
    for (let from = 0; from < rooms.length; from += AT_ONCE) {
      const some = rooms.slice(from, from + AT_ONCE);
      const calls = await store.calls.inRooms(id, some);
      for (const room of some) {
        if (!isLeftOver(room, calls.get(room.name) ?? [], clock.now())) continue;
        log.warn({ carrier: id, room: room.name }, 'closed a room that outlived its call');
        await carriers.hangUp(id, room.name, log);
        closed++;
      }
    }
  }
  return closed;
}
