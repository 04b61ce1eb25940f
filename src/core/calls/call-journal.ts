/** Where the records of running calls wait on this machine while the database is away: one file a call and epoch. */
export interface CallJournal {
  /** In order, and safe from the end of this process once it resolves. */
  append(name: string, lines: readonly string[]): Promise<void>;
  read(name: string): Promise<readonly string[]>;
  /** Everything in it is on record. */
  remove(name: string): Promise<void>;
  /** Files that an earlier process has left. */
  left(): Promise<readonly LeftJournal[]>;
}

export interface LeftJournal {
  readonly name: string;
  lines(): Promise<readonly string[]>;
  remove(): Promise<void>;
}
