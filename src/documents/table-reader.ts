import { parse } from 'csv-parse';
import iconv from 'iconv-lite';
import {
  UnreadableTable,
  type Bytes,
  type ExaminedTable,
  type TableFormat,
  type TableReader,
  type TableRow,
} from '#core/campaigns/lead-file.ts';
import { SEPARATORS, separatorOf, toldSeparator } from './csv.ts';
import { detect, markOf, otherFile, wideWithoutMark } from './decode.ts';

const SAMPLE_BYTES = 65_536;
/** A longer record is one whose quote is never closed. */
const LONGEST_RECORD = 1_000_000;
const MOST_COLUMNS = 250;
/** A header stands in one of the first rows; above it may be a title. */
const TITLE_ROWS = 10;

/** Reads CSV in any usual encoding, with any usual separator and line end, as a stream. */
export const tableReader: TableReader = { examine, read };

async function examine(content: Bytes, isHeader: (cells: readonly string[]) => boolean): Promise<ExaminedTable> {
  const head = await headOf(content);
  const other = otherFile(head);
  if (other !== null) throw new UnreadableTable(refusalOf(other));
  if (head.length === 0) throw new UnreadableTable('The file is empty.');
  const marked = markOf(head) ?? wideWithoutMark(head);
  if (marked !== null) return examineAs(content, marked, isHeader);
  try {
    return await examineAs(content, 'utf-8', isHeader);
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error;
    return examineAs(content, detect(error.bytes) ?? 'windows-1252', isHeader);
  }
}

const refusalOf = (other: string): string =>
  other.includes('Office')
    ? 'Excel workbooks are not read: save the sheet as CSV (UTF-8) and upload that file.'
    : `The file is ${other}: upload the list as CSV.`;

async function headOf(content: Bytes): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content()) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= SAMPLE_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, SAMPLE_BYTES);
}

async function examineAs(
  content: Bytes,
  encoding: string,
  isHeader: (cells: readonly string[]) => boolean,
): Promise<ExaminedTable> {
  const separator = await separatorIn(content, encoding);
  const beginning: TableRow[] = [];
  let rows = 0;
  for await (const batch of records(content, encoding, separator)) {
    rows += batch.length;
    if (beginning.length < TITLE_ROWS) beginning.push(...batch.slice(0, TITLE_ROWS - beginning.length));
  }
  const wide = beginning.some(({ cells }) => filled(cells) > 1);
  const first = Math.max(
    0,
    beginning.findIndex(({ cells }) => !wide || filled(cells) > 1),
  );
  const found = beginning[first];
  if (found === undefined) throw new UnreadableTable('The file is empty.');
  const hasHeader = isHeader(found.cells);
  const skipped = hasHeader ? found.row : found.row - 1;
  const data = beginning.filter(({ row }) => row > skipped);
  return {
    format: { encoding, separator, skipped, header: hasHeader ? found.cells : null },
    rows: rows - (hasHeader ? first + 1 : first),
    first: data[0]?.cells ?? [],
  };
}

const filled = (cells: readonly string[]): number => cells.filter((cell) => cell !== '').length;

async function separatorIn(content: Bytes, encoding: string): Promise<string> {
  let sample = '';
  for await (const text of decoded(content, encoding)) {
    sample += text;
    if (sample.length >= SAMPLE_BYTES) break;
  }
  return toldSeparator(sample) ?? separatorOf(sample) ?? usual(sample);
}

/** The separator that the first line has most of: the sample may end within a quoted cell. */
function usual(sample: string): string {
  const line = sample.split(/[\r\n]/, 1)[0]!;
  const times = (separator: string) => line.split(separator).length;
  return SEPARATORS.reduce((best, one) => (times(one) > times(best) ? one : best));
}

async function* read(content: Bytes, format: TableFormat): AsyncGenerator<readonly TableRow[]> {
  for await (const batch of records(content, format.encoding, format.separator)) {
    const data = batch.filter(({ row }) => row > format.skipped);
    if (data.length > 0) yield data;
  }
}

/** All records that are not blank, with their numbers; blank ones are counted. */
async function* records(content: Bytes, encoding: string, separator: string): AsyncGenerator<TableRow[]> {
  const parser = parse({
    delimiter: separator,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    trim: true,
    max_record_size: LONGEST_RECORD,
  });
  let failure: Error | null = null;
  parser.on('error', (error) => (failure = error));
  let row = 0;
  const taken = (): TableRow[] => {
    const rows: TableRow[] = [];
    for (let cells = parser.read() as string[] | null; cells !== null; cells = parser.read() as string[] | null) {
      row++;
      if (cells.length > MOST_COLUMNS)
        throw new UnreadableTable(`Row ${row} has ${cells.length} columns, more than ${MOST_COLUMNS}.`);
      if (cells.some((cell) => cell !== '') && !(row === 1 && isSeparatorLine(cells))) rows.push({ row, cells });
    }
    if (failure) throw readable(failure, row);
    return rows;
  };
  try {
    for await (const text of decoded(content, encoding)) {
      parser.write(text);
      const rows = taken();
      if (rows.length > 0) yield rows;
    }
    const ended = new Promise<void>((done) => parser.once('readable', done).once('end', done).once('error', done));
    parser.end();
    await ended;
    const rows = taken();
    if (rows.length > 0) yield rows;
  } finally {
    parser.destroy();
  }
}

const isSeparatorLine = ([first = '']: readonly string[]): boolean => /^sep=.?$/i.test(first);

function readable(error: Error, row: number): UnreadableTable {
  const { code } = error as { code?: string };
  return new UnreadableTable(
    code === 'CSV_QUOTE_NOT_CLOSED' || code === 'CSV_MAX_RECORD_SIZE'
      ? `Row ${row + 1} has a quotation mark that is never closed.`
      : `Row ${row + 1} cannot be read as CSV: ${error.message.slice(0, 200)}`,
  );
}

/** A byte of the file is not UTF-8. */
class NotUtf8 extends Error {
  /** Where it is. */
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    super('not UTF-8');
    this.bytes = bytes;
  }
}

/** @throws NotUtf8 */
async function* decoded(content: Bytes, encoding: string): AsyncGenerator<string> {
  const decoder = encoding === 'utf-8' ? utf8() : iconv.getDecoder(encoding);
  let isFirst = true;
  for await (const chunk of content()) {
    let text = decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (isFirst && text !== '') {
      text = text.replace(/^\uFEFF/, '');
      isFirst = false;
    }
    if (text !== '') yield text;
  }
  const rest = decoder.end();
  if (rest) yield rest;
}

function utf8(): { write(bytes: Buffer): string; end(): string } {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const checked = (bytes: Buffer, decode: () => string): string => {
    try {
      return decode();
    } catch {
      throw new NotUtf8(bytes);
    }
  };
  return {
    write: (bytes) => checked(bytes, () => decoder.decode(bytes, { stream: true })),
    end: () => checked(Buffer.alloc(0), () => decoder.decode()),
  };
}
