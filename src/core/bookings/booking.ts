/** An instant that somebody booked. */
export interface Booking {
  readonly id: number;
  readonly at: Date;
  readonly name: string | null;
  readonly number: string | null;
  readonly notes: string | null;
  readonly personId: number | null;
  readonly callId: number | null;
  /** The talk in text in which it was made. */
  readonly conversationId?: number | null;
}

export type BookSlot = Omit<Booking, 'id'>;

/** Whose a booking is: who made it, with which number, or in this very talk. Null where it is not known. */
export type BookingParty = Pick<Booking, 'personId' | 'number' | 'callId' | 'conversationId'>;

/** Somebody is to be called back. */
export interface Callback {
  readonly callId: number | null;
  readonly conversationId?: number | null;
  readonly personId: number | null;
  readonly number: string | null;
  /** When, in the words in which it was asked for. */
  readonly wanted: string;
  readonly dueAt: Date | null;
  readonly reason: string;
}
