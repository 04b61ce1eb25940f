import { z } from 'zod';

/** What spreadsheets read as a formula, also in full width, and behind blanks, which they skip. */
const FORMULA = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/;

/** A row of CSV. Cells that look like a formula get an apostrophe, which an import takes off again. */
export const csvRow = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`;

function csvCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n;']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The reply of an operation that streams its rows. */
export const CsvReply = z
  .custom<AsyncIterable<string>>(
    (value) => typeof value === 'object' && value !== null && Symbol.asyncIterator in value,
  )
  .meta({ type: 'string' });
export const CSV = 'text/csv; charset=utf-8';

/** Rows per piece that is sent. */
const ROWS_AT_ONCE = 200;

/** The columns of an export: what stands in the head, and what in a row. */
export type Columns<T> = Readonly<Record<string, (row: T) => string | number | boolean | null | undefined>>;

/**
 * A table as CSV in pieces. The first rows are read before this resolves, so that a failure is still an error reply.
 */
export async function csvOf<T>(columns: Columns<T>, rows: AsyncIterable<T>): Promise<AsyncIterable<string>> {
  const iterator = rows[Symbol.asyncIterator]();
  let next = await iterator.next();
  const cells = Object.values(columns);
  return (async function* () {
    let piece = csvRow(Object.keys(columns));
    try {
      for (let count = 1; !next.done; count++, next = await iterator.next()) {
        const { value } = next;
        piece += csvRow(cells.map((cell) => String(cell(value) ?? '')));
        if (count % ROWS_AT_ONCE > 0) continue;
        yield piece;
        piece = '';
      }
      if (piece !== '') yield piece;
    } finally {
      await iterator.return?.();
    }
  })();
}
