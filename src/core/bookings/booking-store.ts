import type { Page } from '../kernel/page.ts';
import { type Booking, type BookingParty, type BookSlot, type Callback } from './booking.ts';

export interface BookingStore {
  /** Null if the time is booked or held for another conversation. `heldUntil` is set while it is only offered. */
  insert(organizationId: number, booking: BookSlot, now: Date, heldUntil: Date | null): Promise<Booking | null>;
  /** Latest first, without offered times. */
  list(organizationId: number, page: Page): Promise<readonly Booking[]>;
  /** Booked times from the first (included) to the last (excluded), soonest first, without offered ones. */
  between(organizationId: number, from: Date, to: Date, limit: number): Promise<readonly Booking[]>;
  /** Booked or held instants, from the first (included) to the last (excluded). */
  taken(organizationId: number, from: Date, to: Date, now: Date): Promise<readonly Date[]>;
  /** Null if there is no booking to cancel. */
  cancel(organizationId: number, id: number, at: Date): Promise<Booking | null>;
  /** The future bookings of one party, soonest first. */
  upcoming(organizationId: number, whose: BookingParty, now: Date): Promise<readonly Booking[]>;
  insertCallback(organizationId: number, callback: Callback, at: Date): Promise<number>;
  /** Callbacks that are due at this instant or later. */
  callbacksDue(organizationId: number, from: Date): Promise<number>;
  callbacksOf(conversationId: number): Promise<readonly Callback[]>;
  of(conversationId: number): Promise<readonly Booking[]>;
}
