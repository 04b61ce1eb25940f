/** Files that keep the records of running calls during a database outage: one per call and epoch. */
export interface CallJournal {
  /** Appends in order. Once it resolves the lines survive the end of this process. */
  append(name: string, lines: readonly string[]): Promise<void>;
  read(name: string): Promise<readonly string[]>;
  /** Removes a file whose records are all stored. */
  remove(name: string): Promise<void>;
  /** Files left by an earlier process. */
  left(): Promise<readonly LeftJournal[]>;
}

export interface LeftJournal {
  readonly name: string;
  lines(): Promise<readonly string[]>;
  remove(): Promise<void>;
}
