export interface Page {
  readonly skip: number;
  readonly limit: number;
  readonly order?: 'asc' | 'desc';
}

export interface Listed<T> {
  readonly rows: readonly T[];
  /** Over all pages. */
  readonly total: number;
}
