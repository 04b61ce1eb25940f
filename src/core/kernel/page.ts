export interface Page {
  readonly skip: number;
  readonly limit: number;
  readonly order?: 'asc' | 'desc';
  /** The total is not needed, and is 0. */
  readonly uncounted?: true;
}

export interface Listed<T> {
  readonly rows: readonly T[];
  /** Over all pages. */
  readonly total: number;
}
