// Everything on a line that is no one's turn to speak: noises, tones, and what a line does to speech.
import { SAMPLE_RATE, SAMPLES_PER_MS } from '#engine/audio/format.ts';
import { tone } from '#engine/audio/tone.ts';
import type { Random } from '../../test/support/random.ts';

export const clipped = (x: number): number => Math.max(-32768, Math.min(32767, Math.round(x)));
export const silence = (ms: number): Int16Array => new Int16Array(Math.round(ms * SAMPLES_PER_MS));

export function join(...pieces: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

export const amplified = (pcm: Int16Array, by: number): Int16Array => pcm.map((sample) => clipped(sample * by));

/** Adds `sound` to `pcm` from `atMs` on, as far as there is room. */
export function mixIn(pcm: Int16Array, sound: Int16Array, atMs: number, by = 1): void {
  const from = Math.round(atMs * SAMPLES_PER_MS);
  for (let i = Math.max(0, -from); i < sound.length && from + i < pcm.length; i++)
    pcm[from + i] = clipped(pcm[from + i]! + sound[i]! * by);
}

/** White noise, root mean square 1. */
export const whiteNoise = (random: Random) => (): number =>
  (random.next() + random.next() + random.next() + random.next() - 2) * Math.sqrt(3);

/** A two-pole resonance. */
function resonance(frequencyHz: number, bandwidthHz: number): (x: number) => number {
  const r = Math.exp((-Math.PI * bandwidthHz) / SAMPLE_RATE);
  const c = 2 * r * Math.cos((2 * Math.PI * frequencyHz) / SAMPLE_RATE);
  let [y1, y2] = [0, 0];
  return (x) => {
    const y = (1 - r) * x + c * y1 - r * r * y2;
    [y2, y1] = [y1, y];
    return y;
  };
}

const scaledTo = (pcm: Float64Array, peak: number): Int16Array => {
  const loudest = pcm.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-9);
  return Int16Array.from(pcm, (sample) => clipped((sample * peak) / loudest));
};

/** One to three bursts of air through a throat: sharp beginning, voiced tail. */
export function cough(random: Random): Int16Array {
  const bursts = Array.from({ length: random.between(1, 3) }, () => {
    const length = random.between(120, 260) * SAMPLES_PER_MS;
    const noise = whiteNoise(random);
    const throat = [
      resonance(random.between(450, 700), 180),
      resonance(random.between(1200, 1700), 260),
      resonance(random.between(2300, 3000), 400),
    ];
    const pitch = random.between(90, 160);
    const out = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      const t = i / length;
      const air = noise() * Math.exp(-4 * t) * Math.min(1, i / 40);
      const buzz =
        t > 0.25 ? Math.sign(Math.sin((2 * Math.PI * pitch * i) / SAMPLE_RATE)) * 0.5 * Math.exp(-6 * (t - 0.25)) : 0;
      out[i] = throat.reduce((sum, one) => sum + one(air + buzz), 0);
    }
    return scaledTo(out, random.between(5000, 12_000));
  });
  return join(...bursts.flatMap((burst) => [burst, silence(random.between(40, 140))]));
}

/** "Mm-hm" through closed lips, which no voice of ours can say: two humps of a nasal buzz, the second one higher. */
export function hum(random: Random): Int16Array {
  const length = random.between(260, 480) * SAMPLES_PER_MS;
  const pitch = random.between(95, 210);
  const nose = [
    resonance(random.between(230, 300), 60),
    resonance(random.between(950, 1150), 200),
    resonance(random.between(2000, 2300), 300),
  ];
  const weights = [1, 0.25, 0.08];
  const noise = whiteNoise(random);
  const out = new Float64Array(length);
  let phase = 0;
  for (let i = 0; i < length; i++) {
    const t = i / length;
    phase += (pitch * (t < 0.5 ? 1 - 0.1 * t : 1.1 + 0.15 * t)) / SAMPLE_RATE;
    const envelope = Math.min(1, t * 12, (1 - t) * 6) * (0.25 + 0.75 * Math.abs(Math.cos(Math.PI * t)) ** 0.7);
    const glottis = phase % 1 < 0.35 ? Math.sin((Math.PI * (phase % 1)) / 0.35) : 0;
    out[i] = nose.reduce((sum, one, n) => sum + weights[n]! * one(glottis + 0.02 * noise()), 0) * envelope;
  }
  return scaledTo(out, random.between(4000, 9000));
}

/** Two to four hits on wood. */
export function knock(random: Random): Int16Array {
  const gap = random.between(130, 220);
  const body = random.between(160, 420);
  return join(
    ...Array.from({ length: random.between(2, 4) }, () => {
      const length = gap * SAMPLES_PER_MS;
      const noise = whiteNoise(random);
      const wood = [resonance(body, 40), resonance(body * 2.3, 90)];
      const out = new Float64Array(length);
      for (let i = 0; i < length; i++) {
        const hit = i < 24 ? noise() : 0;
        out[i] = wood.reduce((sum, one) => sum + one(hit), 0) + hit * 0.05;
      }
      return scaledTo(out, random.between(5000, 14_000));
    }),
  );
}

/** A key of the telephone, as heard on the line. */
export function dtmf(random: Random): Int16Array {
  const ms = random.between(80, 250);
  const [low, high] = [
    tone(random.pick([697, 770, 852, 941]), ms, 4000),
    tone(random.pick([1209, 1336, 1477]), ms, 4000),
  ];
  return low.map((sample, i) => clipped(sample + high[i]!));
}

/** A level in dBFS as a root mean square. */
export const rmsOf = (dbfs: number): number => 32768 * 10 ** (dbfs / 20);
