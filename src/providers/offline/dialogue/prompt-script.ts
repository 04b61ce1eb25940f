import type { KnowledgePassage } from '#engine/contracts/language-model.ts';
import { spokenWords } from '../speech/text.ts';

interface Answer {
  readonly question: string;
  readonly answer: string;
}

interface Rule {
  readonly says: string;
  readonly answer: string;
}

/** What a prompt written for a large model tells a rule-based one. */
export interface PromptScript {
  /** Questions to ask, in order. */
  readonly questions: readonly string[];
  /** Sentences that answer questions. */
  readonly facts: readonly string[];
  /** Question and answer pairs. */
  readonly answers: readonly Answer[];
  /** "When the caller says X, say Y." */
  readonly rules: readonly Rule[];
  readonly pitch: string | null;
  readonly objection: string | null;
  readonly closing: string | null;
  readonly goodbye: string | null;
  readonly agentName: string | null;
  readonly company: string | null;
}

const DEFAULT_QUESTIONS = [
  'May I ask what you use today?',
  'How many people are in your team?',
  'What is most important to you?',
];

const SECTION =
  /^(?:#+\s*)?(?:\*+\s*)?(greeting|opening|discovery|questions?|presentation|pitch|offer|objections?|closing|close|goodbye|facts|knowledge|faq)\**\s*:\s*/i;
const INSTRUCTION =
  /^(you|your|be|do not|don't|never|always|speak|keep|ask|if|when|please|answer|use|make|try|act|respond|reply|stay|remember|let|avoid|start|begin|end|say|tell|help|first|then|finally|offer|introduce|thank|confirm|listen|the (caller|customer|user|agent))\b/i;

export function readPrompt(prompt: string): PromptScript {
  const { answers, rest } = takeAnswers(prompt);
  const rules: Rule[] = [];
  const text = rest
    .split('\n')
    .map((line) => takeRules(line, rules))
    .join('\n');
  const sections = new Map<string, string[]>();
  let section = '';
  for (const untrimmed of text.split('\n')) {
    const line = untrimmed.trim();
    const heading = SECTION.exec(line);
    if (heading) section = heading[1]!.toLowerCase().replace(/s$/, '');
    const rest = (heading ? line.slice(heading[0].length) : line).replace(/^[\s\-*•\d.)]+(?=\S)/, '').trim();
    if (line === '' && section !== '') section = '';
    if (rest === '') continue;
    const sentences = sections.get(section) ?? [];
    for (const sentence of sentencesOf(rest)) sentences.push(sentence);
    sections.set(section, sentences);
  }
  const pick = (...names: string[]) => names.flatMap((name) => sections.get(name) ?? []);
  const everywhere = [...sections.values()].flat();
  const questions = [
    ...new Set(
      [...pick('discovery', 'question'), ...pick('', 'greeting', 'opening')].filter((one) => one.endsWith('?')),
    ),
  ];
  const facts = everywhere.filter(
    (one) => !one.endsWith('?') && !INSTRUCTION.test(one) && spokenWords(one).length >= 3,
  );
  const said = (names: string[]) => pick(...names).join(' ') || null;
  return {
    questions: questions.length > 0 ? questions : DEFAULT_QUESTIONS,
    facts,
    answers,
    rules,
    pitch: said(['presentation', 'pitch', 'offer']) ?? facts[0] ?? null,
    objection: said(['objection']),
    closing: said(['closing', 'close']),
    goodbye: said(['goodbye']),
    agentName:
      /\b(?:[Yy]ou are|[Yy]our name is|I am|[Tt]his is) ([A-Z][a-z]+)\b(?! (?:helpful|friendly))/.exec(prompt)?.[1] ??
      null,
    company:
      /\b(?:from|for|of|at|represent(?:ing|s)?|company (?:is|called)) ([A-Z][A-Za-z0-9]+(?: [A-Z][A-Za-z0-9]+){0,2})/.exec(
        prompt,
      )?.[1] ?? null,
  };
}

/** Takes `Q: … A: …` out of a prompt; the answer ends with its line. */
function takeAnswers(prompt: string): { answers: Answer[]; rest: string } {
  const answers: Answer[] = [];
  const marks = [...prompt.matchAll(/\b([qa])\s*:/gi)];
  let rest = '';
  let taken = 0;
  for (const [i, mark] of marks.entries()) {
    const next = marks[i + 1];
    if (!next || mark.index < taken || mark[1]!.toLowerCase() !== 'q' || next[1]!.toLowerCase() !== 'a') continue;
    const question = prompt.slice(mark.index + mark[0].length, next.index).trim();
    const start = next.index + next[0].length;
    const begin = start + /^\s*/.exec(prompt.slice(start))![0].length;
    const lineEnd = prompt.indexOf('\n', begin);
    const end = lineEnd < 0 ? prompt.length : lineEnd;
    const answer = prompt.slice(begin, end).trim();
    if (question === '' || question.includes('\n') || answer === '') continue;
    answers.push({ question, answer });
    rest += `${prompt.slice(taken, mark.index)}\n`;
    taken = end;
  }
  return { answers, rest: rest + prompt.slice(taken) };
}

/** Takes `When the caller says "…", say "…".` out of a line. */
function takeRules(line: string, rules: Rule[]): string {
  const parts = line.split('"');
  const kept = [parts[0]!];
  for (let i = 0; i < parts.length - 1; i++) {
    const part = parts[i]!;
    const clauseStart = part.lastIndexOf('.') + 1;
    const clause = part.slice(clauseStart);
    const start = clause.search(/\b(?:if|when)\b/i);
    const [says, , answer, after] = parts.slice(i + 1, i + 5);
    if (start >= 0 && says && answer && after !== undefined && /\bsays?\b/i.test(clause.slice(start))) {
      rules.push({ says, answer });
      i += 3;
      parts[i + 1] = after.replace(/^\./, '');
      kept[kept.length - 1] = part.slice(0, clauseStart + start);
      kept.push('\n', parts[i + 1]!);
    } else kept.push('"', parts[i + 1]!);
  }
  return kept.join('');
}

/** What documents say may be said as well. */
export function withKnowledge(script: PromptScript, knowledge: readonly KnowledgePassage[]): PromptScript {
  return knowledge.length === 0
    ? script
    : {
        ...script,
        facts: [
          ...script.facts,
          ...knowledge.flatMap((one) => sentencesOf(one.text)).filter((one) => !one.endsWith('?')),
        ],
      };
}

function sentencesOf(text: string): string[] {
  return (text.match(/[^.!?]+[.!?]*/g) ?? [])
    .map((one) => one.trim().replace(/^(ask|asks|say|question)( (them|him|her|the \w+))?\s*:\s*/i, ''))
    .filter((one) => /[a-z]/i.test(one));
}

const COMMON = new Set(
  'a an the is are was do does did you your i my me we our it its of to in on at for with and or that this what how when where why which who can could will would about please tell much many have has be there any if so as from by'.split(
    ' ',
  ),
);

const stem = (word: string) => word.replace(/'s$/, '').replace(/(ing|ed|es|s|ly)$/, '');

const ALIKE: Readonly<Record<string, string>> = {
  price: 'cost',
  pric: 'cost',
  expensiv: 'cost',
  dollar: 'cost',
  euro: 'cost',
  fee: 'cost',
  charg: 'cost',
  pay: 'cost',
  hour: 'open',
  clos: 'open',
  addres: 'locat',
  office: 'locat',
  offic: 'locat',
  bas: 'locat',
};

function contentOf(text: string): Set<string> {
  return new Set(
    spokenWords(text)
      .filter((word) => !COMMON.has(word))
      .map(stem)
      .map((word) => ALIKE[word] ?? word),
  );
}

/** How many words with a meaning two texts share. */
export function wordsInCommon(a: string, b: string): number {
  const words = contentOf(b);
  return [...contentOf(a)].filter((word) => words.has(word)).length;
}

/** The sentence of the prompt that answers a question best, or null when none shares enough of its words. */
export function findAnswer(script: PromptScript, question: string): string | null {
  const asked = contentOf(question);
  if (asked.size === 0) return null;
  let best: string | null = null;
  let bestScore = 0.34;
  const candidates = [
    ...script.answers.map(({ question: q, answer }) => ({ match: `${q} ${answer}`, answer, bonus: 0.2 })),
    ...script.facts.map((fact) => ({ match: fact, answer: fact, bonus: 0 })),
  ];
  for (const { match, answer, bonus } of candidates) {
    const words = contentOf(match);
    const shared = [...asked].filter((word) => words.has(word)).length;
    const score = shared === 0 ? 0 : shared / asked.size + bonus;
    if (score > bestScore) [best, bestScore] = [answer, score];
  }
  return best;
}

/** What the prompt wants said to these very words, or null. */
export function findRule(script: PromptScript, text: string): string | null {
  const plain = spokenWords(text).join(' ');
  return script.rules.find((rule) => plain.includes(spokenWords(rule.says).join(' ')))?.answer ?? null;
}
