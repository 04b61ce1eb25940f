import { persona, whoAnswers, type Pickup, type Reaction } from './personas.ts';

const ACCEPTS_AFTER_MS = 4000;
const DECLINES_AFTER_MS = 3000;
const LONGEST_TALK_MS = 120_000;
/** A voicemail, or a silent colleague, is on the line for this long. */
const NEVER_ACCEPTS_MS = 30_000;

/** What a simulated colleague says to the caller, one after another. */
const TALK: readonly Reaction[] = [
  { say: 'Hello, this is Alex from the team. How can I help you?' },
  { say: 'I see. I am taking care of that for you now.' },
  { say: 'That is done. Is there anything else?' },
  { say: 'Thank you for calling. Goodbye.', hangUp: true },
];

const colleague = persona('colleague', 'offline-martin', {
  hello: null,
  presses: { digit: '1', afterMs: ACCEPTS_AFTER_MS },
  leavesAfterMs: LONGEST_TALK_MS,
  farewell: 'Thank you for calling. Goodbye.',
  react: (_, turn) => TALK[turn] ?? null,
});

/**
 * The simulated colleague at a number: as the table of numbers says, where busy, unanswered and voicemail never take
 * the call, `…0007` declines it and `…0010` stays silent; any other number accepts after a few seconds.
 */
export function colleagueAt(number: string): Pickup {
  const pickup = whoAnswers(number);
  if (pickup.outcome !== 'answered') return pickup;
  const { persona: person } = pickup;
  if (person.name === 'in a hurry') return pickup;
  if (person.machine || person.name === 'silent')
    return { outcome: 'answered', persona: { ...person, leavesAfterMs: NEVER_ACCEPTS_MS } };
  if (person.name === 'not interested')
    return { outcome: 'answered', persona: { ...colleague, presses: { digit: '2', afterMs: DECLINES_AFTER_MS } } };
  return { outcome: 'answered', persona: colleague };
}
