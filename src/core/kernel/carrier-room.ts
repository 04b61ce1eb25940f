/** A room that stands at a carrier. */
export interface CarrierRoom {
  readonly name: string;
  /** The sid of the call that we named it by; null if the carrier named it. */
  readonly callSid: string | null;
  readonly createdAt: Date;
}
