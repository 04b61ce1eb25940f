/** A rate limit: requests per window. */
export interface Limit {
  readonly name: string;
  readonly points: number;
  readonly windowS: number;
}
