import { load, type CheerioAPI } from 'cheerio';
import { parse } from 'csv-parse/sync';
import mammoth from 'mammoth';
import { marked } from 'marked';
import { extractText, getDocumentProxy } from 'unpdf';
import type { FileType } from '#core/knowledge/document.ts';
import type { Block } from './chunks.ts';

type Node = ReturnType<ReturnType<CheerioAPI['root']>['contents']>[number] | ReturnType<CheerioAPI['root']>[number];

/** The text of a document in paragraphs, each with the headings above it (of a PDF: its page). @throws Error when it is not what it is said to be */
export async function extract(bytes: Uint8Array, fileType: FileType): Promise<Block[]> {
  switch (fileType) {
    case 'pdf':
      return fromPdf(bytes);
    case 'docx':
      return fromHtml((await mammoth.convertToHtml({ buffer: Buffer.from(bytes) })).value);
    case 'html':
      return fromHtml(textOf(bytes));
    case 'md':
      return fromHtml(await marked.parse(textOf(bytes)));
    case 'csv':
      return fromCsv(textOf(bytes));
    case 'txt':
      return paragraphs(textOf(bytes)).map((text) => ({ heading: null, text }));
  }
}

/** UTF-8, or UTF-16 with its mark; without signs that no text has. */
function textOf(bytes: Uint8Array): string {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  return clean(new TextDecoder(utf16 ? (bytes[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8').decode(bytes));
}

const clean = (text: string) => text.replaceAll('\0', '').toWellFormed();
const paragraphs = (text: string) =>
  text
    .split(/\n\s*\n/)
    .map((one) => one.trim())
    .filter((one) => one !== '');

async function fromPdf(bytes: Uint8Array): Promise<Block[]> {
  const { text } = await extractText(await getDocumentProxy(Uint8Array.from(bytes)), { mergePages: false });
  // A word that was cut at the end of a line is one word.
  return text.flatMap((page, i) =>
    page.trim() === ''
      ? []
      : [{ heading: `page ${i + 1}`, text: clean(page).replaceAll(/(\p{L})-\n(\p{Ll})/gu, '$1$2') }],
  );
}

const BLOCKS = new Set('h1 h2 h3 h4 h5 h6 p li tr pre blockquote dt dd figcaption'.split(' '));
const NO_TEXT = new Set('head script style noscript template nav footer aside svg form iframe'.split(' '));

interface OpenBlock {
  readonly tag: string;
  readonly parts: string[];
}

const TEXT_NODE = 3;
const DEEPEST = 1000;
/** Tags that nobody has to close. */
const UNCLOSED = new Set(
  'html head body p li tr td th dt dd thead tbody tfoot option optgroup colgroup col br hr img input link meta source track wbr param area base embed'.split(
    ' ',
  ),
);
const SKIPPED = new Set(['script', 'style', 'svg']);

/** Each open tag costs a parser more the deeper it lies. @throws Error */
function boundNesting(html: string): void {
  const tags = /<(\/?)([a-z][a-z0-9]*)/gi;
  let depth = 0;
  for (let match = tags.exec(html); match; match = tags.exec(html)) {
    const tag = match[2]!.toLowerCase();
    if (UNCLOSED.has(tag)) continue;
    if (match[1] === '/') depth = Math.max(0, depth - 1);
    else if (++depth > DEEPEST) throw new Error(`its tags are nested more than ${DEEPEST} deep`);
    if (match[1] !== '' || !SKIPPED.has(tag)) continue;
    const end = html.indexOf(`</${tag}`, tags.lastIndex);
    if (end < 0) return;
    tags.lastIndex = end;
  }
}

/** One walk without recursion. @throws Error */
function fromHtml(html: string): Block[] {
  boundNesting(html);
  const loose: string[] = [];
  const found: OpenBlock[] = [];
  const open: string[][] = [loose];
  const ahead: (Node | (() => void))[] = load(html, { xml: { xmlMode: false } })
    .root()
    .get();
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (typeof next === 'function') {
      next();
      continue;
    }
    if (next.nodeType === TEXT_NODE && 'data' in next) open.at(-1)!.push(next.data);
    if (!('children' in next)) continue;
    const tag = 'name' in next ? next.name : '';
    if (NO_TEXT.has(tag)) continue;
    if (tag === 'br') open.at(-1)!.push('\n');
    if (tag === 'td' || tag === 'th') ahead.push(() => open.at(-1)!.push(' '));
    if (BLOCKS.has(tag)) {
      const block = { tag, parts: [] };
      found.push(block);
      open.push(block.parts);
      ahead.push(() => open.pop());
    }
    for (let i = next.children.length - 1; i >= 0; i--) ahead.push(next.children[i]!);
  }
  const blocks = underHeadings(found);
  if (blocks.length > 0) return blocks;
  return paragraphs(clean(loose.join(''))).map((text) => ({ heading: null, text }));
}

function underHeadings(found: readonly OpenBlock[]): Block[] {
  const headings: string[] = [];
  return found.flatMap(({ tag, parts }) => {
    const text = clean(parts.join('')).replaceAll(/\s+/g, ' ').trim();
    if (text === '') return [];
    const level = /^h([1-6])$/.exec(tag)?.[1];
    if (level === undefined) return [{ heading: headings.filter(Boolean).join(' > ') || null, text }];
    headings.length = Number(level) - 1;
    headings[Number(level) - 1] = text;
    return [];
  });
}

/** Each row with the names of its columns: `name: Plan A; price: 10`. */
function fromCsv(text: string): Block[] {
  const rows = parse(text, {
    skip_empty_lines: true,
    relax_column_count: true,
    relax_quotes: true,
    trim: true,
    bom: true,
    delimiter: [',', ';', '\t'],
  });
  const [head, ...rest] = rows;
  if (!head) return [];
  if (rest.length === 0) return [{ heading: null, text: head.join('; ') }];
  return rest.map((row) => ({
    heading: null,
    text: `${row.flatMap((value, i) => (value === '' ? [] : [head[i] ? `${head[i]}: ${value}` : value])).join('; ')}.`,
  }));
}
