import type { FileType } from '#core/knowledge/document.ts';
import { docxOf, pdfOf } from './documents.ts';

/** A document, and what has to stand in one chunk of it, or why it is refused. */
export interface DocumentCase {
  readonly what: string;
  readonly type: FileType;
  readonly bytes: Uint8Array;
  readonly charset?: string;
  readonly chunkSize?: number;
  /** Each has to be found in one chunk with its heading. */
  readonly says?: readonly RegExp[];
  readonly saysNot?: RegExp;
  readonly refused?: RegExp;
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const latin = (text: string) => Uint8Array.from(text, (sign) => sign.charCodeAt(0));
const utf16 = (text: string, mark = '') => new Uint8Array(Buffer.from(mark + text, 'utf16le'));
const utf16be = (text: string) => new Uint8Array(Buffer.from(text, 'utf16le').swap16());
/** Cyrillic in windows-1251. */
const cyrillic = (text: string) =>
  Uint8Array.from(text, (sign) =>
    sign >= 'А' && sign <= 'я' ? sign.charCodeAt(0) - 0x410 + 0xc0 : sign.charCodeAt(0),
  );
const page = (body: string, head = '') => utf8(`<html><head>${head}</head><body>${body}</body></html>`);
const RUSSIAN = 'Завтрак стоит двенадцать евро. Мы открыты каждый день с девяти часов утра до шести часов вечера.';
const long = (word: string) => Array.from({ length: 60 }, (_, i) => `${word} number ${i} is here`).join('. ');

const csv = (what: string, bytes: Uint8Array, ...says: RegExp[]): DocumentCase => ({ what, type: 'csv', bytes, says });
const txt = (what: string, bytes: Uint8Array, ...says: RegExp[]): DocumentCase => ({ what, type: 'txt', bytes, says });
const html = (what: string, body: string, ...says: RegExp[]): DocumentCase => ({
  what,
  type: 'html',
  bytes: page(body),
  says,
});
const no = (what: string, type: FileType, bytes: Uint8Array, refused: RegExp): DocumentCase => ({
  what,
  type,
  bytes,
  refused,
});

export const DOCUMENT_CORPUS: readonly DocumentCase[] = [
  // Tables as text
  csv(
    'semicolons with decimal commas',
    utf8('plan;price;unit\nBasic;12,50;month\nPro;1.299,00;year\n'),
    /plan: Basic; price: 12,50; unit: month/,
    /plan: Pro; price: 1\.299,00; unit: year/,
  ),
  csv(
    'commas with a semicolon in a cell',
    utf8('store,hours,phone\nHarbour,Mo-Fr 9-17; Sa 10-14,555-0100\n'),
    /hours: Mo-Fr 9-17; Sa 10-14; phone: 555-0100/,
  ),
  csv('tabs with commas in a cell', utf8('item\tnote\nLamp\tred, green and blue\n'), /note: red, green and blue/),
  csv('pipes', utf8('item|price\nLamp|9,50\nDesk|99,00\n'), /item: Desk; price: 99,00/),
  csv('a line that tells the separator', utf8('sep=;\r\nitem;price\r\nLamp;9,50\r\n'), /item: Lamp; price: 9,50/),
  csv(
    'line ends in quotes',
    utf8('item,note\n"Lamp","red,\nnot ""blue"""\nDesk,big\n'),
    /item: Lamp; note: red, not "blue"/,
  ),
  csv('semicolons and one row', utf8('item;price\nLamp;9,50\n'), /item: Lamp; price: 9,50/),
  csv('one column', utf8('note\nred, green\nblue\n'), /note: red, green/),
  csv(
    'a title above',
    utf8('Prices 2026;;\n\nitem;price;unit\nLamp;9,50;each\n'),
    /Prices 2026/,
    /item: Lamp; price: 9,50; unit: each/,
  ),
  {
    what: 'a row longer than a chunk',
    type: 'csv',
    bytes: utf8(`plan,terms\nBasic,"${long('Rule')}"\n`),
    chunkSize: 64,
    says: [/plan: Basic; terms: .*number 0 is/, /plan: Basic; terms: .*number 59 is/],
  },
  {
    what: 'a table as long as several chunks',
    type: 'csv',
    bytes: utf8(`city,hours\n${Array.from({ length: 200 }, (_, i) => `Town ${i},from ${i}`).join('\n')}`),
    chunkSize: 64,
    says: [/city: Town 199; hours: from 199/, /city: Town 7; hours: from 7\./],
  },
  // Encodings
  csv('windows-1252', latin('gericht;preis\nK\xe4sesp\xe4tzle;12,50 \x80\n'), /gericht: Käsespätzle; preis: 12,50 €/),
  txt(
    'windows-1252',
    latin('Our caf\xe9 in Z\xfcrich serves cr\xeape; breakfast costs \x80 12. Don\x92t be late.'),
    /café in Zürich/,
    /€ 12/,
    /Don’t/,
  ),
  txt('windows-1251', cyrillic(RUSSIAN), /Завтрак стоит двенадцать евро/),
  txt('UTF-8 with a mark', utf8('\uFEFFBreakfast in Zürich.'), /^Breakfast in Zürich/),
  txt('UTF-16 with a mark', utf16('Breakfast in Zürich.', '\uFEFF'), /^Breakfast in Zürich/),
  txt('UTF-16 without a mark', utf16('Breakfast in Zürich.'), /^Breakfast in Zürich/),
  txt('UTF-16, big-endian, without a mark', utf16be('Breakfast in Zürich.'), /^Breakfast in Zürich/),
  {
    what: 'a charset of a header',
    type: 'html',
    bytes: latin('<p>The caf\xe9 costs \x80 12.</p>'),
    charset: 'ISO-8859-1',
    says: [/café costs € 12/],
  },
  {
    what: 'a charset of <meta>',
    type: 'html',
    bytes: cyrillic(`<meta charset="windows-1251"><p>${RUSSIAN}</p>`),
    says: [/Завтрак/],
  },
  {
    what: 'the longer <meta>',
    type: 'html',
    bytes: cyrillic(`<meta http-equiv="Content-Type" content="text/html; charset=windows-1251"><p>Завтрак</p>`),
    says: [/Завтрак/],
  },
  {
    what: 'UTF-8 that is declared as something else',
    type: 'html',
    bytes: utf8('<meta charset="iso-8859-1"><p>Käse</p>'),
    says: [/Käse/],
  },
  no('an unknown encoding', 'html', latin('<meta charset="x-klingon"><p>caf\xe9</p>'), /x-klingon is not known/),
  {
    what: 'bytes that are not as declared',
    type: 'txt',
    bytes: latin('caf\xe9 \xff'),
    charset: 'utf-8',
    refused: /not utf-8, as it is declared/,
  },
  no('a picture', 'txt', latin('\x89PNG\r\n\x1a\n\0\0\0'), /picture/),
  no('a PDF named text', 'txt', pdfOf([['Hello.']]), /PDF and no text/),
  no(
    'bytes of nothing',
    'txt',
    Uint8Array.from({ length: 400 }, (_, i) => (i * 37 + (i >> 3) * 11) % 256),
    /encoding|no text/,
  ),
  // Pages
  html(
    'text in a div',
    '<article><p>Welcome.</p><div>Returns are free within ninety days.</div><p>Thanks.</p></article>',
    /ninety days/,
  ),
  html(
    'text beside elements',
    'Call <b>us</b> at <i>noon</i>.<p>Or later.</p>Or never.',
    /Call us at noon\./,
    /Or never\./,
  ),
  html(
    'a page in a form',
    '<form><h1>Hours</h1><p>We open at seven.</p><label>Your name <input value="secret"></label></form>',
    /Hours: We open at seven\./,
    /Your name/,
  ),
  html('an aside', '<main><p>Three days.</p><aside><p>Islands take fourteen days.</p></aside></main>', /fourteen days/),
  html('sections', '<section><h2>Fees</h2><div><div>Ten euros.</div></div></section>', /Fees: Ten euros\./),
  html(
    'details',
    '<details><summary>Can I cancel?</summary><p>Within two weeks.</p></details>',
    /Can I cancel\? Within two weeks\./,
  ),
  html(
    'a definition list',
    '<dl><dt>Deposit</dt><dd>Two months.</dd><dt>Notice</dt><dd>Three months.</dd></dl>',
    /Deposit: Two months\./,
    /Notice: Three months\./,
  ),
  html(
    'a table with headings',
    '<table><tr><th>Plan</th><th>Price</th></tr><tr><td>Basic</td><td>$10</td></tr></table>',
    /Plan: Basic; Price: \$10/,
  ),
  html(
    'a table with spans',
    '<table><tr><th>Day</th><th colspan="2">Hours</th></tr><tr><td rowspan="2">Monday</td><td>nine</td><td>noon</td></tr><tr><td>two</td><td>six</td></tr></table>',
    /Day: Monday; Hours: two; Hours: six/,
  ),
  html(
    'a table with headings at the side',
    '<table><tr><th>Phone</th><td>555-0100</td></tr><tr><th>Fax</th><td>555-0101</td></tr></table>',
    /Fax: 555-0101/,
  ),
  html(
    'lists',
    '<ul><li>Bring a card<ul><li>Visa only</li></ul></li><li>Be early</li></ul>',
    /Bring a card/,
    /Visa only/,
  ),
  {
    ...html(
      'what no reader sees',
      '<p>Seen.</p><div hidden>UNSEEN</div><p style="display: none">UNSEEN</p><script>UNSEEN</script><nav>UNSEEN</nav><template>UNSEEN</template>',
      /Seen\./,
    ),
    saysNot: /UNSEEN/,
  },
  html(
    'a layout of tables',
    '<table><tr><td><h2>Fees</h2><p>Ten euros.</p></td><td><p>Other.</p></td></tr></table>',
    /Fees: Ten euros\./,
  ),
  // Letters
  html('soft hyphens', '<p>The can&shy;cel&shy;la&shy;tion fee.</p>', /cancellation fee/),
  txt('zero-width spaces', utf8('The cancel\u200blation fee.'), /cancellation fee/),
  txt('decomposed accents', utf8('Cre\u0300me Bru\u0302le\u0301e'), /Cr\u00e8me Br\u00fbl\u00e9e/),
  txt('ligatures', utf8('The o\ufb03ce bene\ufb01ts.'), /office benefits/),
  {
    what: 'a word cut at the end of a line',
    type: 'pdf',
    bytes: pdfOf([['It is cancel-', 'lable at once.']]),
    says: [/page 1: It is cancellable at once/],
  },
  no('a scanned PDF', 'pdf', pdfOf([[], []]), /hold no text.*OCR/),
  no('an encrypted Word document', 'docx', latin('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest'), /encrypted/),
  // Questions and answers, rows
  {
    what: 'questions and answers by line',
    type: 'txt',
    bytes: utf8(
      Array.from({ length: 20 }, (_, i) => `Q: May I bring pet ${i}?\nA: Pet ${i} is allowed on lead.`).join('\n'),
    ),
    chunkSize: 40,
    says: [/Q: May I bring pet 13\? A: Pet 13 is allowed/],
  },
  {
    what: 'questions and answers by paragraph',
    type: 'md',
    bytes: utf8(
      Array.from({ length: 9 }, (_, i) => `**What does room ${i} cost?**\n\nRoom ${i} costs ${i}0 euros a night.`).join(
        '\n\n',
      ),
    ),
    chunkSize: 40,
    says: [/What does room 5 cost\? Room 5 costs 50 euros/],
  },
  {
    what: 'an answer longer than a chunk',
    type: 'txt',
    bytes: utf8(`May I cancel?\n${long('Rule')}.`),
    chunkSize: 64,
    says: [/May I cancel\? .*number 59 is/],
  },
  {
    what: 'a table in Markdown',
    type: 'md',
    bytes: utf8(
      `# Prices\n\n| Plan | Price |\n|---|---|\n${Array.from({ length: 40 }, (_, i) => `| Plan${i} | ${i} euros |`).join('\n')}`,
    ),
    chunkSize: 40,
    says: [/Prices: .*Plan: Plan39; Price: 39 euros/],
  },
  {
    what: 'a Word document',
    type: 'docx',
    bytes: docxOf(['# Fees', 'Is there a deposit?', 'Two months.']),
    says: [/Fees: Is there a deposit\? Two months\./],
  },
  txt(
    'abbreviations',
    utf8('Dr. Miller sees you at 9 a.m. on Mondays, e.g. on 3.5.2026.'),
    /Dr\. Miller sees you at 9 a\.m\. on Mondays, e\.g\. on 3\.5\.2026\./,
  ),
];
