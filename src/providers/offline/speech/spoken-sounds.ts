import { SAMPLES_PER_MS } from '#engine/audio/format.ts';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import { spokenWords } from './text.ts';

/** What the offline voice said, as a telephone line carries it. */
export interface Sound {
  /** Names voice and text. */
  readonly id: string;
  readonly words: readonly string[];
  /** Where the middle of each word is, in samples; estimated from the lengths of the words. */
  readonly middles: readonly number[];
  readonly mulaw: Uint8Array;
}

/** A place in a sound, in samples. */
export interface Place {
  readonly sound: Sound;
  readonly at: number;
}

/** Samples by which a place is found. Speech does not repeat as many of them by chance. */
export const WINDOW = 32;
/** Every so many samples of a sound there is a place by which it is found. */
const STEP = 160;
/** Sounds may begin alike. */
const MOST_ALIKE = 64;
const GENERATION_BYTES = 8 * 1024 * 1024;
/** Mean level, of 32768, from which a window is speech and not silence between words. */
const LOUD = 350;
/** A shorter silence does not end a phrase. */
const PAUSE_MS = 100;
const STRETCH_MS = 10;

const NO_PLACES: readonly Place[] = [];

/** What the offline voices said lately, to be found again by its samples. About the last 1,000 to 2,000 s of it. */
export class SpokenSounds {
  #young = new Generation();
  #old = new Generation();

  /** `id` names voice and text. */
  add(id: string, text: string, pcm: Int16Array): void {
    if (!this.#young.sounds.has(id)) this.keep(this.#old.sounds.get(id) ?? soundOf(id, text, pcm));
  }

  /** A sound that is heard is kept as one that was said just now: fixed sentences are played without the voice. */
  keep(sound: Sound): void {
    if (this.#young.sounds.has(sound.id)) return;
    if (this.#young.bytes > GENERATION_BYTES) {
      this.#old = this.#young;
      this.#young = new Generation();
    }
    this.#young.add(sound);
  }

  /** Places where samples with this hash begin. A sound that was kept is there twice. */
  places(hash: number): readonly Place[] {
    const [young, old] = [this.#young.places.get(hash), this.#old.places.get(hash)];
    return young && old ? [...young, ...old] : (young ?? old ?? NO_PLACES);
  }
}

class Generation {
  readonly sounds = new Map<string, Sound>();
  readonly places = new Map<number, Place[]>();
  bytes = 0;

  add(sound: Sound): void {
    this.sounds.set(sound.id, sound);
    this.bytes += sound.mulaw.length;
    const { mulaw } = sound;
    for (let at = 0; at + WINDOW <= mulaw.length; at += STEP) {
      if (!isLoud(mulaw.subarray(at, at + WINDOW))) continue;
      const hash = hashOf(mulaw, at);
      const alike = this.places.get(hash);
      if (!alike) this.places.set(hash, [{ sound, at }]);
      else if (alike.length < MOST_ALIKE) alike.push({ sound, at });
    }
  }
}

const FACTOR = 0x01000193;
/** What the byte before a window still adds to its hash. */
const LEAVING = Array.from({ length: WINDOW }).reduce<number>((power) => Math.imul(power, FACTOR), 1);

/** The hash of the window that begins at `at`. */
export function hashOf(mulaw: Uint8Array, at: number): number {
  let hash = 0;
  for (let i = at; i < at + WINDOW; i++) hash = (Math.imul(hash, FACTOR) + mulaw[i]! + 1) | 0;
  return hash;
}

/** The hash of a window that moves by one sample. */
export const movedHash = (hash: number, leaves: number, enters: number): number =>
  (Math.imul(hash, FACTOR) + enters + 1 - Math.imul(leaves + 1, LEAVING)) | 0;

export function isLoud(mulaw: Uint8Array): boolean {
  let sum = 0;
  for (const sample of decodeMulaw(mulaw)) sum += Math.abs(sample);
  return sum > LOUD * mulaw.length;
}

function soundOf(id: string, text: string, pcm: Int16Array): Sound {
  // Once more, since mu-law has two zeros.
  const mulaw = encodeMulaw(decodeMulaw(encodeMulaw(pcm)));
  const phrases = text
    .split(/[,.!?;:](?=\s|$)/)
    .map(spokenWords)
    .filter((words) => words.length > 0);
  const words = phrases.flat();
  const spoken = spokenStretches(mulaw);
  // The voice pauses at marks. Where it pauses elsewhere too, words are spread over all that is spoken.
  const middles =
    spoken.length === phrases.length
      ? phrases.flatMap((phrase, i) => middlesOf(phrase, [spoken[i]!]))
      : middlesOf(words, spoken);
  return { id, words, middles, mulaw };
}

interface Stretch {
  readonly from: number;
  to: number;
}

/** From where to where the voice speaks, in samples. */
function spokenStretches(mulaw: Uint8Array): readonly Stretch[] {
  const step = STRETCH_MS * SAMPLES_PER_MS;
  const stretches: Stretch[] = [];
  for (let from = 0; from < mulaw.length; from += step) {
    const to = Math.min(from + step, mulaw.length);
    if (!isLoud(mulaw.subarray(from, to))) continue;
    const last = stretches.at(-1);
    if (last && from - last.to < PAUSE_MS * SAMPLES_PER_MS) last.to = to;
    else stretches.push({ from, to });
  }
  return stretches.length > 0 ? stretches : [{ from: 0, to: mulaw.length }];
}

/** The middles of words that fill these stretches, by their letters. */
function middlesOf(words: readonly string[], stretches: readonly Stretch[]): number[] {
  const samples = stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  const letters = words.reduce((sum, word) => sum + word.length, 0);
  let passed = 0;
  return words.map((word) => {
    const middle = ((passed + word.length / 2) / letters) * samples;
    passed += word.length;
    return placeIn(stretches, middle);
  });
}

/** Where so many samples of the stretches have passed. */
function placeIn(stretches: readonly Stretch[], samples: number): number {
  let left = samples;
  for (const { from, to } of stretches) {
    if (left <= to - from) return Math.round(from + left);
    left -= to - from;
  }
  return stretches.at(-1)!.to;
}
