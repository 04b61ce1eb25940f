import type { Call } from '#core/calls/call.ts';
import type { Ownership } from '#core/calls/call-store.ts';
import type { Leg } from '#core/calls/leg.ts';
import type { LegStore, NewLeg } from '#core/calls/leg-store.ts';
import type { Log } from '#core/kernel/log.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { MediaEvents, MediaLeg } from '#engine/contracts/media.ts';
import type { Bridge } from './bridge/bridge.ts';

export interface CallLegsOptions {
  readonly call: Pick<Call, 'id' | 'sid'>;
  readonly ownership: Ownership;
  readonly legs: LegStore;
  readonly bridge: Bridge;
  readonly clock: WallClock;
  readonly log: Log;
}

/** What another party's connection delivers, apart from what the bridge needs. */
export type PartyEvents = Pick<MediaEvents, 'dtmf'> & {
  /** The leg has ended, whatever the cause: `hung_up`, `media_lost`, `media_failed`, or that of `end`. */
  readonly ended?: (cause: string) => void;
};

/** The name of a leg's party at the bridge. */
export const participantOf = (leg: Pick<Leg, 'id'>): string => `leg-${leg.id}`;

/** The legs of a running call beside the person's: their rows, and their connections at the bridge. */
export class CallLegs {
  readonly #options: CallLegsOptions;
  readonly #over = new Set<number>();
  readonly #onEnd = new Map<number, (cause: string) => void>();

  constructor(options: CallLegsOptions) {
    this.#options = options;
  }

  /** Stores a leg for a party that is about to be reached. Null if the call has ended or is another server's. */
  add(leg: Omit<NewLeg, 'createdAt'>): Promise<Leg | null> {
    const { call, ownership, legs, clock } = this.#options;
    return legs.add(call.id, ownership, { ...leg, createdAt: clock.now() });
  }

  /** The carrier has taken the dial of a leg. */
  async placed(leg: Pick<Leg, 'id'>, carrierLegId: string): Promise<void> {
    const { call, ownership, legs, log } = this.#options;
    try {
      await legs.progress(leg.id, ownership, { status: 'ringing', carrierLegId });
    } catch (error) {
      log.error({ err: error, call: call.sid, leg: leg.id }, 'the carrier id of a leg could not be stored');
    }
  }

  /**
   * A party's media is connected: it joins the bridge with the first part of its role. Returns the receiver of the
   * media; null if the leg or the call has ended.
   */
  async connect(leg: Leg, media: MediaLeg, events: PartyEvents): Promise<MediaEvents | null> {
    const { ownership, legs, bridge, clock } = this.#options;
    if (leg.kind === 'person') throw new Error(`Leg ${leg.id} is the person's and is connected with the call`);
    if (!(await legs.progress(leg.id, ownership, { status: 'answered', at: clock.now() }))) return null;
    if (this.#over.has(leg.id) || bridge.isClosed) return null;
    if (events.ended) this.#onEnd.set(leg.id, events.ended);
    const input = bridge.join(participantOf(leg), leg.kind, media, () => void this.end(leg, 'media_failed'));
    return {
      ...input,
      dtmf: events.dtmf,
      hungUp: () => void this.end(leg, 'hung_up'),
      lost: () => void this.end(leg, 'media_lost'),
      resumed: () => undefined,
    };
  }

  /** Ends a leg: the party leaves the bridge, and its connection is to be closed. Ending it twice changes nothing. */
  async end(leg: Pick<Leg, 'id'>, cause: string): Promise<void> {
    if (this.#over.has(leg.id)) return;
    this.#over.add(leg.id);
    const { call, ownership, legs, bridge, clock, log } = this.#options;
    bridge.leave(participantOf(leg));
    this.#onEnd.get(leg.id)?.(cause);
    this.#onEnd.delete(leg.id);
    try {
      await legs.progress(leg.id, ownership, { status: 'ended', at: clock.now(), cause });
    } catch (error) {
      // The end of the call ends the leg on record.
      log.error({ err: error, call: call.sid, leg: leg.id }, 'the end of a leg could not be stored');
    }
  }
}
