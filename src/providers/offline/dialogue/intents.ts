import { spokenWords } from '../speech/text.ts';

/** What a caller's words ask for, as far as rules can tell. */
export type Intent =
  | 'goodbye'
  | 'do-not-call'
  | 'human'
  | 'callback'
  | 'wait'
  | 'refusal'
  | 'too-expensive'
  | 'identity'
  | 'are-you-human'
  | 'abilities'
  | 'today'
  | 'message'
  | 'thanks'
  | 'repeat'
  | 'hesitation'
  | 'question'
  | 'agreement'
  | 'greeting'
  | 'statement';

const RULES: readonly (readonly [Intent, RegExp])[] = [
  [
    'do-not-call',
    /\b((stop|quit) calling|(do not|don't|never) call (me|us|here|this)( \w+)? ?(again|anymore)?|(take|remove) (me|us|my number|this number) (off|from)|remove my number|off your list)\b/,
  ],
  [
    'are-you-human',
    /\b(are you (?:a |an |the )?(?:real |actual )?(?:robot|machine|real|human|computer|bot|ai|person)|(?:am i )?(?:talking|speaking) to a (?:real |actual )?(?:machine|robot|computer|person|human|bot)|is this a recording)\b/,
  ],
  [
    'today',
    /\b(?:what(?:'s| is|s)? (?:the )?(?:date|day|time)(?: is it| today| now| please|$)|what day is (?:it|today)|what is today)\b/,
  ],
  ['abilities', /\b(?:how can you help(?: me| us)?|what can you (?:do|help))\b/],
  [
    'message',
    /\b(?:(?:take|leave|pass on|give)(?: \w+){0,2} (?:a |this )?message|(?:tell|let) (?:him|her|them|dr|mr|mrs|ms|the (?:boss|manager|owner|doctor|chef)) )/,
  ],
  [
    'human',
    /\b((speak|talk|talking|connect|transfer|put)( \w+){0,3} (to|with|through)( \w+){0,2} (human|person|agent|operator|manager|someone|somebody|representative|colleague|supervisor)|(a|real|the) (human|person)( please)?$|(human|operator|representative) please)\b/,
  ],
  ['wait', /\b(i'll|i will|i'd like to|i would like to|i can|i'd rather|happy to) (wait|hold)\b/],
  [
    'callback',
    /\b(call( \w+){0,2} (back|later|again|tomorrow|another)|(not|isn't|is not)( \w+)? a good time|(i'm|i am) (busy|driving|in a meeting)|don't have time|no time (right )?now|another time|bad time)\b/,
  ],
  [
    'refusal',
    /\b(not interested|no interest|(don't|do not) (need|want)|not for (me|us)|would rather not|don't think so|no thanks|no thank you|leave me alone)\b/,
  ],
  ['too-expensive', /\b(too (expensive|much|high)|can't afford|cannot afford|over (my|our) budget|cheaper)\b/],
  [
    'identity',
    /\b(who (is|are) (this|you|calling|that)|who am i|who's (this|calling)|where are you calling from|what company|(what|what's|what is) this (call )?about|why are you calling|whos calling|who is on the (?:line|phone))\b/,
  ],
  [
    'repeat',
    /\b(repeat( that| it)?|say (that|it) again|pardon|what did you say|(didn't|did not) (hear|catch|get|understand)|come again)\b/,
  ],
  [
    'goodbye',
    /\b(goodbye|bye|good bye|that is all|that's all|have a (nice|good|great) (day|evening)|hang up|nothing else)\b/,
  ],
  ['hesitation', /\b(think about it|not sure|maybe|perhaps|let me think|i don't know|ask my)\b/],
  [
    'question',
    /^(what|how|when|where|why|which|who|is|are|do|does|can|could|will|would|tell me|explain)\b|\b(how much|how long|how many|what is|what does|what are|how does|can you|could you|do you|tell me|question about|price|cost)\b/,
  ],
  ['refusal', /^(no|nope|nah|not (really|now|today))\b/],
  ['thanks', /^(?:(?:ok|okay|great|perfect|good) )?(?:thanks|thank you|many thanks)/],
  [
    'agreement',
    /\b(yes|yeah|yep|sure|okay|ok|alright|of course|certainly|absolutely|definitely|sounds (good|great)|go ahead|perfect|great|works for me|that works|please do|fine|interested|i'd love|i would love|i like)\b/,
  ],
  ['greeting', /^(hello|hi|hey|good (morning|afternoon|evening))\b/],
];

const LATER =
  /\b(tomorrow|today|tonight|monday|tuesday|wednesday|thursday|friday|saturday|sunday|morning|afternoon|evening|noon|next week|this week|next month|later today|(at|around) \w+( thirty| fifteen| forty five)?( o'clock)?|\w+ o'clock)\b/g;

export function intentOf(text: string): Intent {
  const plain = spokenWords(text).join(' ');
  // "no, that is all" and "no, thank you, goodbye" answer and leave; the rules stand in the order in which they bind.
  const intent = RULES.find(([, pattern]) => pattern.test(plain))?.[0] ?? 'statement';
  return MAYBE_ASKS.has(intent) && asks(text, plain) ? 'question' : intent;
}

const MAYBE_ASKS = new Set<Intent>(['greeting', 'statement', 'agreement', 'hesitation', 'thanks', 'refusal']);
const LEADS_IN =
  /^(?:(?:um|uh|er|hm|so|and|well|oh|yeah|yes|ok|okay|hi|hello|hey|good|morning|afternoon|evening|please|sorry|quick question|i have a question|i was wondering|excuse me|there) )+/;
const ASKS =
  /^(?:what|what's|whats|how|when|where|where's|why|which|who|is|are|do|does|can|could|may|will|would|am i|tell me|explain)\b|\b(?:what|how|can i|may i|is there|are there|do i|do you|do we|where)\b/;
const ASKS_LAST = /\b(?:is|would) (?:that|this|it)(?: be)? (?:okay|ok|all right|fine|possible|included|a problem)\b/;

/** A question in words, or by its mark where more is said than "hello?". */
function asks(text: string, plain: string): boolean {
  const rest = plain.replace(LEADS_IN, '');
  return (
    (text.trim().endsWith('?') && rest.split(' ').length > 1) ||
    (/^[a-z]/.test(rest) && (ASKS.test(rest) || ASKS_LAST.test(rest)) && !/^(?:no|not)\b/.test(rest))
  );
}

/** The words that name a time, as they were said, or null. */
export function timeIn(text: string): string | null {
  const plain = spokenWords(text).join(' ');
  const found = [...plain.matchAll(LATER)]
    .map((match) => match[0])
    .filter((phrase) => !/^(at|around) (the|a|my|our|this|that|all|least|work|home)\b/.test(phrase));
  return found.length > 0 ? found.join(' ') : null;
}

/** The farewell within a message, or null. */
export function messageIn(text: string): string | null {
  const message = /\bmessage\b(?: (?:for|to) [\w. ]{1,30}?)?(?: that| saying|[:,])\s+(?=\S)/i.exec(text);
  if (message) return text.slice(message.index + message[0].length).trim();
  const told = /\b(?:tell|let) (?:him|her|them|dr|mr|mrs|ms|the \w+)\b/i.exec(text);
  return told ? text.slice(told.index).trim() : null;
}
