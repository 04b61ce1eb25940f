import type { Line } from './analyst.ts';

interface Said {
  /** Only the lines of the person and of the agent count. */
  readonly role: string;
  readonly text: string;
}

const MOST = 8;
/** Fewer from the person, and the agent's words are searched too: a yes is about what the agent said. */
const ENOUGH = 3;
/** Nouns that calls are about. */
const SUBJECTS =
  /\b(?:pricing|prices?|costs?|quotes?|discounts?|features?|products?|demos?|trials?|software|appointments?|bookings?|meetings?|schedule|slots?|calendar|bills?|billing|invoices?|payments?|refunds?|problems?|issues?|errors?|support|complaints?|orders?|delivery|deliveries|shipping|packages?|tracking|cancell?ations?|contracts?|subscriptions?|accounts?|passwords?|opening hours|call ?backs?|representatives?|supervisors?|weather|forecast|warranty|insurance|budget|plans?|integrations?|premium)\b/gi;

/**
 * What a conversation is about, in words that stand in it, the person's first. `topics`: an analyst's, in snake case.
 */
export function keywordsOf(lines: readonly Said[], topics: readonly string[]): readonly string[] {
  const saidBy = (role: Line['role']) =>
    lines
      .flatMap((line) => (line.role === role ? [line.text] : []))
      .join('\n')
      .toLowerCase();
  const [caller, agent] = [saidBy('caller'), saidBy('agent')];
  const found = new Set(wordsIn(caller, topics));
  if (found.size < ENOUGH) for (const word of wordsIn(agent, topics)) found.add(word);
  return [...found].slice(0, MOST);
}

/** In the order in which they are said. */
function wordsIn(text: string, topics: readonly string[]): readonly string[] {
  const named = topics.flatMap((topic) => {
    const word = topic.replaceAll('_', ' ').trim().toLowerCase();
    const at = word === '' ? -1 : ` ${text.replaceAll(/[^\p{L}\p{N}]/gu, ' ')} `.indexOf(` ${word} `);
    return at < 0 ? [] : [{ at, word }];
  });
  const subjects = [...text.matchAll(SUBJECTS)].map((match) => ({ at: match.index, word: match[0] }));
  return [...named, ...subjects].toSorted((one, other) => one.at - other.at).map(({ word }) => word);
}
