const REPLACEMENT = '\uFFFD';
/** A backslash and what it escapes; the low half of a pair belongs to its high half. */
const ESCAPE = /\\(?:u([\da-f]{4})(?:\\u(d[c-f][\da-f]{2}))?|[^])/gi;

const isHalf = (code: number): boolean => code >= 0xd800 && code < 0xe000;
const isHigh = (code: number): boolean => code >= 0xd800 && code < 0xdc00;

/**
 * The parameters of a statement with U+FFFD for what no text of Postgres holds: NUL, and in JSON the escapes of NUL and
 * of half characters. Models, tools and carriers may send them; requests with them are refused before.
 */
export function storable(values: unknown): unknown {
  return Array.isArray(values) ? values.map(storableValue) : values;
}

function storableValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(storableValue);
  if (typeof value !== 'string') return value;
  const text = value.includes('\0') ? value.replaceAll('\0', REPLACEMENT) : value;
  return text.includes('\\u') && /^\s*[[{"]/.test(text) ? text.replace(ESCAPE, storableEscape) : text;
}

function storableEscape(escape: string, hex?: string, low?: string): string {
  if (hex === undefined) return escape;
  const code = Number.parseInt(hex, 16);
  if (low !== undefined && isHigh(code)) return escape;
  const first = code === 0 || isHalf(code) ? '\\ufffd' : `\\u${hex}`;
  return low === undefined ? first : `${first}\\ufffd`;
}
