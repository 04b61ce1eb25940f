/** Something that a vendor did not do, in its own words, for the agent's owner. */
export interface VendorProblem {
  /** ISO 8601. */
  readonly at: string;
  readonly vendor: string;
  readonly does: 'listen' | 'think' | 'speak';
  readonly message: string;
}
