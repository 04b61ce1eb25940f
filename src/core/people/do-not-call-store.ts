/** Who or what put a number on a list: the person on a call, a user or client, an imported list. */
export type DoNotCallSource = 'spoken' | 'api' | 'import';

export interface DoNotCallEntry {
  readonly number: string;
  /** Null: no campaign of the organization may call it. */
  readonly campaignId: number | null;
  readonly source: DoNotCallSource;
  readonly at: Date;
}

export interface DoNotCallStore {
  /** Adds numbers that are not on the list yet. Returns how many were added. */
  add(
    organizationId: number,
    numbers: readonly string[],
    entry: { readonly campaignId: number | null; readonly source: DoNotCallSource; readonly at: Date },
  ): Promise<number>;
  /** Takes a number off a list, and the organization's list also off its owner and off the numbers of erased people. */
  remove(
    organizationId: number,
    number: string,
    options: { readonly campaignId: number | null; readonly suppressionHash: string },
  ): Promise<boolean>;
  /** All entries of a number: of the organization and of campaigns. */
  of(organizationId: number, number: string): Promise<readonly DoNotCallEntry[]>;
}
