import { load, type CheerioAPI } from 'cheerio';
import { parse } from 'csv-parse/sync';
import mammoth from 'mammoth';
import { marked } from 'marked';
import { extractText, getDocumentProxy } from 'unpdf';
import type { FileType } from '#core/knowledge/document.ts';
import type { Block } from './chunks.ts';

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

const BLOCKS = 'h1,h2,h3,h4,h5,h6,p,li,tr,pre,blockquote,dt,dd,figcaption';

function fromHtml(html: string): Block[] {
  const $: CheerioAPI = load(html);
  $('script,style,noscript,template,nav,header nav,footer,aside,svg,form,iframe').remove();
  $('br').replaceWith('\n');
  $('td,th').append(' ');
  const headings: string[] = [];
  const blocks: Block[] = [];
  $(BLOCKS).each((_, element) => {
    const node = $(element);
    // What stands in a block of ours within is taken there.
    const text = clean(node.clone().find(BLOCKS).remove().end().text()).replaceAll(/\s+/g, ' ').trim();
    if (text === '') return;
    const level = /^h([1-6])$/.exec(element.tagName)?.[1];
    if (level === undefined) return void blocks.push({ heading: headings.filter(Boolean).join(' > ') || null, text });
    headings.length = Number(level) - 1;
    headings[Number(level) - 1] = text;
  });
  if (blocks.length > 0) return blocks;
  return paragraphs(clean($('body').text())).map((text) => ({ heading: null, text }));
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
