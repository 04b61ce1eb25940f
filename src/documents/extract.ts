import { PDFiumLibrary } from '@hyzyla/pdfium';
import mammoth from 'mammoth';
import { marked } from 'marked';
import type { FileType } from '#core/knowledge/document.ts';
import { readable } from '#core/kernel/text/plain-letters.ts';
import { paragraphsOf, withAnswers, type Block } from './blocks.ts';
import { fromCsv } from './csv.ts';
import { decode } from './decode.ts';
import { fromHtml } from './html.ts';

/** Share of a PDF's letters that may be without a Unicode value. */
const MOST_UNKNOWN = 0.05;
const DECLARED_WITHIN = 2048;

/**
 * The text of a document in paragraphs, each with the headings above it (of a PDF: its page). `charset`: what was
 * declared for it.
 * @throws Error if the content does not match its type, or text would be lost
 */
export async function extract(bytes: Uint8Array, fileType: FileType, charset: string | null = null): Promise<Block[]> {
  const text = () => readable(decode(bytes, charset));
  switch (fileType) {
    case 'pdf':
      return withAnswers(await fromPdf(bytes));
    case 'docx':
      return withAnswers(fromHtml(await wordToHtml(bytes), true));
    case 'html':
      return withAnswers(fromHtml(decode(bytes, charset ?? declaredIn(bytes))));
    case 'md':
      return withAnswers(fromHtml(await marked.parse(text())));
    case 'csv':
      return fromCsv(text());
    case 'txt':
      return withAnswers(paragraphsOf(text()).map((one) => ({ heading: null, text: one })));
  }
}

/** What a page says of its own encoding: `<meta charset>`, the longer form of it, or an XML declaration. */
function declaredIn(bytes: Uint8Array): string | null {
  const head = Buffer.from(bytes.subarray(0, DECLARED_WITHIN)).toString('latin1');
  const found =
    /<meta\s[^>]{0,200}?charset\s?=\s?["']?([\w.:-]{2,40})/i.exec(head) ??
    /<\?xml\s[^>]{0,100}?encoding=["']([\w.:-]{2,40})/i.exec(head);
  const label = found?.[1] ?? null;
  // A page that can be read so far is in no encoding of two bytes.
  return label !== null && /^utf-?16/i.test(label) ? null : label;
}

async function fromPdf(bytes: Uint8Array): Promise<Block[]> {
  const pages = await pagesOf(bytes);
  const letters = pages.join('').replaceAll(/\s/g, '');
  const unknown = letters.match(/[\p{Co}\ufffd]/gu)?.length ?? 0;
  if (unknown > letters.length * MOST_UNKNOWN)
    throw new Error('its letters cannot be recognised from their shapes. Save it with embedded Unicode fonts.');
  const blank = pages.flatMap((page, i) => (page.trim() === '' ? [i + 1] : []));
  if (blank.length * 2 > pages.length)
    throw new Error(
      blank.length === pages.length
        ? 'its pages hold no text: it seems to be scanned. Run text recognition (OCR) on it first.'
        : `most of its pages hold no text (${blank.slice(0, 5).join(', ')}…): they seem to be scanned. Run text recognition (OCR) on it first.`,
    );
  return pages.flatMap((page, i) =>
    page.trim() === '' ? [] : paragraphsOf(page).map((text): Block => ({ heading: `page ${i + 1}`, text })),
  );
}

/** PDFium marks a hyphen at the end of a line, where it cuts a word, with U+FFFE. */
const CUT_WORD = /\ufffe\s*|(?<=\p{L})[-\xad\u2010]\n(?=\p{Ll})/gu;

/** PDFium runs as WASM in this thread, which ends with the document: nothing is freed page by page. */
async function pagesOf(bytes: Uint8Array): Promise<string[]> {
  const pdfium = await PDFiumLibrary.init();
  const pdf = await pdfium.loadDocument(bytes).catch((error: unknown) => {
    if (error instanceof Error && /password/i.test(error.message))
      throw new Error('it is encrypted. Remove its password and upload it again.', { cause: error });
    throw new Error('it is no valid PDF, or it is damaged. Save it as a PDF again.', { cause: error });
  });
  return Array.from(pdf.pages(), (page) => readable(page.getText().replaceAll('\r\n', '\n').replaceAll(CUT_WORD, '')));
}

async function wordToHtml(bytes: Uint8Array): Promise<string> {
  if (Buffer.from(bytes.subarray(0, 4)).toString('latin1') === '\xd0\xcf\x11\xe0')
    throw new Error('it is encrypted, or in the old .doc format. Save it as .docx without a password.');
  return (await mammoth.convertToHtml({ buffer: Buffer.from(bytes) })).value;
}
