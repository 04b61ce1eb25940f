import { analyse } from 'chardet';
import iconv from 'iconv-lite';

const SAMPLE = 65_536;
/** Less than this is a guess. */
const SURE = 20;
const MARKS: readonly (readonly [readonly number[], string])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe, 0, 0], 'utf-32le'],
  [[0, 0, 0xfe, 0xff], 'utf-32be'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];
const OTHER_FILES: readonly (readonly [string, string])[] = [
  ['%PDF-', 'a PDF'],
  ['PK\x03\x04', 'a ZIP archive or an Office document'],
  ['\xd0\xcf\x11\xe0', 'an old or encrypted Office document'],
  ['\x89PNG', 'a picture'],
  ['\xff\xd8\xff', 'a picture'],
  ['GIF8', 'a picture'],
  ['\x1f\x8b', 'a packed file'],
  ['{\\rtf', 'a document in RTF'],
];
const REMEDY = 'Save it as UTF-8 and upload it again.';

/**
 * The text of a file: by its mark, as UTF-8, by the encoding that is declared for it, or by the one its letters look
 * like.
 * @throws Error when a letter would be lost: no encoding fits, or it is no text
 */
export function decode(bytes: Uint8Array, declared: string | null = null): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = buffer.toString('latin1', 0, 8);
  const other = otherFile(buffer);
  if (other !== null) throw new Error(`it is ${other} and no text`);
  const marked = markOf(buffer);
  if (marked !== null) return checked(read(buffer, marked), marked);
  const wide = wideWithoutMark(buffer);
  if (wide) return checked(read(buffer, wide), wide);
  const known = declared === null ? null : labelled(declared);
  // Text in another encoding that is valid UTF-8 has no letters but those of ASCII.
  const utf8 = head.includes('\x1b') || known?.startsWith('iso-2022') ? null : read(buffer, 'utf-8');
  if (utf8 !== null) return checked(utf8, 'utf-8');
  if (known !== null) {
    const text = known === 'utf-8' ? null : read(buffer, known);
    if (text !== null) return checked(text, known);
    throw new Error(`it holds bytes that are not ${declared}, as it is declared. ${REMEDY}`);
  }
  const looksLike = detect(buffer);
  return checked(looksLike === null ? null : read(buffer, looksLike), looksLike);
}

/** What a file is, by its first bytes, if it is no text. */
export function otherFile(bytes: Buffer): string | null {
  const head = bytes.toString('latin1', 0, 8);
  return OTHER_FILES.find(([magic]) => head.startsWith(magic))?.[1] ?? null;
}

/** The encoding by the byte order mark. */
export const markOf = (bytes: Buffer): string | null =>
  MARKS.find(([mark]) => mark.every((byte, i) => bytes[i] === byte))?.[1] ?? null;

/**
 * What a header or a page says of its encoding, by the names that browsers use. @throws Error when there is no such
 * encoding
 */
function labelled(declared: string): string {
  const label = declared.trim().toLowerCase();
  if (['iso-8859-1', 'iso8859-1', 'latin1', 'latin-1', 'us-ascii', 'ascii'].includes(label)) return 'windows-1252';
  if (label === 'utf8') return 'utf-8';
  if (!iconv.encodingExists(label)) throw new Error(`its encoding ${declared.slice(0, 40)} is not known. ${REMEDY}`);
  return label;
}

/** Null when a byte of it is no letter in this encoding. */
function read(bytes: Buffer, encoding: string): string | null {
  if (encoding === 'utf-8') {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return null;
    }
  }
  const text = iconv.decode(bytes, encoding, { stripBOM: true });
  return text.includes('\uFFFD') ? null : text;
}

function checked(text: string | null, encoding: string | null): string {
  if (text === null)
    throw new Error(`its encoding could not be found${encoding === null ? '' : ` (not ${encoding})`}. ${REMEDY}`);
  const controls = text.match(/(?![\t\n\v\f\r])\p{Cc}/gu)?.length ?? 0;
  if (controls > 4 && controls * 100 > text.length) throw new Error('it holds bytes that are no text');
  return text.toWellFormed();
}

/** UTF-16 of a script with spaces and digits has zeros at every other byte. */
export function wideWithoutMark(bytes: Buffer): string | null {
  const length = Math.min(bytes.length, SAMPLE) & ~1;
  const zeros = [0, 0];
  for (let i = 0; i < length; i++) if (bytes[i] === 0) zeros[i & 1]!++;
  const half = length / 2;
  if (bytes.length % 2 === 1 || half < 2) return null;
  if (zeros[1]! > half * 0.1 && zeros[0]! < half * 0.02) return 'utf-16le';
  if (zeros[0]! > half * 0.1 && zeros[1]! < half * 0.02) return 'utf-16be';
  return null;
}

/** Which encoding the letters look like; null when that is a guess. */
export function detect(bytes: Buffer): string | null {
  const sample = bytes.subarray(0, SAMPLE);
  const likely = analyse(sample).filter(({ confidence, name }) => confidence >= SURE && iconv.encodingExists(name));
  const [best] = likely;
  const letters = sample.filter(
    (byte) => byte >= 0x80 || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a),
  );
  const foreign = letters.filter((byte) => byte >= 0x80).length / Math.max(1, letters.length);
  if (foreign < FEW && !(best && MULTIBYTE.test(best.name) && best.confidence > 50)) {
    // Few letters beyond ASCII: Western or Central European. The detector tells these by their language.
    const central = likely.find(({ name }) => /^(?:ISO-8859-2|windows-1250)$/i.test(name));
    const western = likely.find(({ name }) => /^(?:ISO-8859-1|windows-1252)$/i.test(name));
    return central && central.confidence > (western?.confidence ?? 0) + CLEARLY ? 'windows-1250' : 'windows-1252';
  }
  if (!best || /^(?:ISO-8859-[12]|windows-125[02])$/i.test(best.name)) return null;
  return best.name;
}

const FEW = 0.4;
const CLEARLY = 20;
const MULTIBYTE = /^(?:GB|Big5|Shift|EUC|ISO-2022)/i;
