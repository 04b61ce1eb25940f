/** The human agents who could take a call now. */
export interface FreeHumans {
  count(organizationId: number): Promise<number>;
}

/** Without a desk no human takes calls. */
export const NO_FREE_HUMANS: FreeHumans = { count: () => Promise.resolve(0) };
