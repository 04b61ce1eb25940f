export type SortOrder = 'asc' | 'desc';

/** Sorted by anything but its key, a list holds so many of its newest rows. */
export const MOST_SORTED = 10_000;

export interface Page {
  readonly skip: number;
  readonly limit: number;
  readonly order?: SortOrder;
  /** The total is not needed, and is 0. */
  readonly uncounted?: true;
}

export interface Listed<T> {
  readonly rows: readonly T[];
  /** Over all pages. */
  readonly total: number;
}
