import { Talk, type Reply } from './talk.ts';

/** What only a sales agent does on its own initiative: the prompt's questions, the offer, the appointment. */

export const CLOSING_QUESTION = 'Would you like to book a short appointment?';
export const ANYTHING_ELSE = 'Is there anything else?';

const ACKNOWLEDGEMENTS = ['Thank you.', 'I see, thank you.', 'Good to know.', 'I understand.', 'Great.'];

export const acknowledgement = (talk: Talk) => ACKNOWLEDGEMENTS[talk.turns % ACKNOWLEDGEMENTS.length]!;

/** The next question, then the offer, then the appointment; null when all is said. */
export function nextOfSale(talk: Talk, first: string): Reply | null {
  const join = (text: string) => [first, text].filter(Boolean).join(' ');
  const question = talk.script.questions.find((one) => !talk.asked(one));
  if (question) return { text: join(question), phase: 'DISCOVERY' };
  const { pitch, closing } = talk.script;
  const ask = closing?.includes('?') ? closing : CLOSING_QUESTION;
  if (pitch !== null && !talk.asked(pitch) && !talk.asked(ask))
    return { text: join(`${pitch} ${ask}`), phase: 'PRESENTATION' };
  if (!talk.asked(ask)) return { text: join(ask), phase: 'CLOSING' };
  if (!talk.asked(ANYTHING_ELSE)) return { text: join(ANYTHING_ELSE), phase: 'CLOSING' };
  return null;
}

/** The price is too high: the prompt's answer to it, once. */
export function objectionOf(talk: Talk): Reply | null {
  if (talk.asked(CLOSING_QUESTION)) return null;
  const { objection, sells } = talk.script;
  if (objection === null && !sells) return null;
  return { text: `${objection ?? 'I understand.'} ${CLOSING_QUESTION}`, phase: 'OBJECTIONS' };
}
