/** So many requests of one kind within a window. */
export interface Limit {
  readonly name: string;
  readonly points: number;
  readonly windowS: number;
}
