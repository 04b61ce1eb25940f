/** A vendor error in the vendor's own words, shown to the agent's organization. */
export interface VendorProblem {
  /** ISO 8601. */
  readonly at: string;
  readonly vendor: string;
  readonly does: 'listen' | 'think' | 'speak';
  readonly message: string;
}
