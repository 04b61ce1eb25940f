import { type Booking, type BookSlot, type Callback } from './booking.ts';

export interface BookingStore {
  /** Null when the instant is taken, or held for another call. `heldUntil`: only offered so far. */
  insert(organizationId: number, booking: BookSlot, now: Date, heldUntil: Date | null): Promise<Booking | null>;
  insertCallback(organizationId: number, callback: Callback, at: Date): Promise<number>;
  callbacksOf(callId: number): Promise<readonly Callback[]>;
  ofCall(callId: number): Promise<readonly Booking[]>;
}
