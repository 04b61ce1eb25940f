import type { Ownership } from './call-store.ts';
import type { Leg, LegKind } from './leg.ts';
import type { Participant } from './participant.ts';

export interface NewLeg {
  readonly kind: Exclude<LegKind, 'person'>;
  readonly carrier: string;
  readonly carrierLegId: string | null;
  readonly address: string | null;
  readonly userId?: number;
  readonly createdAt: Date;
}

export type LegProgress =
  | { readonly status: 'ringing'; readonly carrierLegId?: string }
  | { readonly status: 'answered'; readonly at: Date }
  | { readonly status: 'ended'; readonly at: Date; readonly cause: string };

/**
 * Legs and participants. The person's leg and the AI agent's part are written with the call itself: when it is stored,
 * answered and ended; the end of the call ends all its legs.
 */
export interface LegStore {
  byId(id: number): Promise<Leg | null>;
  /** A leg beside the person's, by the carrier's id; null if there is none. */
  atCarrier(carrier: string, carrierLegId: string): Promise<Leg | null>;
  /** In the order in which they were made. */
  ofCall(callId: number): Promise<readonly Leg[]>;
  /** In the order in which they joined. */
  participants(callId: number): Promise<readonly Participant[]>;
  /** Adds a party's leg to a running call. Null if the writer is no longer the owner, or the call has ended. */
  add(callId: number, by: Ownership, leg: NewLeg): Promise<Leg | null>;
  /**
   * Changes a leg that `add` made, with its participant: who answers joins, whose leg ends leaves. A status never goes
   * back. False if nothing was changed.
   */
  progress(id: number, by: Ownership, change: LegProgress): Promise<boolean>;
}
