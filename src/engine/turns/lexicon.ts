/** Word lists for English. Kept apart by language even while there is only one. */

/** Sounds and words that say "go on", not "stop". */
export const BACKCHANNELS: ReadonlySet<string> = new Set([
  'mm',
  'mmm',
  'mhm',
  'uhhuh',
  'mm-hm',
  'mm-hmm',
  'mhmm',
  'hm',
  'hmm',
  'uh-huh',
  'uh',
  'huh',
  'um',
  'ah',
  'oh',
  'aha',
  'yeah',
  'yep',
  'yes',
  'yup',
  'ok',
  'okay',
  'right',
  'sure',
  'alright',
  'i',
  'see',
  'good',
  'great',
  'nice',
  'cool',
  'really',
  'wow',
  'true',
  'exactly',
  'got',
  'it',
  'fine',
  'all',
]);

/** Words that always win, however short. */
const STOP = /\b(stop|wait|hold on|hang on|excuse me|sorry|listen|no no|shut up|be quiet|pause|one (moment|second))\b/;

/** Words that leave a clause open when they stand last. */
const OPEN_ENDINGS: ReadonlySet<string> = new Set([
  'and',
  'but',
  'or',
  'because',
  'if',
  'when',
  'while',
  'which',
  'who',
  'whether',
  'although',
  'unless',
  'until',
  'since',
  'before',
  'after',
  'as',
  'than',
  'like',
  'the',
  'a',
  'an',
  'my',
  'your',
  'our',
  'their',
  'his',
  'its',
  'some',
  'any',
  'every',
  'each',
  'another',
  'this',
  'these',
  'those',
  'to',
  'of',
  'for',
  'with',
  'from',
  'by',
  'about',
  'at',
  'into',
  'onto',
  'between',
  'without',
  'around',
  'near',
  'during',
  'through',
  'in',
  'on',
  'over',
  'under',
  'um',
  'uh',
  'er',
  'erm',
  'well',
  'so',
  'i',
  "i'm",
  "i've",
  "i'll",
  "i'd",
  "it's",
  "that's",
  "there's",
  "we're",
  "we've",
  "we'll",
  "they're",
  "you're",
  'we',
  'they',
  'he',
  'she',
  'is',
  'are',
  'was',
  'were',
  'am',
  'be',
  'been',
  'have',
  'has',
  'had',
  'do',
  'does',
  'did',
  'would',
  'could',
  'should',
  'can',
  'will',
  'may',
  'might',
  'must',
  'very',
  'quite',
  'mr',
  'mrs',
  'ms',
  'want',
  'need',
  'wanted',
  'needed',
  'prefer',
  'wondering',
  'thinking',
  'looking',
  'trying',
  'hoping',
  'planning',
  'supposed',
  'able',
  'got',
  'bring',
  'buy',
  'find',
  'meet',
  'mean',
  'meant',
  'called',
  'named',
]);

/** Open endings of several words. */
const OPEN_PHRASE =
  /\b((let me|lemme) (see|think|check|look)|(tell|ask|show|give|send|let) (me|us|you|him|her|them)|is that|told me that|you know|i (mean|guess))$/;

/** Short answers that end in a verb, and verbs with a particle, are whole all the same. */
const CLOSED_PHRASE =
  /^((yes|no|yeah|yep|nope|sure|of course|well|i think|i guess) )*(i|it|we|they|he|she|that|there|you) (do|does|did|can|is|are|am|was|were|have|has|will|would|could|should|may|might|must)$|\b(what|which|all|everything) (i|you|we|they) (\w+ ){1,2}(for|about|with|to|at|on)$|\b(turn|switch|put|try|log|sign|going|come|came|hold|hang|carry|move|moved|go|went|is|was|sounds|looks|and so) (it |them |that )?(on|in|over|through|like this|like that)$/;

/** An unfinished subordinate clause: it begins like one, and no main clause with a subject follows. */
const SUBORDINATE =
  /^((and|but|so|well|yes|no|okay|oh) )*(when|whenever|if|because|while|although|unless|since|as soon as|every time)\b/;
const SUBJECTS =
  /\b(i|you|we|they|he|she|it|there|nothing|something|everything|nobody|somebody|please|what|how|who|where|this|that|(?:the|my|your|our) \w+ (?:is|are|was|goes|does|has|will|can|stays|stops))\b/g;
const LONGEST_SUBORDINATE = 10;

function awaitsMainClause(words: readonly string[]): boolean {
  const text = words.join(' ');
  return words.length <= LONGEST_SUBORDINATE && SUBORDINATE.test(text) && (text.match(SUBJECTS) ?? []).length < 2;
}

const DIGIT_WORDS: ReadonlySet<string> = new Set([
  'zero',
  'oh',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
]);
const TWO_DIGIT_WORDS = /^(ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)$/;

/** Phrases that only machines say. */
const MACHINES_ONLY = [
  'voice ?mail',
  'leave (me |us )?(a |your |an )?(short |brief )?(message|name|number)',
  '(after|at) the (tone|beep|signal)',
  'record (me |us )?(a |your )message',
  'mailbox',
  'press (zero|one|two|three|four|five|six|seven|eight|nine|star|pound|hash|any|\\d)',
  'you know what to do',
  'followed by the',
  'oprima',
  'message (center|centre|service|system)',
];

/** Phrases of answering machines and menus that people rarely say. */
const MACHINES_MOSTLY = [
  '(until|for|hear) the (tone|beep|signal)',
  "(not|isn't|is not|aren't|are not) (available|at home)",
  'unavailable',
  "you('ve| have) reached",
  "can(no|')t (come|take|get|answer)",
  'can not (come|take|get|answer)',
  'voice box',
  '(call|ring|phone) you back',
  'get back to you',
  'return your call',
  'missed your call',
  'away from (my|the|our) (desk|phone|office)',
  'menu',
  'our (hours|options|office hours)',
  '(office|store|shop) is (currently |now )?closed',
  'your call is (very )?important',
  '(has been|being) forwarded',
  'automat(ic|ed)',
  'stay on the line',
  'listen carefully',
  'account number',
  'if this is an emergency',
  'for (english|spanish|french)',
  'para español',
  'to (hear|place) (your|an)',
  'para espanol',
  'service line',
  'are busy',
];

const anyOf = (...phrases: readonly string[]) => new RegExp(`\\b(${phrases.join('|')})\\b`);
const SURELY_MACHINE = anyOf(...MACHINES_ONLY);
const MACHINE = anyOf(...MACHINES_ONLY, ...MACHINES_MOSTLY);

/** Call screening: asks who is calling before it connects the call. */
const SCREENER =
  /\b(screen(ing|ed|er)|(say|state|record|give) your name|reason for (your )?call(ing)?|why you('re| are) calling|who is calling and|connect you|put (you|the call) through|google voice|if this person is available)\b/;

const BUSINESS =
  /^(hello |hi |good (morning|afternoon|evening) )?(and )?(welcome to|thank you for calling|thanks for calling|you are through to|your call)\b/;

/** Typical end of a business greeting by a person. */
const HELP =
  /\b(how (can|may) i help|what can i do for you|how (can|may) i direct|this is \w+( speaking)?( how| what)?|speaking)\b/;

export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9']+(?:-[a-z0-9']+)*/g) ?? [];
}

const plain = (text: string) => wordsOf(text).join(' ');

/** Whether both texts have the same words, ignoring case, punctuation and spacing. */
export function sameWords(a: string, b: string): boolean {
  return plain(a) === plain(b);
}

export function isBackchannel(text: string): boolean {
  const words = wordsOf(text);
  return words.length > 0 && words.length <= 4 && words.every((word) => BACKCHANNELS.has(word));
}

export function asksToStop(text: string): boolean {
  return STOP.test(plain(text));
}

export function isUnfinished(text: string): boolean {
  const words = wordsOf(text);
  const last = words.at(-1);
  if (last === undefined) return false;
  const said = words.join(' ');
  if (/[,-]\s*$/.test(text) || OPEN_PHRASE.test(said) || awaitsMainClause(words)) return true;
  return OPEN_ENDINGS.has(last) && !CLOSED_PHRASE.test(said);
}

/** Whether the last word alone leaves the text open, as in "it is" before a number. */
export function endsOpen(text: string): boolean {
  return OPEN_ENDINGS.has(wordsOf(text).at(-1) ?? '');
}

/** How many digits stand at the end of the text, as people say them. */
export function digitsAtEnd(text: string): number {
  let count = 0;
  for (const word of wordsOf(text).toReversed()) {
    if (/^\d+$/.test(word)) count += word.length;
    else if (TWO_DIGIT_WORDS.test(word)) count += 2;
    else if (word === 'double') count += 1;
    else if (DIGIT_WORDS.has(word)) count += 1;
    else break;
  }
  return count;
}

/** How many single letters stand at the end of the text. */
export function lettersAtEnd(text: string): number {
  const words = wordsOf(text).toReversed();
  const until = words.findIndex((word) => !/^[a-z]$/.test(word));
  return until < 0 ? words.length : until;
}

const TELEPHONE = /\b(phone|telephone|mobile|cell|landline|reach you|call you|contact you|text you)\b/;

/** What an agent's question asks for, by its words. */
export function asksFor(question: string): 'phone-number' | 'number' | 'spelling' | null {
  const said = plain(question);
  if (/\b(spell|spelled|letters?|e-?mail)\b/.test(said)) return 'spelling';
  if (!/\b(numbers?|digits?|code|zip|postcode|pin|dial)\b/.test(said)) return null;
  return TELEPHONE.test(said) && !/\bcode\b/.test(said) ? 'phone-number' : 'number';
}

export const soundsLikeMachine = (text: string): boolean => MACHINE.test(plain(text));
export const isSurelyMachine = (text: string): boolean =>
  SURELY_MACHINE.test(plain(text)) && !SCREENER.test(plain(text));
export const asksWhoCalls = (text: string): boolean => SCREENER.test(plain(text));
export const greetsForBusiness = (text: string): boolean => BUSINESS.test(plain(text));
export const offersHelp = (text: string): boolean => HELP.test(plain(text));
