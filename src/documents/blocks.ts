/** A paragraph of a document and where it stands. */
export interface Block {
  readonly heading: string | null;
  readonly text: string;
  /**
   * It means something as a whole alone: it is cut only where it is longer than a chunk, and each piece begins with
   * this.
   */
  readonly lead?: string;
  /** A row of a table: its cells with their headings, between which it is cut. */
  readonly cells?: readonly { readonly heading: string; readonly value: string }[];
}

const MOST_QUESTION = 300;
const QUESTION_MARK = /^(?:q|question|frage|f|pregunta|вопрос)\s?\d{0,3}\s?[:.)]/iu;
const ASKS = /[?？؟]["”»)]?$/u;

/** A row of a table as `name: Plan A; price: 10.`; null where nothing stands in it. */
export function rowBlock(heading: string | null, head: readonly string[], row: readonly string[]): Block | null {
  const cells = row.flatMap((value, i) => (value === '' ? [] : [{ heading: head[i] ?? '', value }]));
  if (cells.length === 0) return null;
  const text = cells.map(cellText).join('; ');
  return { heading, text: /[.!?]$/.test(text) ? text : `${text}.`, lead: cellText(cells[0]!), cells };
}

const cellText = ({ heading, value }: { heading: string; value: string }): string =>
  heading === '' || heading === value ? value : `${heading}: ${value}`;

/** A question and what follows it are one block. */
export function withAnswers(blocks: readonly Block[]): Block[] {
  const joined: Block[] = [];
  for (const block of blocks) {
    const before = joined.at(-1);
    const answers =
      before !== undefined &&
      before.lead === undefined &&
      block.lead === undefined &&
      before.heading === block.heading &&
      isQuestion(before.text) &&
      !isQuestion(block.text);
    if (answers) joined[joined.length - 1] = { ...before, text: `${before.text} ${block.text}`, lead: before.text };
    else joined.push(block);
  }
  return joined;
}

const isQuestion = (text: string) =>
  text.length <= MOST_QUESTION &&
  (ASKS.test(text) || (QUESTION_MARK.test(text) && !/\s(?:a|answer|antwort)\s?[:.)]/i.test(text)));

/** The paragraphs of a plain text; one that holds questions and answers by line is cut before each question. */
export function paragraphsOf(text: string): string[] {
  const paragraphs: string[] = [];
  let lines: string[] = [];
  const flush = () => {
    if (lines.length > 0) paragraphs.push(lines.join('\n'));
    lines = [];
  };
  for (const raw of text.split(/\r\n?|\n/)) {
    const line = raw.trim();
    if (line === '') flush();
    else if (QUESTION_MARK.test(line) || ASKS.test(line)) {
      // The question ends on this line or further down; what stands above it belongs to another.
      if (lines.length > 0) flush();
      lines.push(line);
      if (ASKS.test(line)) flush();
    } else lines.push(line);
  }
  flush();
  return paragraphs;
}
