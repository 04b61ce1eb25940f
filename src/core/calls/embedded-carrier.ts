/** The simulated carrier, used where no other is configured. */
export interface EmbeddedCarrier {
  readonly id: string;
  isPerson(number: string): boolean;
}
