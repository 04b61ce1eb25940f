import { FRAME_SAMPLES, SAMPLES_PER_MS } from './format.ts';
import { makeKernel, ROW_GROUP, type Kernel } from './matrix-kernel.ts';
import { decodeMulaw } from './mulaw.ts';

/** Samples of the caller's audio that are compared: enough that two voices do not match by chance. */
export const ECHO_WINDOW = 1024;
/** The longest delay of an echo. */
const LONGEST_DELAY_MS = 700;
const LAGS = LONGEST_DELAY_MS * SAMPLES_PER_MS;
/** Samples of the agent's audio that are kept: the longest delay, the window and the playout lead. */
const MEMORY = 16_384;
/** The echo of one sample spreads over this many samples around the delay. */
const TAPS = 16;
/** An echo is at least 10 dB weaker than its source; louder audio is speech of the caller. */
const LOUDEST_ECHO = 0.1;
/** Audio is an echo if at least this share of its energy is explained by the agent's audio. */
const MOSTLY = 0.5;
/** Smaller shares that suffice if the rest is line noise; the smallest one applies at a known delay. */
const PARTLY = 0.12;
const HARDLY = 0.03;
const NOISE_MARGIN = 2;
/** Up to this factor above the noise level, audio counts as noise. */
const NOISE_ALONE = 1.6;

/** The agent's energy is summed over so many samples to bound that of a window. */
const BLOCK = 128;
const BLOCKS_IN_WINDOW = ECHO_WINDOW / BLOCK + 1;
const blocks = new Float64Array(BLOCKS_IN_WINDOW);

/** Offsets in the kernel's memory, in floats: the caller's audio, the agent's audio, the products of both. */
const AUDIO_AT = 64;
const PLAYED_AT = AUDIO_AT + ECHO_WINDOW;
const OUT_AT = PLAYED_AT + LAGS + 2 * ECHO_WINDOW;

let shared: Kernel | null = null;

/** Tells an echo of the agent's voice from the caller's voice. One per call; 32 KB. */
export class EchoGuard {
  /** The agent's audio, indexed by the sample at which it is played, from the clock's zero. */
  readonly #played = new Int16Array(MEMORY);
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  /** The end of the agent's audio. */
  #end = 0;
  #begin = 0;
  /** The delay at which an echo was last found, in samples. */
  #lag = -1;

  /** Adds a frame of the agent, heard from `playAtMs` on. */
  played(mulaw: Uint8Array, playAtMs: number): void {
    const at = Math.round(playAtMs * SAMPLES_PER_MS);
    if (at > this.#end + MEMORY) this.#begin = this.#end = at;
    while (this.#end < at) this.#played[this.#end++ % MEMORY] = 0;
    const frame = decodeMulaw(mulaw, this.#frame);
    for (let i = 0; i < frame.length; i++) this.#played[(at + i) % MEMORY] = frame[i]!;
    this.#end = Math.max(this.#end, at + frame.length);
  }

  /** Drops the audio that would have been heard from `atMs` on. */
  cut(atMs: number): void {
    this.#end = Math.max(this.#begin, Math.min(this.#end, Math.round(atMs * SAMPLES_PER_MS)));
  }

  /** Whether the agent is heard at that time. */
  sounding(atMs: number): boolean {
    return this.#end > atMs * SAMPLES_PER_MS;
  }

  /**
   * Whether the last ECHO_WINDOW samples of the caller's side, which end at `endMs`, are an echo of the agent. `noise`
   * is
   * the line's noise level, as mean square.
   */
  explains(audio: Float32Array, endMs: number, noise: number): boolean {
    const end = Math.round(endMs * SAMPLES_PER_MS);
    // The agent was silent for longer than the longest delay, so there is no echo.
    if (this.#end === 0 || this.#end < end - LAGS - ECHO_WINDOW / 2 || this.#begin > end) return false;
    const total = energy(audio, 0, ECHO_WINDOW);
    if (total <= NOISE_ALONE * noise * ECHO_WINDOW) return true;
    const from = end - ECHO_WINDOW - LAGS - TAPS;
    const length = LAGS + ECHO_WINDOW + 2 * TAPS;
    // No fit of `#isEcho` can explain audio this loud: comparing it with every delay would cost half a millisecond.
    const loudest = LOUDEST_ECHO * this.#mostEnergy(from, from + length);
    if (total > Math.max(loudest / MOSTLY, loudest + NOISE_MARGIN * noise * ECHO_WINDOW)) return false;
    const kernel = (shared ??= makeKernel());
    const F = kernel.memory;
    F.set(audio, AUDIO_AT);
    // From the longest delay to none: row r of the matrix is the agent's audio with a delay of (count - r) samples.
    for (let i = 0; i < length; i++) F[PLAYED_AT + i] = this.#at(from + i);
    const correlate = (row: number, rows: number) =>
      kernel.multiply(
        (PLAYED_AT + row) * 4,
        4,
        AUDIO_AT * 4,
        0,
        (OUT_AT + row) * 4,
        Math.ceil(rows / ROW_GROUP) * ROW_GROUP,
        ECHO_WINDOW,
        0,
      );
    if (this.#lag >= 0) {
      const row = LAGS + TAPS - this.#lag;
      correlate(Math.max(0, row - TAPS), 2 * TAPS);
      if (this.#isEcho(F, this.#bestRow(F, row - TAPS / 2, TAPS), total, noise, HARDLY)) return true;
    }
    correlate(0, LAGS + TAPS);
    const row = this.#bestRow(F, TAPS / 2, LAGS);
    if (!this.#isEcho(F, row, total, noise, PARTLY)) return false;
    this.#lag = LAGS + TAPS - row;
    return true;
  }

  /** No ECHO_WINDOW samples of the agent between these two have more energy than this. */
  #mostEnergy(from: number, to: number): number {
    const first = Math.max(from, this.#begin, this.#end - MEMORY);
    const last = Math.min(to, this.#end);
    blocks.fill(0);
    let [sum, most, n] = [0, 0, 0];
    for (let at = first; at < last; at += BLOCK) {
      let block = 0;
      for (let i = at; i < Math.min(at + BLOCK, last); i++) block += this.#played[i % MEMORY]! ** 2;
      // Whole numbers: nothing is lost when they are subtracted again.
      sum += block - blocks[n % BLOCKS_IN_WINDOW]!;
      blocks[n++ % BLOCKS_IN_WINDOW] = block;
      most = Math.max(most, sum);
    }
    return most;
  }

  #at(sample: number): number {
    return sample < this.#begin || sample >= this.#end || sample < this.#end - MEMORY
      ? 0
      : this.#played[sample % MEMORY]!;
  }

  /** The row of the delay at which both signals correlate most. */
  #bestRow(F: Float32Array, first: number, rows: number): number {
    let [best, bestLikeness] = [first, -1];
    let power = energy(F, PLAYED_AT + first, ECHO_WINDOW);
    for (let row = first; row < first + rows; row++) {
      const product = F[OUT_AT + row]!;
      const likeness = power > ECHO_WINDOW ? (product * product) / power : 0;
      if (likeness > bestLikeness) [best, bestLikeness] = [row, likeness];
      power += F[PLAYED_AT + row + ECHO_WINDOW]! ** 2 - F[PLAYED_AT + row]! ** 2;
    }
    return best;
  }

  /** Fits a short filter around this delay and checks how much energy it leaves unexplained. */
  #isEcho(F: Float32Array, row: number, total: number, noise: number, least: number): boolean {
    const first = Math.max(0, Math.min(LAGS, row - TAPS / 2));
    const power = energy(F, PLAYED_AT + row, ECHO_WINDOW);
    if (power <= ECHO_WINDOW) return false;
    const explained = explainedEnergy(F, PLAYED_AT + first, F.subarray(OUT_AT + first, OUT_AT + first + TAPS));
    if (explained > LOUDEST_ECHO * power) return false;
    const left = Math.max(0, total - explained);
    return explained >= MOSTLY * total || (explained >= least * total && left <= NOISE_MARGIN * noise * ECHO_WINDOW);
  }
}

function energy(values: Float32Array, from: number, length: number): number {
  let sum = 0;
  for (let i = from; i < from + length; i++) sum += values[i]! * values[i]!;
  return sum;
}

const covariance = Array.from({ length: TAPS }, () => new Float64Array(TAPS));
const solved = new Float64Array(TAPS);

/**
 * How much of a signal the best filter of TAPS samples explains, given the reference from `at` on and the signal's
 * products with it at each shift. Least squares over exactly these samples, by Cholesky's decomposition.
 */
function explainedEnergy(F: Float32Array, at: number, products: Float32Array): number {
  for (let k = 0; k < TAPS; k++) {
    let sum = 0;
    for (let i = 0; i < ECHO_WINDOW; i++) sum += F[at + i]! * F[at + i + k]!;
    covariance[k]![0] = sum;
    // One sample further on: what comes in at the end, less what drops out at the beginning.
    for (let j = 1; j + k < TAPS; j++) {
      const [early, late] = [at + j - 1, at + j - 1 + ECHO_WINDOW];
      covariance[j + k]![j] = covariance[j + k - 1]![j - 1]! + F[late]! * F[late + k]! - F[early]! * F[early + k]!;
    }
  }
  const ridge = 1e-4 * covariance[0]![0]! + 1;
  let explained = 0;
  for (let j = 0; j < TAPS; j++) {
    const row = covariance[j]!;
    for (let k = 0; k <= j; k++) {
      let sum = row[k]! + (j === k ? ridge : 0);
      for (let m = 0; m < k; m++) sum -= row[m]! * covariance[k]![m]!;
      row[k] = k === j ? Math.sqrt(Math.max(sum, 1e-9)) : sum / covariance[k]![k]!;
    }
    let sum = products[j]!;
    for (let m = 0; m < j; m++) sum -= row[m]! * solved[m]!;
    solved[j] = sum / row[j]!;
    explained += solved[j]! ** 2;
  }
  return explained;
}
