import type { ExpectedAnswer } from '#engine/contracts/language-model.ts';
import { spokenWords } from '../speech/text.ts';

const YES_NO = [
  'yes',
  'yes please',
  'no',
  'no thank you',
  'sure',
  'okay',
  'yes of course',
  'that sounds good',
  'not really',
  'not right now',
  'maybe later',
  'no my name is {first-name} {last-name}',
];
const TIME = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'tomorrow',
  'tomorrow morning',
  'tomorrow afternoon',
  'next week',
  'tuesday at three',
  'monday morning',
  'thursday afternoon',
  'friday at ten',
  'in the morning',
  'in the afternoon',
  'tomorrow at two',
];
const NUMBER = [
  'just me',
  'about ten',
  'about twenty',
  'around fifty',
  'we are five people',
  'we are twenty people',
  'about a hundred people',
  'two hundred',
  'three',
  'four',
  'ten',
  'twenty',
];
/** `{first-name}`: any common one, see speech/domain-english.ts. */
const NAME = [
  '{first-name} {last-name}',
  '{first-name} {last-name}',
  '{first-name} {last-name}',
  '{last-name}',
  '{first-name}',
  'my name is {first-name} {last-name}',
  'my name is {last-name}',
  'the name is {last-name}',
  'this is {first-name} {last-name}',
  'i am {first-name} {last-name}',
  "i'm {first-name} {last-name}",
  'it is {first-name} {last-name}',
  "it's {first-name} {last-name}",
  "it's {last-name}",
  'yes {first-name} {last-name}',
  'sure {first-name} {last-name}',
  '{letter} {letter} {letter} {letter} {letter}',
  '{first-name} {last-name} speaking',
];

/** What kind of answer a line of the agent's asks for. */
export function expectedAfter(agentText: string): ExpectedAnswer {
  const plain = spokenWords(agentText).join(' ');
  if (!agentText.trim().endsWith('?')) return 'open';
  if (/\b(when|what time|which day|what day)\b/.test(plain)) return 'time';
  if (/\b(how many|how large|how big|number|how much|budget|digits|zip|code)\b/.test(plain)) return 'number';
  if (/\b(your name|who am i|spell)\b/.test(plain)) return 'name';
  if (
    /(^| )(are|is|do|does|can|could|would|may|shall|will|have) (you|i|we|it|that|this|there|now)\b/.test(plain) &&
    !/\b(what|how|why|where|which)\b/.test(plain)
  )
    return 'yes-no';
  return 'open';
}

export function expectedPhrases(kind: ExpectedAnswer): readonly string[] {
  switch (kind) {
    case 'yes-no':
      return YES_NO;
    case 'time':
      return TIME;
    case 'number':
      return NUMBER;
    case 'name':
      return NAME;
    case 'open':
      return [];
  }
}
