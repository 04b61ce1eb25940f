import { type Booking, type BookingParty, type BookSlot, type Callback } from './booking.ts';

export interface BookingStore {
  /** Null when the instant is taken, or held for another call. `heldUntil`: only offered so far. */
  insert(organizationId: number, booking: BookSlot, now: Date, heldUntil: Date | null): Promise<Booking | null>;
  /** Null where there is none that could be canceled. */
  cancel(organizationId: number, id: number, at: Date): Promise<Booking | null>;
  /** Those of one party that are still to come, soonest first. */
  upcoming(organizationId: number, whose: BookingParty, now: Date): Promise<readonly Booking[]>;
  insertCallback(organizationId: number, callback: Callback, at: Date): Promise<number>;
  callbacksOf(callId: number): Promise<readonly Callback[]>;
  ofCall(callId: number): Promise<readonly Booking[]>;
}
