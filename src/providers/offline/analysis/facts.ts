import { intentOf, timeIn } from '../dialogue/intents.ts';
import { spokenWords } from '../speech/text.ts';
import { nameIn } from './names.ts';

/** Facts about a person in their own words, found by rules. */
export interface Facts {
  readonly name: string | null;
  /** What they are after. */
  readonly wants: string | null;
  readonly preferences: Readonly<Record<string, string>>;
  readonly topics: readonly string[];
}

const WANTS =
  /\b(?:i|we)(?:'d| would)? (?:(?:want|need|like|would like|love|'m looking for|am looking for|are looking for|'re looking for)|(?:am|are|'m|'re) (?:interested in|searching for))(?: to (?:have|get|buy|order|book|know|talk about))? ([^.!?;\n]{3,160})/i;
const NO_WISH = /^(?:that|this|it|you|them|him|her|not)\b/i;
const PREFERS = [
  /\b(?:i|we) (?:would |'d )?prefer (?:to be (?:called|reached|contacted) )?([^.!?;,\n]{2,80})/i,
  /\b(?:best|better|easiest) (?:time|way)(?: to (?:call|reach|contact) me)? is ([^.!?;,\n]{2,80})/i,
];
const LANGUAGES: Readonly<Record<string, string>> = {
  english: 'en',
  spanish: 'es',
  german: 'de',
  french: 'fr',
  italian: 'it',
  portuguese: 'pt',
  dutch: 'nl',
  polish: 'pl',
  turkish: 'tr',
  arabic: 'ar',
  chinese: 'zh',
  japanese: 'ja',
};
const SPEAKS = new RegExp(
  `\\b(?:speak|talk|continue|write|answer|prefer)\\b[^.!?]{0,80}\\b(${Object.keys(LANGUAGES).join('|')})\\b`,
  'i',
);

const TOPICS: readonly (readonly [string, RegExp])[] = [
  ['weather', /\b(weather|rain|sunny|forecast|temperature outside)\b/],
  ['scheduling', /\b(appointments?|schedul\w+|book(ing)?|meeting|reschedule|slot|calendar)\b/],
  ['pricing', /\b(prices?|pricing|costs?|quote|discount|cheap\w*|expensive|dollars?)\b/],
  ['billing', /\b(bill(ing)?|invoices?|charged?|payments?|refund)\b/],
  ['support', /\b(help with|problem|issue|broken|not working|error|support|fix)\b/],
  ['complaint', /\b(complain\w*|unhappy|angry|terrible|disappointed)\b/],
  ['orders', /\b(orders?|deliver\w*|shipping|package|tracking)\b/],
  ['cancellation', /\b(cancel\w*|terminate|end my (contract|subscription))\b/],
  ['account', /\b(account|password|log ?in|sign in)\b/],
  ['opening_hours', /\b(opening hours|what time do you (open|close)|are you open)\b/],
  ['callback', /\bcall (me|us) back\b/],
  ['human_agent', /\b(human|real person|representative|supervisor)\b/],
  ['product', /\b(product|features?|demo|trial|software|tool)\b/],
];
/** The result for a question that names nothing known. */
export const GENERAL = 'general_inquiry';
const TIME =
  /\b(today|tonight|tomorrow|\w+day|morning|afternoon|evening|noon|week|month|o'clock|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty)\b/;

export function factsIn(texts: readonly string[]): Facts {
  const wants =
    texts
      .map((text) => WANTS.exec(text)?.[1]?.trim())
      .findLast((found) => found !== undefined && !NO_WISH.test(found)) ?? null;
  const prefers = texts.flatMap((text) => PREFERS.flatMap((pattern) => pattern.exec(text)?.[1]?.trim() ?? [])).at(-1);
  const language = texts.map((text) => SPEAKS.exec(text)?.[1]?.toLowerCase()).findLast((found) => found !== undefined);
  const lower = texts.map((text) => text.toLowerCase());
  const topics = TOPICS.filter(([, pattern]) => lower.some((text) => pattern.test(text))).map(([topic]) => topic);
  const asks = texts.some((text) => /\?\s*$/.test(text) || intentOf(text) === 'question');
  return {
    name: nameIn(texts),
    wants: wants === null ? null : wants.slice(0, 160),
    preferences: {
      ...(prefers === undefined || (language !== undefined && prefers.toLowerCase().includes(language))
        ? {}
        : { prefers }),
      ...(language === undefined ? {} : { language: LANGUAGES[language]! }),
    },
    topics: topics.length > 0 || !asks ? topics : [GENERAL],
  };
}

/** The intent of a message and the entities in it, as an agent of type `input` returns them. */
export function understand(text: string): {
  readonly intent: string;
  readonly entities: Readonly<Record<string, string>>;
} {
  const { name, wants, topics } = factsIn([text]);
  // "at Acme" names no time.
  const named =
    timeIn(text)
      ?.replace(/\b(?:at|around) (\w+)/g, (whole, word: string) => (TIME.test(word) ? whole : ''))
      .trim() ?? '';
  const time = TIME.test(named) ? named : null;
  const entities: Record<string, string | null | undefined> = {
    name,
    time,
    wants,
    topic: topics[0],
    email: /(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]*\w/.exec(text)?.[0],
    phone: /\+?\d[\d ()-]{5,}\d/.exec(text)?.[0].replaceAll(/[^\d+]/g, ''),
    amount: /[$€£]\s?\d[\d.,]*|(?<![\w.,])\d[\d.,]* (?:dollars|euros|pounds)\b/i.exec(text)?.[0],
  };
  return {
    intent: intentFor(text, topics, time),
    entities: Object.fromEntries(
      Object.entries(entities).filter((entry): entry is [string, string] => entry[1] != null),
    ),
  };
}

function intentFor(text: string, topics: readonly string[], time: string | null): string {
  const intent = intentOf(text);
  if (
    topics.includes('scheduling') &&
    (intent === 'question' || intent === 'statement' || intent === 'agreement') &&
    (time !== null || /\b(book|schedule|make|get|want|need|like)\b/.test(spokenWords(text).join(' ')))
  )
    return 'schedule_appointment';
  if (intent === 'question' && topics[0] !== undefined && topics[0] !== GENERAL) return `ask_about_${topics[0]}`;
  return intent.replaceAll('-', '_');
}
