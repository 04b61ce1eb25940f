import { parse } from 'csv-parse/sync';
import { rowBlock, type Block } from './blocks.ts';

export const SEPARATORS = [',', ';', '\t', '|'] as const;
/** Stands in no file: each line is one cell. */
const NONE = '\x1f';
const LOOKED_AT = 100;
const LONGEST_SAMPLE = 262_144;

/** The separator that Excel writes into the first line (`sep=;`): a sign, as quotes and letters separate no cells. */
export const toldSeparator = (text: string): string | null =>
  /^\ufeff?sep=([\t!#$%&*,./:;^|~])\r?\n/i.exec(text)?.[1] ?? null;

/** Each row with the names of its columns. What stands above the names, as a title does, is text. */
export function fromCsv(text: string): Block[] {
  const told = toldSeparator(text);
  const table = told === null ? text : text.slice(text.indexOf('\n') + 1);
  const rows = read(table, told ?? separatorOf(table) ?? NONE).map((row) =>
    row.map((cell) => cell.replaceAll(/\s+/g, ' ').trim()),
  );
  const filled = (row: readonly string[]) => row.filter((cell) => cell !== '').length;
  const wide = rows.some((row) => filled(row) > 1);
  const headAt = wide ? rows.findIndex((row) => filled(row) > 1) : 0;
  const [head, ...rest] = rows.slice(headAt);
  if (!head) return [];
  const title = rows.slice(0, headAt).map((row) => row.filter((cell) => cell !== '').join(' '));
  const above = title.filter((one) => one !== '').map((one): Block => ({ heading: null, text: one }));
  if (rest.length === 0) return [...above, { heading: null, text: head.filter((cell) => cell !== '').join('; ') }];
  return [...above, ...rest.flatMap((row) => rowBlock(null, head, row) ?? [])];
}

/** The separator by which most rows have as many cells as the first of several; null if none stands out. */
export function separatorOf(text: string): string | null {
  const sample = text.slice(0, LONGEST_SAMPLE);
  let best: { separator: string | null; score: number } = { separator: null, score: 0 };
  for (const separator of SEPARATORS) {
    const counts = countsBy(sample, separator);
    const columns = mostCommon(counts.filter((count) => count > 1));
    if (columns === null) continue;
    const score = counts.filter((count) => count === columns).length / counts.length + columns / 10_000;
    if (score > best.score) best = { separator, score };
  }
  return best.score > 0.5 ? best.separator : null;
}

/** How many cells each of the first rows has; none where its quotes make no sense with this separator. */
function countsBy(sample: string, separator: string): number[] {
  try {
    return read(sample, separator, LOOKED_AT).map((row) => row.length);
  } catch {
    return [];
  }
}

function mostCommon(counts: readonly number[]): number | null {
  const times = new Map<number, number>();
  for (const count of counts) times.set(count, (times.get(count) ?? 0) + 1);
  return [...times].toSorted((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0] ?? null;
}

function read(text: string, delimiter: string, to?: number): string[][] {
  return parse(text, {
    skip_empty_lines: true,
    relax_column_count: true,
    relax_quotes: true,
    trim: true,
    bom: true,
    delimiter,
    ...(to === undefined ? {} : { to }),
  });
}
