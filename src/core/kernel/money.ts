/** Money in integer micros (1,000,000 micros are one unit of the organization's currency). */
export type Micros = number & { readonly brand: 'Micros' };

/** ISO 4217 code, upper case. One per organization. */
export type Currency = string;

/** Price in micros per 1,000,000 units (tokens, characters, milliseconds) of usage. */
export interface Price {
  readonly microsPerMillion: number;
}

/** Cost of one usage line: rounded once, here, half away from zero. */
export function costOf(units: number, price: Price): Micros {
  return Math.round((units * price.microsPerMillion) / 1_000_000) as Micros;
}
