import { FRAME_SAMPLES } from '#engine/audio/format.ts';
import { encodeMulaw } from '#engine/audio/mulaw.ts';
import { hashOf, isLoud, movedHash, WINDOW, type Place, type Sound, type SpokenSounds } from './spoken-sounds.ts';

/** What a frame is: of a sound of the offline voice, other speech or noise, or silence. */
export type Heard = 'known' | 'unknown' | 'silence';

/** How much of what was heard is kept, in samples. */
const PAST = 4 * FRAME_SAMPLES;
/** A gap up to this many samples within a sound is audio that the line lost. */
const LOST = 2.5 * FRAME_SAMPLES;

/** Follows what is heard on a line through the sounds of the offline voice, sample by sample. */
export class SoundFollower {
  readonly #sounds: SpokenSounds;
  /** What was heard last, in mu-law; the newest at the end. */
  readonly #past = new Uint8Array(PAST);
  /** The sounds that agree with what is heard, and how far it is in them. None while it is unknown. */
  #candidates: readonly Candidate[] = [];
  /** Of the first candidate: words that were taken. */
  #taken = 0;
  /** Words of sounds before that were not taken yet. */
  #words: readonly string[] = [];
  /** Where in a sound the speech before ended. */
  #left: Place | null = null;

  constructor(sounds: SpokenSounds) {
    this.#sounds = sounds;
  }

  push(pcm: Int16Array): Heard {
    this.#past.copyWithin(0, pcm.length);
    const from = PAST - pcm.length;
    encodeMulaw(pcm, this.#past, from);
    const isSpeech = isLoud(this.#past.subarray(from));
    let isKnown = false;
    for (let at = from; at < PAST;) {
      if (this.#candidates.length > 0) {
        at = this.#follow(at);
        isKnown = true;
      } else if (isSpeech) at = this.#find(at);
      else break;
    }
    return isKnown ? 'known' : isSpeech ? 'unknown' : 'silence';
  }

  /** Words whose middle was heard since words were last taken. While sounds agree, words that are in all of them. */
  take(): readonly string[] {
    const heard = commonWords(this.#candidates).slice(this.#taken);
    const words = [...this.#words, ...heard];
    this.#words = [];
    this.#taken += heard.length;
    return words;
  }

  /** Looks for a sound in the past from `from` on. Answers up to where it was searched. */
  #find(from: number): number {
    const past = this.#past;
    let hash = hashOf(past, from - WINDOW);
    for (let end = from + 1; end <= PAST; end++) {
      hash = movedHash(hash, past[end - 1 - WINDOW]!, past[end - 1]!);
      const found = this.#sounds
        .places(hash)
        .map(({ sound, at }): Run => ({ sound, at: at + WINDOW, samples: commonEnd(past, end, sound, at + WINDOW) }))
        .filter(({ samples }) => samples >= WINDOW);
      if (found.length === 0) continue;
      this.#begin(found);
      return end;
    }
    return PAST;
  }

  /** Sounds that agree with what was heard before are preferred to those that begin to agree later. */
  #begin(found: readonly Run[]): void {
    const longest = Math.max(...found.map(({ samples }) => samples));
    const left = this.#left;
    this.#candidates = found
      .filter(({ samples }) => samples === longest)
      .map(({ sound, at }) => {
        const began = at - longest;
        const goesOn = left?.sound === sound && began >= left.at && began <= left.at + LOST;
        return { sound, at, first: wordsUntil(sound, goesOn ? left.at : began) };
      });
    this.#taken = 0;
    for (const { sound } of this.#candidates) this.#sounds.keep(sound);
  }

  /** Compares the past from `from` on with the candidates. Answers up to where one of them agrees. */
  #follow(from: number): number {
    const alike = this.#candidates.map((one) => ({ one, samples: commonBeginning(this.#past, from, one) }));
    const longest = Math.max(...alike.map(({ samples }) => samples));
    this.#candidates = alike
      .filter(({ samples }) => samples === longest)
      .map(({ one }) => ({ ...one, at: one.at + longest }));
    if (from + longest < PAST) {
      const [candidate] = this.#candidates as [Candidate];
      this.#words = [...this.#words, ...wordsOf(candidate).slice(this.#taken)];
      this.#left = candidate;
      this.#candidates = [];
      this.#taken = 0;
    }
    return from + longest;
  }
}

interface Candidate extends Place {
  /** The first word of the sound whose middle is heard now and not before. */
  readonly first: number;
}

/** A place in a sound, and how many samples before it agree. */
interface Run extends Place {
  readonly samples: number;
}

function commonEnd(past: Uint8Array, end: number, { mulaw }: Sound, at: number): number {
  const most = Math.min(end, at);
  let samples = 0;
  while (samples < most && past[end - 1 - samples] === mulaw[at - 1 - samples]) samples++;
  return samples;
}

function commonBeginning(past: Uint8Array, from: number, { sound: { mulaw }, at }: Place): number {
  const most = Math.min(past.length - from, mulaw.length - at);
  let samples = 0;
  while (samples < most && past[from + samples] === mulaw[at + samples]) samples++;
  return samples;
}

/** How many words of a sound have their middle before `at`. */
const wordsUntil = ({ middles }: Sound, at: number): number => middles.filter((middle) => middle <= at).length;

const wordsOf = ({ sound, at, first }: Candidate): readonly string[] => sound.words.slice(first, wordsUntil(sound, at));

/** The words with which all of them begin. */
function commonWords(candidates: readonly Candidate[]): readonly string[] {
  const [first = [], ...others] = candidates.map(wordsOf);
  const end = first.findIndex((word, i) => others.some((words) => words[i] !== word));
  return end < 0 ? first : first.slice(0, end);
}
