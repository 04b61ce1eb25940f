/** A booked appointment. */
export interface Booking {
  readonly id: number;
  readonly at: Date;
  readonly name: string | null;
  readonly number: string | null;
  readonly notes: string | null;
  readonly personId: number | null;
  /** The conversation in which it was made; null: outside of any. */
  readonly conversationId: number | null;
  readonly createdAt: Date;
}

export type BookSlot = Omit<Booking, 'id' | 'createdAt'>;

/** Identifies the owner of bookings: the person, the number, or the current conversation. Null if unknown. */
export type BookingParty = Pick<Booking, 'personId' | 'number' | 'conversationId'>;

/** A request to call a person back. */
export interface Callback {
  readonly conversationId: number;
  readonly personId: number | null;
  readonly number: string | null;
  /** The wanted time in the caller's own words. */
  readonly wanted: string;
  readonly dueAt: Date | null;
  readonly reason: string;
}
