import { FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE } from './format.ts';

const LOW_HZ = 350;
const HIGH_HZ = 2200;
const STEP_HZ = 50;
/** Share of a frame's energy that the strongest bins must hold for it to be a tone rather than a voice. */
const PURITY = 0.75;
const MIN_LEVEL = 300;
const MIN_TONE_MS = 160;
const TONE_OVER_MS = 60;

const BINS = Array.from(
  { length: (HIGH_HZ - LOW_HZ) / STEP_HZ + 1 },
  (_, i) => 2 * Math.cos((2 * Math.PI * (LOW_HZ + i * STEP_HZ)) / SAMPLE_RATE),
);

/**
 * Finds a single steady tone (the beep of an answering machine). Takes 20 ms frames; reports the start and the end of a
 * tone once each.
 */
export class ToneDetector {
  #bin = -1;
  #lengthMs = 0;
  #gapMs = 0;

  push(frame: Int16Array): 'started' | 'ended' | null {
    const bin = pureBin(frame);
    if (bin >= 0 && (this.#bin < 0 || Math.abs(bin - this.#bin) <= 1)) {
      this.#bin = bin;
      this.#gapMs = 0;
      this.#lengthMs += FRAME_MS;
      return this.#lengthMs === MIN_TONE_MS ? 'started' : null;
    }
    // A lost packet does not end the tone.
    this.#gapMs += FRAME_MS;
    if (bin < 0 && this.#lengthMs > 0 && this.#gapMs < TONE_OVER_MS) return null;
    const ended = this.#lengthMs >= MIN_TONE_MS;
    this.#bin = bin;
    this.#gapMs = 0;
    this.#lengthMs = bin >= 0 ? FRAME_MS : 0;
    return ended ? 'ended' : null;
  }
}

const powers = new Float64Array(BINS.length);

/** Index of the bin that holds nearly all of the frame's energy together with a neighbour, or -1. */
function pureBin(frame: Int16Array): number {
  let energy = 0;
  for (let i = 0; i < FRAME_SAMPLES; i++) energy += frame[i]! * frame[i]!;
  if (energy < FRAME_SAMPLES * MIN_LEVEL * MIN_LEVEL) return -1;
  let best = 0;
  for (let bin = 0; bin < BINS.length; bin++) {
    powers[bin] = goertzel(frame, BINS[bin]!);
    if (powers[bin]! > powers[best]!) best = bin;
  }
  // A tone between two bins is shared by them. A sine of amplitude A has energy N*A^2/2 and Goertzel power (N*A/2)^2:
  // their ratio is N/2.
  const power = powers[best]! + Math.max(powers[best - 1] ?? 0, powers[best + 1] ?? 0);
  return power >= PURITY * energy * (FRAME_SAMPLES / 2) ? best : -1;
}

const KEY_ROWS = [697, 770, 852, 941];
const KEY_COLUMNS = [1209, 1336, 1477, 1633];
const KEY_COEFFICIENTS = [...KEY_ROWS, ...KEY_COLUMNS].map((hz) => 2 * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE));
/** Share of the energy that one row and one column frequency must hold together. */
const KEY_PURITY = 0.6;

/** Whether these samples are the two tones of a telephone's key. */
export function isKeyTone(samples: Int16Array): boolean {
  let energy = 0;
  for (let i = 0; i < samples.length; i++) energy += samples[i]! * samples[i]!;
  const powers = KEY_COEFFICIENTS.map((coefficient) => goertzel(samples, coefficient));
  const row = Math.max(...powers.slice(0, KEY_ROWS.length));
  const column = Math.max(...powers.slice(KEY_ROWS.length));
  const enough = (KEY_PURITY / 8) * energy * (samples.length / 2);
  return row >= enough && column >= enough && row + column >= KEY_PURITY * energy * (samples.length / 2);
}

/** Power at one frequency. */
function goertzel(samples: Int16Array, coefficient: number): number {
  let s1 = 0;
  let s2 = 0;
  for (let i = 0; i < samples.length; i++) {
    const s0 = samples[i]! + coefficient * s1 - s2;
    s2 = s1;
    s1 = s0;
  }
  return s1 * s1 + s2 * s2 - coefficient * s1 * s2;
}

/** A sine with soft edges, for beeps and ringing. */
export function tone(frequencyHz: number, durationMs: number, level = 8000): Int16Array {
  const n = Math.round((durationMs * SAMPLE_RATE) / 1000);
  const edge = Math.min(40, n >> 1);
  return Int16Array.from({ length: n }, (_, i) =>
    Math.round(level * Math.min(1, i / edge, (n - i) / edge) * Math.sin((2 * Math.PI * frequencyHz * i) / SAMPLE_RATE)),
  );
}
