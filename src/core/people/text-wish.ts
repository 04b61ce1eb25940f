/** What a text message asks of us: no more contact, or contact again. */
export type TextWish = 'stop' | 'start';

/** The words that carriers and 47 CFR 64.1200(a)(10) name, where they are the whole message. */
const STOP_WORDS: ReadonlySet<string> = new Set([
  'stop',
  'stopall',
  'unsubscribe',
  'cancel',
  'end',
  'quit',
  'revoke',
  'optout',
  'arret',
  'stopp',
]);
const START_WORDS: ReadonlySet<string> = new Set(['start', 'unstop']);

const US = '(?: me| us| this number)?';
const AT_THE_END = '(?: please| again| now| ever| any ?more)*$';

/** Sentences that can only mean a refusal. A restriction, such as "don't call me at work", is none. */
const REFUSALS = [
  new RegExp(`\\b(?:stop|quit) (?:calling|texting|messaging|contacting)${US}${AT_THE_END}`),
  new RegExp(`\\b(?:do not|don'?t|never) (?:ever )?(?:call|text|message|contact)${US}${AT_THE_END}`),
  /\b(?:take|remove) (?:me|us|my number|this number) (?:off|from) (?:your|the|this|any|all) (?:\w+ ){0,2}lists?\b/,
];

/** Null: the message asks for neither. */
export function wishIn(text: string): TextWish | null {
  const plain = text.normalize('NFKD').replaceAll(/\p{M}/gu, '').replaceAll('’', "'").toLowerCase();
  const word = plain.replaceAll(/[^\p{L}]/gu, '');
  if (STOP_WORDS.has(word)) return 'stop';
  if (START_WORDS.has(word)) return 'start';
  const words = plain.replaceAll(/[^\p{L}\p{N}']+/gu, ' ').trim();
  return REFUSALS.some((one) => one.test(words)) ? 'stop' : null;
}
