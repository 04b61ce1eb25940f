import { asksToStop, isBackchannel, wordsOf } from './lexicon.ts';

export interface Sound {
  /** Words so far, partial or final. */
  readonly text: string;
  /** Length of the speech so far. */
  readonly lengthMs: number;
  readonly speaking: boolean;
  /** Whether a final text is in (it may be empty). */
  readonly final: boolean;
  /** Whether the time to decide is up. */
  readonly due: boolean;
  /** Speech in it without the gaps, and the silence since the last of it, ms. */
  readonly voicedMs: number;
  readonly quietMs: number;
}

/** Speech of this length that continues is an interruption; coughs and knocks consist mostly of gaps. */
const SPEECH_MS = 430;
/** Windows of speech come every 20 or 40 ms, and a frame may be late by one. */
const STILL_SPEAKING_MS = 60;

/**
 * Decides whether the sound is an interruption; `wait`: undecided. At the deadline, speech that continues interrupts.
 */
export function judge(sound: Sound): 'stop' | 'resume' | 'wait' {
  if (asksToStop(sound.text)) return 'stop';
  const words = wordsOf(sound.text).length;
  if (words > 0 && isBackchannel(sound.text)) return sound.due || sound.final ? 'resume' : 'wait';
  if (words >= 2 || (words === 1 && (sound.final || sound.lengthMs >= 350))) return 'stop';
  if (sound.final && !sound.speaking) return 'resume';
  if (!sound.due) return 'wait';
  return words > 0 || (sound.voicedMs >= SPEECH_MS && sound.quietMs < STILL_SPEAKING_MS) ? 'stop' : 'resume';
}
