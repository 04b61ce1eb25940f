import { FRAME_SAMPLES } from '#engine/audio/format.ts';
import { encodeMulaw } from '#engine/audio/mulaw.ts';
import { hashOf, isLoud, movedHash, WINDOW, type Place, type Sound, type SpokenSounds } from './spoken-sounds.ts';

/** How much of what was heard is kept, in samples. */
const PAST = 4 * FRAME_SAMPLES;
/** A gap up to this many samples within a sound is audio that the line lost. */
const LOST = 2.5 * FRAME_SAMPLES;

/** Follows what is heard on a line through the sounds of the offline voice, sample by sample. */
export class SoundFollower {
  readonly #sounds: SpokenSounds;
  /** What was heard last, in mu-law; the newest at the end. */
  readonly #past = new Uint8Array(PAST);
  /** How far in the sounds that agree with the last `#run` samples. None while what is heard is unknown. */
  #places: readonly Place[] = [];
  #run = 0;
  /** Of the run, the samples whose words were not taken yet. */
  #fresh = 0;
  /** Words of earlier runs that were not taken yet. */
  #words: readonly string[] = [];
  /** Where the last run ended. */
  #left: Place | null = null;

  constructor(sounds: SpokenSounds) {
    this.#sounds = sounds;
  }

  /** Takes a frame; whether it is of a known sound, or no speech. */
  push(pcm: Int16Array): boolean {
    this.#past.copyWithin(0, pcm.length);
    const from = PAST - pcm.length;
    encodeMulaw(pcm, this.#past, from);
    const isSpeech = isLoud(this.#past.subarray(from));
    let known = !isSpeech;
    for (let at = from; at < PAST;) {
      if (this.#places.length > 0) {
        at = this.#follow(at);
        known = true;
      } else if (isSpeech) at = this.#find(at);
      else break;
    }
    return known;
  }

  /** Words whose middle was heard since words were last taken. */
  take(): readonly string[] {
    const words = this.untaken();
    this.#words = [];
    this.#fresh = 0;
    return words;
  }

  /** What `take` would answer. */
  untaken(): readonly string[] {
    const [place] = this.#places;
    return place ? [...this.#words, ...wordsBefore(place, this.#fresh)] : this.#words;
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
    this.#run = Math.max(...found.map(({ samples }) => samples));
    this.#places = found.filter(({ samples }) => samples === this.#run);
    this.#fresh = this.#run;
    const left = this.#left;
    const [{ sound, at }] = this.#places as [Place];
    const lost = left && left.sound === sound ? at - this.#run - left.at : -1;
    if (lost >= 0 && lost <= LOST) this.#fresh += lost;
  }

  /** Compares the past from `from` on with the sounds. Answers up to where one of them agrees. */
  #follow(from: number): number {
    const alike = this.#places.map((place): Run => ({ ...place, samples: commonBeginning(this.#past, from, place) }));
    const longest = Math.max(...alike.map(({ samples }) => samples));
    this.#places = alike
      .filter(({ samples }) => samples === longest)
      .map(({ sound, at }) => ({ sound, at: at + longest }));
    this.#run += longest;
    this.#fresh += longest;
    if (from + longest < PAST) {
      this.#words = this.untaken();
      this.#left = this.#places[0]!;
      this.#places = [];
    }
    return from + longest;
  }
}

/** A place in a sound, and how many samples beside it agree. */
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

/** Words whose middle is in the `samples` before a place. */
const wordsBefore = ({ sound: { words, middles }, at }: Place, samples: number): string[] =>
  words.filter((_, i) => middles[i]! <= at && middles[i]! > at - samples);
