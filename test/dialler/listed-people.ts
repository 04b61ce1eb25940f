import type { Random } from '../support/random.ts';

/** What becomes of a telephone that rings. */
export type Pickup = 'busy' | 'no-answer' | 'voicemail' | 'talk' | 'refused' | 'opt-out';

/** How often people answer by the hour of their clock, from 8 to 20: most in the evening, fewest at noon. */
const ANSWERED = [0.12, 0.16, 0.2, 0.2, 0.14, 0.13, 0.17, 0.18, 0.2, 0.24, 0.3, 0.32, 0.28];
const FIRST_HOUR = 8;
/** Of the calls that are not answered. */
const VOICEMAIL = 0.45;
const BUSY = 0.08;
const REFUSED = 0.02;
/** Of the people who answer. */
const OPT_OUT = 0.06;

/** The outcomes of a whole list over time: answer rates by hour, a share of voicemail, and refusals. */
export function pickupAt(random: Random, hour: number): Pickup {
  const answered = ANSWERED[hour - FIRST_HOUR] ?? ANSWERED[0]!;
  if (random.chance(answered)) return random.chance(OPT_OUT) ? 'opt-out' : 'talk';
  if (random.chance(VOICEMAIL)) return 'voicemail';
  if (random.chance(BUSY)) return 'busy';
  return random.chance(REFUSED) ? 'refused' : 'no-answer';
}
