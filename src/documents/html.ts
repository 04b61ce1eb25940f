import { load, type CheerioAPI } from 'cheerio';
import { readable } from '#core/kernel/text/plain-letters.ts';
import { rowBlock, type Block } from './blocks.ts';
import { boundNesting } from './nesting.ts';

type Node = ReturnType<CheerioAPI['root']>[0]['children'][number];
type Element = Extract<Node, { tagName: string }>;
type Text = Extract<Node, { data: string }>;

const TEXT_NODE = 3;
const isText = (node: Node): node is Text => node.nodeType === TEXT_NODE;

/** What no reader sees, or what every page of a site has. */
const UNSEEN =
  'script,style,noscript,template,svg,iframe,object,nav,head,input,textarea,select,button,datalist,[hidden],[aria-hidden="true"],dialog:not([open])';
const HIDDEN_STYLE = /display\s?:\s?none|visibility\s?:\s?hidden/i;
const INLINE = new Set(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q ruby rb rt s samp small span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
);
const BLOCKS_IN_CELL = 'table,ul,ol,dl,h1,h2,h3,h4,h5,h6,article,section';
const WIDEST = 200;

/**
 * `headRow`: the first row of a table names its columns, also where it is not marked so, as in a Word document.
 * @throws Error when tags are nested too deeply
 */
export function fromHtml(html: string, headRow = false): Block[] {
  boundNesting(html);
  const $ = load(html);
  $(UNSEEN).remove();
  // A footer or a header of the page itself; those of an article are its own.
  $('footer')
    .filter((_, one) => $(one).closest('article,section,main,blockquote').length === 0)
    .remove();
  $('[style]')
    .filter((_, one) => HIDDEN_STYLE.test($(one).attr('style') ?? ''))
    .remove();
  const reader = new PageReader($, headRow);
  reader.read($('body')[0] ?? null);
  return reader.blocks;
}

class PageReader {
  readonly blocks: Block[] = [];
  readonly #$: CheerioAPI;
  readonly #headRow: boolean;
  readonly #headings: string[] = [];
  #text = '';

  constructor($: CheerioAPI, headRow: boolean) {
    this.#$ = $;
    this.#headRow = headRow;
  }

  read(root: Node | null): void {
    if (root) this.#inside(root as Element);
    this.#flush();
  }

  get #heading(): string | null {
    return this.#headings.filter(Boolean).join(' > ') || null;
  }

  #inside(element: Element): void {
    for (const child of element.children) this.#node(child);
  }

  #node(node: Node): void {
    if (isText(node)) this.#text += node.data;
    if (!('tagName' in node)) return;
    const element = node;
    const tag = element.tagName.toLowerCase();
    if (tag === 'br') this.#text += '\n';
    else if (tag === 'wbr') return;
    else if (INLINE.has(tag)) this.#inside(element);
    else {
      this.#flush();
      this.#block(element, tag);
      this.#flush();
    }
  }

  #block(element: Element, tag: string): void {
    const level = /^h([1-6])$/.exec(tag)?.[1];
    if (level !== undefined) {
      const text = this.#textOf(element);
      if (text === '') return;
      this.#headings.length = Number(level) - 1;
      this.#headings[Number(level) - 1] = text;
    } else if (tag === 'dl') this.#definitions(element);
    else if (tag === 'table' && !this.#isLayout(element)) this.#table(element);
    else if (tag === 'details') this.#details(element);
    else this.#inside(element);
  }

  #flush(): void {
    const text = tidy(this.#text);
    this.#text = '';
    if (text !== '') this.blocks.push({ heading: this.#heading, text });
  }

  /** A term and what it means belong together. */
  #definitions(list: Element): void {
    let term = '';
    let meanings: string[] = [];
    const flush = () => {
      if (term !== '' || meanings.length > 0) this.#together(term, meanings.join(' '));
      [term, meanings] = ['', []];
    };
    this.#$(list)
      .find('dt,dd')
      .each((_, one) => {
        if (one.tagName === 'dd') return void meanings.push(this.#textOf(one));
        if (meanings.length > 0) flush();
        term = [term, this.#textOf(one)].filter(Boolean).join(', ');
      });
    flush();
  }

  #together(lead: string, text: string): void {
    const joint = lead === '' || text === '' || /[\p{P}]$/u.test(lead) ? ' ' : ': ';
    const whole = `${lead}${joint}${text}`.trim();
    if (whole !== '') this.blocks.push({ heading: this.#heading, text: whole, ...(lead === '' ? {} : { lead }) });
  }

  /** What is folded away is headed by its summary. */
  #details(element: Element): void {
    const summary = this.#$(element).children('summary').first();
    const title = summary[0] ? this.#textOf(summary[0]) : '';
    summary.remove();
    const at = this.blocks.length;
    this.#inside(element);
    this.#flush();
    const inner = this.blocks.splice(at);
    if (inner.length === 1 && inner[0]!.lead === undefined) return this.#together(title, inner[0]!.text);
    const under = [this.#heading, title].filter(Boolean).join(' > ') || null;
    if (inner.length === 0 && title !== '') this.blocks.push({ heading: this.#heading, text: title });
    this.blocks.push(...inner.map((block) => (block.heading === this.#heading ? { ...block, heading: under } : block)));
  }

  /** A table that puts a page in order, rather than facts. */
  #isLayout(table: Element): boolean {
    const rows = this.#$(table).find('tr');
    return (
      this.#$(table).find('th').length === 0 &&
      (this.#$(table).find('td').find(BLOCKS_IN_CELL).length > 0 || (rows.length < 2 && rows.find('td').length < 2))
    );
  }

  #table(table: Element): void {
    const $ = this.#$;
    const caption = $(table).children('caption').first();
    if (caption[0]) this.#together(this.#textOf(caption[0]), '');
    const rows = this.#grid(table);
    const headRows = rows.findIndex((row) => row.some((cell) => !cell.head));
    const named = headRows < 0 ? 0 : headRows;
    const bold = named === 0 && rows.length > 1 && (this.#headRow || rows[0]!.every((cell) => cell.bold)) ? 1 : named;
    const head = (rows[0] ?? []).map((_, column) =>
      [...new Set(rows.slice(0, bold).map((row) => row[column]?.text ?? ''))].filter(Boolean).join(' '),
    );
    for (const row of rows.slice(bold)) {
      const texts = row.map((cell) => cell.text);
      if (bold === 0 && row[0]?.head && row.length === 2) this.#together(texts[0]!, texts[1]!);
      else if (bold === 0) this.#together('', texts.filter(Boolean).join(' '));
      else {
        const block = rowBlock(this.#heading, head, texts);
        if (block) this.blocks.push(block);
      }
    }
  }

  /** The cells of a table by row and column, those that span several in each of them. */
  #grid(table: Element): { text: string; head: boolean; bold: boolean }[][] {
    const $ = this.#$;
    const rows: { text: string; head: boolean; bold: boolean }[][] = [];
    $(table)
      .find('tr')
      .each((y, row) => {
        if ($(row).closest('table')[0] !== table) return;
        rows[y] ??= [];
        let x = 0;
        for (const one of $(row).children('td,th').toArray()) {
          while (rows[y][x]) x++;
          const text = this.#textOf(one);
          const cell = {
            text,
            head: one.tagName === 'th',
            bold: text !== '' && tidy($(one).find('b,strong').text()) === text,
          };
          const span = (name: string) => Math.min(WIDEST, Math.max(1, Number($(one).attr(name)) || 1));
          const [across, down] = [span('colspan'), span('rowspan')];
          for (let dy = 0; dy < down; dy++) for (let dx = 0; dx < across; dx++) (rows[y + dy] ??= [])[x + dx] = cell;
          x += across;
        }
      });
    return rows.filter((row) => row !== undefined).map((row) => Array.from(row, (cell) => cell ?? EMPTY));
  }

  #textOf(element: Node): string {
    let text = '';
    const walk = (node: Node) => {
      if (isText(node)) text += node.data;
      if (!('tagName' in node)) return;
      const spaced = !INLINE.has(node.tagName.toLowerCase());
      if (spaced) text += ' ';
      for (const child of node.children) walk(child);
      if (spaced) text += ' ';
    };
    walk(element);
    return tidy(text);
  }
}

const tidy = (text: string) => readable(text).replaceAll(/\s+/g, ' ').trim();
const EMPTY = { text: '', head: false, bold: false };
