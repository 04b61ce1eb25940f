import { FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE } from './format.ts';

const LOW_HZ = 350;
const HIGH_HZ = 2200;
const STEP_HZ = 50;
/** Share of a frame's energy that the strongest bins must hold for it to be a tone rather than a voice. */
const PURITY = 0.75;
const MIN_LEVEL = 300;
const MIN_TONE_MS = 160;

const BINS = Array.from({ length: (HIGH_HZ - LOW_HZ) / STEP_HZ + 1 }, (_, i) => 2 * Math.cos((2 * Math.PI * (LOW_HZ + i * STEP_HZ)) / SAMPLE_RATE));

/** Finds a single steady tone (the beep of an answering machine). Frames of 20 ms in; true once, when such a tone has ended. */
export class ToneDetector {
  #bin = -1;
  #lengthMs = 0;

  push(frame: Int16Array): boolean {
    const bin = pureBin(frame);
    if (bin >= 0 && (this.#bin < 0 || Math.abs(bin - this.#bin) <= 1)) {
      this.#bin = bin;
      this.#lengthMs += FRAME_MS;
      return false;
    }
    const ended = this.#lengthMs >= MIN_TONE_MS;
    this.#bin = bin;
    this.#lengthMs = bin >= 0 ? FRAME_MS : 0;
    return ended;
  }
}

/** Index of the bin that holds nearly all of the frame's energy, or -1. */
function pureBin(frame: Int16Array): number {
  let energy = 0;
  for (let i = 0; i < FRAME_SAMPLES; i++) energy += frame[i]! * frame[i]!;
  if (energy < FRAME_SAMPLES * MIN_LEVEL * MIN_LEVEL) return -1;
  let best = -1;
  let bestPower = 0;
  for (let bin = 0; bin < BINS.length; bin++) {
    const coefficient = BINS[bin]!;
    let s1 = 0;
    let s2 = 0;
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      const s0 = frame[i]! + coefficient * s1 - s2;
      s2 = s1;
      s1 = s0;
    }
    const power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
    if (power > bestPower) [best, bestPower] = [bin, power];
  }
  // A sine of amplitude A has energy N*A^2/2 and Goertzel power (N*A/2)^2: their ratio is N/2.
  return bestPower >= PURITY * energy * (FRAME_SAMPLES / 2) ? best : -1;
}

/** A sine with soft edges, for beeps and ringing. */
export function tone(frequencyHz: number, durationMs: number, level = 8000): Int16Array {
  const n = Math.round((durationMs * SAMPLE_RATE) / 1000);
  const edge = Math.min(40, n >> 1);
  return Int16Array.from({ length: n }, (_, i) => Math.round(level * Math.min(1, i / edge, (n - i) / edge) * Math.sin((2 * Math.PI * frequencyHz * i) / SAMPLE_RATE)));
}
