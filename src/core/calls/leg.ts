/** Whom a leg connects. */
export type LegKind = 'person' | 'human-agent' | 'supervisor' | 'colleague';

export type LegStatus = 'placed' | 'ringing' | 'answered' | 'ended';

/** A connection of a call to one party. The first leg of a call is the person's, over the call's carrier. */
export interface Leg {
  readonly id: number;
  readonly callId: number;
  readonly kind: LegKind;
  readonly carrier: string;
  /** The carrier's id of this leg. */
  readonly carrierLegId: string | null;
  /** The number or name under which the party is reached. */
  readonly address: string | null;
  /** The human agent or supervisor. */
  readonly userId: number | null;
  readonly status: LegStatus;
  /** Why it ended, as a code. */
  readonly cause: string | null;
  readonly createdAt: Date;
  readonly answeredAt: Date | null;
  readonly endedAt: Date | null;
}
