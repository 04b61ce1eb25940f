import { cellsOf, withConditions, type Cell } from './joined-sentences.ts';
import type { KnowledgePassage } from '#engine/contracts/language-model.ts';
import { sentencesOf } from '#core/kernel/text/sentences.ts';
import type { PromptScript } from '../prompt-script.ts';

/** Something the agent may say, because its prompt or a document says it. */
export interface Statement {
  readonly text: string;
  /** Where it stands: the headings or the name of its document. */
  readonly context: string;
  /** Of a question-and-answer pair. */
  readonly question: string | null;
  /** Of a table's row. */
  readonly cells: readonly Cell[] | null;
}

const plain = (text: string, context = ''): Statement => ({ text, context, question: null, cells: null });

export function statementsOf(
  script: Pick<PromptScript, 'answers' | 'facts'>,
  knowledge: readonly KnowledgePassage[],
): Statement[] {
  return [
    ...script.answers.map(({ question, answer }) => ({ text: answer, context: '', question, cells: null })),
    ...script.facts.map((fact) => plain(fact)),
    ...knowledge.flatMap(fromPassage),
  ];
}

function fromPassage({ source, text }: KnowledgePassage): Statement[] {
  const context = source.replace(/\.(?:pdf|docx|html?|md|txt|csv)\b/i, '');
  const statements: Statement[] = [];
  let question: string | null = null;
  for (const sentence of rowsOrSentences(text)) {
    const asked = /^Q\s?:\s?(.+)$/i.exec(sentence)?.[1];
    if (asked !== undefined || sentence.endsWith('?')) {
      question = asked ?? sentence;
      continue;
    }
    const answer: string = /^A\s?:\s?(.+)$/i.exec(sentence)?.[1] ?? sentence;
    const cells = cellsOf(answer);
    if (!cells && isTorn(answer)) continue;
    statements.push({ text: answer, context, question: cells ? null : question, cells });
    // The answer to a question is the sentence after it; what follows stands for itself.
    question = null;
  }
  return statements;
}

/** Consecutive amounts, as from a table that lost its rows: it is unclear what they belong to. */
const isTorn = (text: string) => (text.match(/[$€£]\s?\d/g) ?? []).length > 2 && !/[,;]/.test(text);

/** A table's rows stand one after the other, each with the same first heading. */
function rowsOrSentences(text: string): string[] {
  const first = cellsOf(text)?.[0];
  if (!first) return text.split('\n').flatMap((line) => withConditions(sentencesOf(line)));
  const begin = `${first.heading}: `;
  return text
    .replaceAll('\n', ' ')
    .split(`. ${begin}`)
    .map((row, n) => (n === 0 ? row : begin + row));
}

/** What is asked for beside its words: a price, a place, a time. */
export type Kind = 'cost' | 'place' | 'time' | 'duration' | 'person' | 'phone';

const SAYS: Readonly<Record<Kind, RegExp>> = {
  cost: /[$€£]\s?\d|\b\d[\d.,]* (?:dollars|euros|pounds|cents|percent)\b|\b(?:free|half price|no charge|costs?)\b/i,
  place:
    /\b(?:street|road|lane|avenue|square|floor|address|located|stored in|next to|behind|opposite|under settings)\b/i,
  time: /\b\d{1,2}(?::\d\d)? ?(?:am|pm)\b|\b\d{1,2}:\d\d\b|\bo'clock\b|\bclosed\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b/i,
  duration:
    /\b(?:\d+|an?|half an?|one|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty|thirty) (?:minutes?|hours?|days?|weeks?|months?|years?|working)\b/i,
  person: /\bdr\b|\b(?:doctor|manager|owner|colleague)\b/i,
  phone: /\d{3}[- ]\d{3,4}/,
};

export const saysKind = (text: string, kind: Kind): boolean => SAYS[kind].test(text);

const ASKS: Readonly<Record<Kind, RegExp>> = {
  cost: /\bhow much\b|\b(?:price|cost|costs|fee|rate|charge|expensive|cheap|set me back)\b|\bpay something\b|\bpay (?:for|anything)\b/i,
  place: /\bwhere\b|\b(?:address|located|directions)\b/i,
  time: /\b(?:when|what time|what hours|until when|till when|how late|what are your hours|open)\b/i,
  duration: /\bhow (?:long|soon|many (?:days|hours|minutes|weeks|months|years)|fast|quickly)\b|\bduration\b|\btime\b/i,
  person: /\bwho\b|\bwhich (?:doctor|of your)\b/i,
  phone: /\bcall\b|\bphone number\b/i,
};

const AMOUNT_OF = /\bhow much (?:can|may|does [^?]*(?:carry|weigh|hold)|load|space|disk|storage|weight|room|time)\b/i;

export function kindsAsked(question: string): Kind[] {
  const kinds = (Object.keys(ASKS) as Kind[]).filter((kind) => ASKS[kind].test(question));
  return AMOUNT_OF.test(question) ? kinds.filter((kind) => kind !== 'cost') : kinds;
}

const NOUNS = new Set(['number', 'code', 'room', 'zone', 'size', 'dish', 'error', 'version', 'model', 'ticket']);

/** A word before a number that says what it is the number of. */
export const isNoun = (token: string) => NOUNS.has(token);
