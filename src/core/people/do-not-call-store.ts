import type { Listed, Page } from '../kernel/page.ts';

/** Who or what put a number on a list: the person on a call, a user or client, an imported list, a text message. */
export type DoNotCallSource = 'spoken' | 'api' | 'import' | 'sms';

export interface DoNotCallEntry {
  readonly number: string;
  /** Null: no campaign of the organization may call it. */
  readonly campaignId: number | null;
  readonly source: DoNotCallSource;
  readonly at: Date;
}

export interface DoNotCallFilter {
  readonly number?: string;
  /** Null: the list of the organization. */
  readonly campaignId?: number | null;
}

export interface DoNotCallStore {
  /** Newest first. */
  list(organizationId: number, filter: DoNotCallFilter, page: Page): Promise<Listed<DoNotCallEntry>>;
  /** When the number's owner, or the owner before an erasure, refused calls. */
  refusedAt(organizationId: number, number: string, suppressionHash: string): Promise<Date | null>;
  /** Whether any person of the organization who refused calls was erased. */
  hasSuppressed(organizationId: number): Promise<boolean>;
  /**
   * Adds numbers that are not on the list yet. Returns how many were added. An entry by text takes the source of a
   * refusal of another kind, which START must not lift.
   */
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
  /** Removes the organization's entry of a number, and its owner's refusal, where both came by text. */
  removeByText(organizationId: number, number: string): Promise<boolean>;
  /** All entries of a number: of the organization and of campaigns. */
  of(organizationId: number, number: string): Promise<readonly DoNotCallEntry[]>;
}
