/** The carrier that carries calls of the table's numbers, where no other is configured. */
export interface EmbeddedCarrier {
  readonly id: string;
  isPerson(number: string): boolean;
}
