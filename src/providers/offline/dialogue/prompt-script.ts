import { spokenWords } from '../speech/text.ts';
import { sentencesOf } from '#core/kernel/text/sentences.ts';
import { withConditions } from './answering/joined-sentences.ts';

/** What a prompt written for a large model tells a rule-based one. docs/offline-agent.md says how it is read. */
export interface PromptScript {
  /** Whether it calls to sell: only then it asks and offers of its own accord. */
  readonly sells: boolean;
  /** Questions to ask, in order. */
  readonly questions: readonly string[];
  /** Sentences that may be said. */
  readonly facts: readonly string[];
  /** Question and answer pairs. */
  readonly answers: readonly { readonly question: string; readonly answer: string }[];
  /** "When the caller says X, say Y." */
  readonly rules: readonly { readonly says: string; readonly answer: string }[];
  /** What has to be known for a booking beside the time. */
  readonly bookingAsks: readonly string[];
  readonly pitch: string | null;
  readonly objection: string | null;
  readonly closing: string | null;
  readonly goodbye: string | null;
  readonly agentName: string | null;
  readonly company: string | null;
}

/** Of a seller whose prompt names no questions. */
const DEFAULT_QUESTIONS = [
  'May I ask what you use today?',
  'How many people are in your team?',
  'What is most important to you?',
];

const SECTIONS: Readonly<Record<string, string>> = {
  greeting: 'greeting',
  opening: 'greeting',
  discovery: 'questions',
  question: 'questions',
  questions: 'questions',
  presentation: 'pitch',
  pitch: 'pitch',
  offer: 'pitch',
  objection: 'objections',
  objections: 'objections',
  closing: 'closing',
  close: 'closing',
  goodbye: 'goodbye',
  fact: 'facts',
  facts: 'facts',
  knowledge: 'facts',
  faq: 'facts',
};

/** Sentences that tell the agent what to do, and nothing that a caller wants to know. */
const ORDERS =
  /^(?:you are|you're|you work|you answer|you help|you speak|you sell|you support|you take|you book|your (?:name|job|task|role|goal)|be|do not|don't|never|always|speak|keep|ask|use|make|act|respond|reply|stay|remember|let|avoid|start|begin|say|tell|help|introduce|thank|confirm|listen|offer|find|respond|the (?:caller|customer|user|agent))\b/i;
/** Outside of a section of facts, these tell the agent what to do as well. */
const MAYBE_ORDERS = /^(?:you|your|if|when|please|answer|try|end|first|then|finally)\b/i;
const ABOUT_CALLERS = /\b(?:the (?:caller|customer|user)|callers?|customers?|they ask|somebody asks|someone asks)\b/i;
/** Said to others as it is said to the agent: "You work for X" is not, "You can pay by card" is. */
const BOOKS = /\b(?:book|booking|bookings|reservation|reservations|reserve|appointment|appointments)\b/i;

export function readPrompt(prompt: string): PromptScript {
  const answers: { question: string; answer: string }[] = [];
  const rules: { says: string; answer: string }[] = [];
  const bookingAsks: string[] = [];
  const sections = new Map<string, string[]>();
  const put = (section: string, sentence: string) => {
    const there = sections.get(section);
    if (there) there.push(sentence);
    else sections.set(section, [sentence]);
  };
  let section = '';
  let question: string | null = null;
  for (const line of prompt.split('\n').map((one) => one.trim())) {
    if (line === '') {
      if (section !== 'facts') section = '';
      continue;
    }
    const pair = questionAndAnswer(line);
    if (pair.question !== null) question = pair.question;
    if (pair.answer !== null && question !== null) {
      answers.push({ question, answer: pair.answer });
      question = null;
    }
    if (pair.question !== null || pair.answer !== null) continue;
    const heading = headingOf(line);
    if (heading) section = heading.section;
    const rest = heading ? heading.rest : withoutBullet(line);
    if (rest === '') continue;
    // Each sentence for itself: a prompt of one line holds facts beside its rules.
    for (const sentence of sentencesOf(rest)) {
      const rule = ruleIn(sentence);
      const told = rule ? null : toldWhenAsked(sentence);
      const asks = rule || told ? null : askedForBooking(sentence);
      if (rule) rules.push(rule);
      else if (told) answers.push(told);
      else if (asks) bookingAsks.push(...asks);
      else put(section, withoutAsk(sentence));
    }
  }
  return { ...scriptOf(prompt, sections), answers, rules, bookingAsks };
}

function scriptOf(prompt: string, sections: ReadonlyMap<string, readonly string[]>) {
  const pick = (...names: string[]) => names.flatMap((name) => sections.get(name) ?? []);
  const said = (name: string) => pick(name).join(' ') || null;
  const questions = [...new Set(pick('questions', '', 'greeting').filter((one) => one.endsWith('?')))];
  const facts = [...sections].flatMap(([section, sentences]) =>
    withConditions(
      sentences.filter(
        (one) =>
          !one.endsWith('?') &&
          !ORDERS.test(one) &&
          !ABOUT_CALLERS.test(one) &&
          (section === 'facts' || !MAYBE_ORDERS.test(one)) &&
          spokenWords(one).length >= 3,
      ),
    ),
  );
  const sells = questions.length > 0 || pick('pitch').length > 0 || /\b(?:sales|sell|sells|seller)\b/i.test(prompt);
  return {
    sells,
    questions: questions.length > 0 || !sells ? questions : DEFAULT_QUESTIONS,
    facts,
    pitch: said('pitch') ?? (sells ? (facts[0] ?? null) : null),
    objection: said('objections'),
    closing: said('closing'),
    goodbye: said('goodbye'),
    agentName:
      /\b(?:[Yy]ou are|[Yy]our name is|I am|[Tt]his is) ([A-Z][a-z]+)\b(?! (?:helpful|friendly))/.exec(prompt)?.[1] ??
      null,
    company:
      /\b(?:from|for|of|at|represent|represents|representing|company is|company called) ([A-Z][A-Za-z0-9]+(?: [A-Z][A-Za-z0-9]+){0,2})/.exec(
        prompt,
      )?.[1] ?? null,
  };
}

/** `Questions:`, `## Facts`, `**Pitch**: It saves time.` */
function headingOf(line: string): { section: string; rest: string } | null {
  const marked = line.startsWith('#') || line.startsWith('*');
  const bare = line.replace(/^[#*\s]+/, '');
  const word = /^[A-Za-z]+/.exec(bare)?.[0] ?? '';
  const section = SECTIONS[word.toLowerCase()];
  const after = bare
    .slice(word.length)
    .replace(/^\*{1,2}/, '')
    .trim();
  if (section !== undefined && (after === '' || after.startsWith(':')))
    return { section, rest: after.replace(/^:\*{0,2}/, '').trim() };
  // Another heading ends the section before it.
  return line.startsWith('#') && marked ? { section: '', rest: '' } : null;
}

const withoutBullet = (line: string) => line.replace(/^(?:[-*•]|\d{1,2}[.)])\s+/, '');
const withoutAsk = (sentence: string) =>
  sentence.replace(/^(?:asks?|say|question)(?: (?:them|him|her|the [a-z]+))?\s?:\s?/i, '');

function questionAndAnswer(line: string): { question: string | null; answer: string | null } {
  const bare = withoutBullet(line);
  if (/^Q\s?:/i.test(bare)) {
    const text = bare.slice(bare.indexOf(':') + 1);
    const at = text.search(/\bA\s?:\s/);
    return at < 0
      ? { question: text.trim(), answer: null }
      : { question: text.slice(0, at).trim(), answer: text.slice(text.indexOf(':', at) + 1).trim() };
  }
  return { question: null, answer: /^A\s?:/i.test(bare) ? bare.slice(bare.indexOf(':') + 1).trim() : null };
}

/** When the caller says "X", say "Y". */
function ruleIn(sentence: string): { says: string; answer: string } | null {
  const [before, says, , answer] = sentence.split('"');
  if (answer === undefined || !/\b(?:if|when)\b/i.test(before!) || !/\bsays?\b/i.test(before!)) return null;
  return { says: says!, answer };
}

/** Parses "If a caller asks about X, say that Y". */
function toldWhenAsked(sentence: string): { question: string; answer: string } | null {
  if (!/^(?:if|when)\b/i.test(sentence)) return null;
  const asks = /\basks?\b(?: (?:about|for|whether|if))?/i.exec(sentence);
  const comma = sentence.indexOf(', ');
  if (!asks || comma < asks.index) return null;
  const verb =
    /^(?:please )?(?:say|tell|answer|explain|reply)\b(?: (?:them|him|her|the [a-z]+))?(?: that)?[\s:]+/i.exec(
      sentence.slice(comma + 2),
    );
  if (!verb) return null;
  const answer = sentence
    .slice(comma + 2 + verb[0].length)
    .replaceAll('"', '')
    .trim();
  return {
    question: sentence.slice(asks.index + asks[0].length, comma).trim(),
    answer: answer.charAt(0).toUpperCase() + answer.slice(1),
  };
}

/** For a reservation ask for: the number of people, a phone number. */
function askedForBooking(sentence: string): string[] | null {
  const verb = /\b(?:ask for|collect)\b:?/i.exec(sentence);
  if (!verb || !BOOKS.test(sentence.slice(0, verb.index))) return null;
  return sentence
    .slice(verb.index + verb[0].length)
    .replace(/\.$/, '')
    .split(/, and |, | and /)
    .map((one) =>
      one
        .replace(/^(?:the|a|an|their|his|her)\s/i, '')
        .trim()
        .replace(/^(?:the|a|an|their)\s/i, ''),
    )
    .filter((one) => one !== '' && !/^(?:name|day|date|time|day or time)$/i.test(one));
}

/** What the prompt wants said to these very words, or null. */
export function findRule(script: PromptScript, text: string): string | null {
  const plain = spokenWords(text).join(' ');
  return script.rules.find((rule) => plain.includes(spokenWords(rule.says).join(' ')))?.answer ?? null;
}
