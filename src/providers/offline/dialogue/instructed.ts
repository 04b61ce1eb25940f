import { CALLBACK, END_CALL, TRANSFER, type Reply, type Talk } from './talk.ts';

const OFFERS = /\b(?:offer|propose|suggest|promise|ask|take|connect|transfer|hand)\b/i;
const ENDS = /\b(?:say goodbye|(?:end|finish|close) (?:the|this) call)\b/i;

/** What the rules know to do of what a supervisor may tell them; they cannot follow anything else. */
const KNOWN: readonly { readonly what: RegExp; readonly tool: string; readonly says: string }[] = [
  { what: /\bcall ?(?:them |him |her )?back\b/i, tool: CALLBACK, says: 'Shall we call you back?' },
  { what: /\bmessage\b/i, tool: CALLBACK, says: 'I can take a message. What is the message?' },
  {
    what: /\b(?:human|person|colleague|someone)\b/i,
    tool: TRANSFER,
    says: 'A colleague can help you. Shall I connect you now?',
  },
];

/** The reply with what a supervisor asked for last, once, in words of our own. It replaces a question of the reply. */
export function instructed(reply: Reply, talk: Talk): Reply {
  const last = talk.instruction;
  if (!last || reply.tool) return reply;
  if (ENDS.test(last.text) && talk.tools.has(END_CALL))
    return { text: talk.goodbye, phase: 'CLOSING', tool: { name: END_CALL, args: { reason: 'completed' } } };
  const known = OFFERS.test(last.text) && KNOWN.find(({ what, tool }) => what.test(last.text) && talk.tools.has(tool));
  if (!known || last.saidSince.includes(known.says)) return reply;
  const sentences = reply.text.split(/(?<=[.!?]) /);
  if (sentences.at(-1)?.endsWith('?')) sentences.pop();
  return { text: [...sentences, known.says].filter(Boolean).join(' '), phase: 'CLOSING' };
}
