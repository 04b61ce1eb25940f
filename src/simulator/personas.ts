/** The reaction of a simulated person to what was said. */
export interface Reaction {
  readonly say: string;
  readonly hangUp?: boolean;
}

/** One kind of simulated person. */
export interface Persona {
  readonly name: string;
  readonly voiceId: string;
  /** Said on picking up; null says nothing. */
  readonly hello: string | null;
  /** Interrupts the agent after `afterMs` of speech, once per entry of `words`. */
  readonly interrupts?: { readonly afterMs: number; readonly words: readonly string[] };
  /** Hangs up this long after answering. */
  readonly leavesAfterMs?: number;
  /** Presses a key this long after answering. */
  readonly presses?: { readonly digit: string; readonly afterMs: number };
  /** Said before leaving. */
  readonly farewell?: string;
  /** A recorded greeting with a beep instead of a person. */
  readonly machine?: { readonly greeting: string; readonly beepHz: number };
  /** `turn` counts from 0; a null reaction stays silent. Null: never answers, so that nothing need be understood. */
  readonly react: ((heard: string, turn: number) => Reaction | null) | null;
}

export type Pickup =
  | { readonly outcome: 'answered'; readonly persona: Persona }
  | { readonly outcome: 'busy' | 'no-answer' | 'refused'; readonly reason: string };

const MOST_ANSWERS = 14;

const NAME = 'John Smith';

const interests = (name: string): readonly (readonly [RegExp, Reaction])[] => [
  [/\b(goodbye|bye|have a (nice|great|good))\b/, { say: 'Thank you, goodbye.', hangUp: true }],
  [/\b(taken)\b/, { say: 'Yes, that is good for me.' }],
  [/\bis (that|this) (right|correct)\b/, { say: 'Yes, that is right.' }],
  [/\b(anything else|any (other )?questions)\b/, { say: 'No, that is all, thank you. Goodbye.', hangUp: true }],
  [/\b(call you back)\b/, { say: 'Yes, please call me back tomorrow morning.' }],
  [/\b(when|which day|what day|what time|time would|day works|suit you)\b/, { say: 'Tuesday at three works for me.' }],
  [/\b(your name|who am i|speaking with)\b/, { say: `My name is ${name}.` }],
  // The answer to a receptionist's or support agent's opening question.
  [/\b(help you|other words|do for you)\b/, { say: 'I would like to book an appointment, please.' }],
  // Checked before "budget", which the recogniser sometimes hears in "book a".
  [/\b(appointment|demo|meeting|book)\b/, { say: 'Yes, that sounds good.' }],
  [/\b(how many|how large|how big|team|employees|people)\b/, { say: 'We are about twenty people.' }],
  [/\b(use today|using|do you use|what you use|today)\b/, { say: 'We use a spreadsheet today.' }],
  [/\b(important|matters|looking for|challenge|problem)\b/, { say: 'We want to save time.' }],
  [/\b(budget|how much)\b/, { say: 'About two hundred.' }],
  [/\b(schedule|would you|interested|sound)\b/, { say: 'Yes, that sounds good.' }],
  [/\b(may i|can i|could i|minute|moment|good time|questions?)\b/, { say: 'Yes, of course. Go ahead.' }],
  [/\b(still there)\b/, { say: 'Yes, I am here.' }],
];

const FILL_INS = ['Yes, please tell me more.', 'That sounds interesting.', 'Okay.', 'Sure.'];

function interested(name: string): (heard: string, turn: number) => Reaction {
  const reactions = interests(name);
  return (heard, turn) => {
    if (turn >= MOST_ANSWERS) return { say: 'I have to go now. Thank you, goodbye.', hangUp: true };
    if (/\b(not catch|say it again|say that again|repeat)\b/.test(heard)) return { say: 'Yes, please tell me more.' };
    return reactions.find(([pattern]) => pattern.test(heard))?.[1] ?? { say: FILL_INS[turn % FILL_INS.length]! };
  };
}

export const persona = (name: string, voiceId: string, more: Partial<Persona> & Pick<Persona, 'react'>): Persona => ({
  name,
  voiceId,
  hello: 'Hello?',
  ...more,
});

const interestedPerson = (name: string): Persona =>
  persona('interested', 'offline-martin', { hello: `Hello, ${name} speaking.`, react: interested(name) });

const PEOPLE: Readonly<Record<string, Pickup>> = {
  '0001': { outcome: 'refused', reason: 'invalid number' },
  '0002': { outcome: 'busy', reason: 'busy' },
  '0003': { outcome: 'no-answer', reason: 'no answer' },
  '0004': {
    outcome: 'answered',
    persona: persona('voicemail', 'offline-oscar', {
      hello: null,
      react: null,
      leavesAfterMs: 120_000,
      machine: {
        greeting:
          'Hi, you have reached the voicemail of Peter Miller. I am not available right now. Please leave a message after the tone.',
        beepHz: 1000,
      },
    }),
  },
  '0005': {
    outcome: 'answered',
    persona: persona('in a hurry', 'offline-rosa', { hello: 'Hello?', leavesAfterMs: 1000, react: null }),
  },
  '0006': {
    outcome: 'answered',
    persona: interestedPerson(NAME),
  },
  '0007': {
    outcome: 'answered',
    persona: persona('not interested', 'offline-rosa', {
      hello: 'Yes, hello?',
      react: (heard, turn) =>
        /\b(goodbye|bye|have a (nice|great|good))\b/.test(heard) || turn >= 3
          ? { say: 'Goodbye.', hangUp: true }
          : { say: turn === 0 ? 'No, thank you. I am not interested.' : "No, thanks. I don't need it." },
    }),
  },
  '0008': {
    outcome: 'answered',
    persona: persona('wants a human', 'offline-oscar', {
      leavesAfterMs: 330_000,
      farewell: 'I have to go now. Goodbye.',
      react: (heard, turn) => {
        if (turn === 0) return { say: 'I want to speak to a human, please.' };
        if (/\b(goodbye|bye)\b/.test(heard)) return { say: 'Goodbye.', hangUp: true };
        if (/\b(call you back|welcome to wait|like to wait)\b/.test(heard))
          return turn < 6 ? { say: 'I will wait.' } : null;
        if (/\b(waiting|nobody is free|one moment|connecting)\b/.test(heard)) return null;
        return turn < 4 ? { say: 'Can I speak to a human, please?' } : null;
      },
    }),
  },
  '0009': {
    outcome: 'answered',
    persona: persona('interrupts', 'offline-ewan', {
      hello: 'Hello?',
      interrupts: { afterMs: 1300, words: ['Wait, what does it cost?', 'Wait a moment. Who is this?'] },
      react: interested(NAME),
    }),
  },
  '0010': { outcome: 'answered', persona: persona('silent', 'offline-kai', { hello: null, react: null }) },
};

const PREFIX = '+1500555';

const inTable = (number: string): Pickup | undefined =>
  number.startsWith(PREFIX) ? PEOPLE[number.slice(PREFIX.length)] : undefined;

/** Whether a number is in the table. */
export const isPerson = (number: string): boolean => inTable(number) !== undefined;

/** Who answers a number: the entry of the table, else an interested person with the name given by the call. */
export function whoAnswers(number: string, name = NAME): Pickup {
  const known = inTable(number);
  if (known !== undefined && number !== `${PREFIX}0006`) return known;
  return { outcome: 'answered', persona: interestedPerson(name) };
}

/** The person at numbers outside the table. */
export function ordinaryPersona(): Persona {
  const { '0006': ordinary } = PEOPLE;
  if (ordinary?.outcome !== 'answered') throw new Error('number 0006 answers');
  return ordinary.persona;
}
