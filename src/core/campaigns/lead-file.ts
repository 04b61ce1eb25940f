/** How a table in a file is written. */
export interface TableFormat {
  readonly encoding: string;
  readonly separator: string;
  /** Records before the first row of data: a title and the header, or none. */
  readonly skipped: number;
  /** Null: the first row is data. */
  readonly header: readonly string[] | null;
}

export interface ExaminedTable {
  readonly format: TableFormat;
  /** Rows of data that are not blank. */
  readonly rows: number;
  /** The first row of data; empty if there is none. */
  readonly first: readonly string[];
}

export interface TableRow {
  /** As spreadsheets number rows: the first one is 1. */
  readonly row: number;
  readonly cells: readonly string[];
}

export type Bytes = () => AsyncIterable<Uint8Array>;

/** The file is no table that can be read. The message says what is wrong and what helps. */
export class UnreadableTable extends Error {}

/** Reads tables (CSV) as streams, in bounded memory. */
export interface TableReader {
  /**
   * Reads the whole file once, and finds how it is written. `isHeader` tells whether a row is one. @throws
   * UnreadableTable
   */
  examine(content: Bytes, isHeader: (cells: readonly string[]) => boolean): Promise<ExaminedTable>;
  /** The rows of data that are not blank, in order, some at a time. @throws UnreadableTable */
  read(content: Bytes, format: TableFormat): AsyncIterable<readonly TableRow[]>;
}
