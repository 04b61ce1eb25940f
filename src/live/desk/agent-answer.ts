/** What an agent at the telephone answers to an offer. */
export type AgentAnswer = 'accept' | 'decline';

const BY_KEY: Readonly<Record<string, AgentAnswer>> = { '1': 'accept', '2': 'decline' };

/** Null for a key that means nothing. */
export const answerByKey = (digit: string): AgentAnswer | null => BY_KEY[digit] ?? null;

const ACCEPTS = new Set([
  'yes',
  'yeah',
  'yep',
  'yes yes',
  'yes please',
  'yes i do',
  'yes i will',
  'yes accept',
  'accept',
  'accepted',
  'accept it',
  'accept the call',
  'i accept',
]);
const DECLINES = new Set([
  'no',
  'nope',
  'no thanks',
  'no thank you',
  'not now',
  'no not now',
  'decline',
  'i decline',
  'reject',
  "i can't",
  'i cannot',
]);

/**
 * Null unless the whole utterance is an answer: the greeting of an answering machine may hold these words too.
 */
export function answerByWord(text: string): AgentAnswer | null {
  const words = text
    .toLowerCase()
    .replaceAll('’', "'")
    .replace(/[^a-z' ]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (ACCEPTS.has(words)) return 'accept';
  return DECLINES.has(words) ? 'decline' : null;
}

/** Likely words of an agent who is offered a call, for the recogniser. */
export const ANSWER_PHRASES = ['yes', 'yes please', 'i accept', 'accept', 'no', 'no thank you', 'decline'] as const;
