import { SAMPLE_RATE } from '#engine/audio/format.ts';
import { encodeMulaw } from '#engine/audio/mulaw.ts';

// Four chords, a bar each, of plucked notes: within the band of a telephone, and quieter than speech.
const CHORDS: readonly (readonly number[])[] = [
  [60, 64, 67, 71, 74],
  [57, 64, 67, 72, 76],
  [65, 69, 72, 76, 79],
  [67, 71, 74, 76, 81],
];
/** Notes of a chord, one after another; -1 rests. */
const PATTERN: readonly number[] = [0, 2, 3, 1, 4, 2, 3, -1];
const NOTE_SAMPLES = 0.45 * SAMPLE_RATE;
/** A note fades to a thousandth within this time. */
const FADE_S = 1.8;
const ATTACK_SAMPLES = 0.012 * SAMPLE_RATE;
/** The first partials of a note, and their parts of it. */
const PARTIALS: readonly number[] = [1, 0.35, 0.12];
const LEVEL = 4000;

const hertz = (note: number) => 440 * 2 ** ((note - 69) / 12);

/** Adds a plucked note; what is longer than the loop goes on at its beginning. */
function pluck(loop: Float32Array, from: number, note: number): void {
  const length = FADE_S * SAMPLE_RATE;
  const decay = 0.001 ** (1 / length);
  PARTIALS.forEach((part, n) => {
    const angle = (2 * Math.PI * hertz(note) * (n + 1)) / SAMPLE_RATE;
    const turn = 2 * Math.cos(angle);
    let [last, value] = [-Math.sin(angle), 0];
    let level = LEVEL * part;
    let place = from;
    for (let i = 0; i < length; i++, level *= decay) {
      loop[place]! += i < ATTACK_SAMPLES ? (value * level * i) / ATTACK_SAMPLES : value * level;
      if (++place === loop.length) place = 0;
      const next = turn * value - last;
      last = value;
      value = next;
    }
  });
}

let made: Uint8Array | null = null;

/** Music of our own as mu-law, which is repeated without a seam. Made on first use. */
export function holdMusic(): Uint8Array {
  if (made) return made;
  const loop = new Float32Array(CHORDS.length * PATTERN.length * NOTE_SAMPLES);
  CHORDS.forEach((chord, bar) =>
    PATTERN.forEach((index, beat) => {
      if (index >= 0) pluck(loop, (bar * PATTERN.length + beat) * NOTE_SAMPLES, chord[index]!);
    }),
  );
  return (made = encodeMulaw(Int16Array.from(loop)));
}
