import { termsOf } from '#core/knowledge/terms.ts';
import { sentencesOf } from '#core/kernel/text/sentences.ts';

export interface Asked {
  readonly asked: string;
  /** What was said beside it. */
  readonly beside: string;
}

const ASKING =
  /\b(?:what|what's|whats|how|when|where|where's|why|which|who|is|are|do|does|can|could|may|will|would|tell me)\b/i;
const NEXT =
  /,? (?:and|also) (?=(?:what|how|when|where|why|which|who|is there|are there|do you|can i|could i)\b)|, (?=(?:what|how|when|where|who|which|is there|are there|do you|do i|can i)\b)/i;
const POINTS = /\b(?:that|it|this|them|those|there)\b/i;

/** The questions in a message, each with its context. */
export function questionsIn(text: string, before: string): Asked[] {
  const parts = sentencesOf(text).flatMap((sentence) => sentence.split(NEXT));
  const asking = parts.filter((part) => part.endsWith('?') || ASKING.test(part));
  const chosen = asking.length > 0 ? asking : [text];
  return chosen.map((asked) => {
    const others = parts.filter((part) => part !== asked).join(' ');
    const bare = termsOf(asked).length === 0 || (others === '' && POINTS.test(asked) && termsOf(asked).length < 2);
    return { asked, beside: [others, ...(bare ? [before] : [])].join(' ').trim() };
  });
}
