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
const BLOCKS = MEMORY / BLOCK;
const BLOCKS_IN_WINDOW = ECHO_WINDOW / BLOCK + 1;

/** The delay is searched at this part of the rate first, then sample by sample around the best places. */
const COARSE = 4;
const COARSE_WINDOW = ECHO_WINDOW / COARSE;
const COARSE_ROWS = (LAGS + 2 * TAPS) / COARSE;
const PLACES = 6;
/** Neighbours of a place are not another place. */
const PLACE_WIDTH = 4;
/** Samples around a place, to each side. */
const AROUND = 2 * COARSE;
const places = new Int32Array(PLACES);

/** Samples of the agent's audio that are compared. */
const LENGTH = LAGS + ECHO_WINDOW + 2 * TAPS;

/** Offsets in the kernel's memory, in floats: the caller's audio, the agent's audio, the products of both. */
const AUDIO_AT = 64;
const PLAYED_AT = AUDIO_AT + ECHO_WINDOW;
const OUT_AT = PLAYED_AT + LAGS + 2 * ECHO_WINDOW;
/** The same at the lower rate. */
const COARSE_AUDIO_AT = OUT_AT + LAGS + ECHO_WINDOW;
const COARSE_PLAYED_AT = COARSE_AUDIO_AT + COARSE_WINDOW;
const COARSE_OUT_AT = COARSE_PLAYED_AT + LENGTH / COARSE;
/** Products of the agent's audio with itself. */
const SHIFTED_AT = COARSE_OUT_AT + COARSE_ROWS + ROW_GROUP;

let shared: Kernel | null = null;

/** Tells an echo of the agent's voice from the caller's voice. One per call; 33 KB. */
export class EchoGuard {
  /** The agent's audio, indexed by the sample at which it is played, from the clock's zero. */
  readonly #played = new Int16Array(MEMORY);
  /** The energy of each block of it. */
  readonly #energies = new Float64Array(BLOCKS);
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
    const changedFrom = Math.min(at, this.#end);
    while (this.#end < at) this.#played[this.#end++ % MEMORY] = 0;
    const frame = decodeMulaw(mulaw, this.#frame);
    for (let i = 0; i < frame.length; i++) this.#played[(at + i) % MEMORY] = frame[i]!;
    this.#end = Math.max(this.#end, at + frame.length);
    this.#sumBlocks(changedFrom, at + frame.length);
  }

  /** Drops the audio that would have been heard from `atMs` on. */
  cut(atMs: number): void {
    this.#end = Math.max(this.#begin, Math.min(this.#end, Math.round(atMs * SAMPLES_PER_MS)));
  }

  /** Whether the agent is heard at that time. */
  sounding(atMs: number): boolean {
    return this.#end > Math.max(0, atMs * SAMPLES_PER_MS);
  }

  /**
   * Whether the last ECHO_WINDOW samples of the caller's side, which end at `endMs`, are an echo of the agent.
   * `noise` is the line's noise level, as mean square.
   */
  explains(audio: Float32Array, endMs: number, noise: number): boolean {
    const end = Math.round(endMs * SAMPLES_PER_MS);
    // The agent was silent for longer than the longest delay, so there is no echo.
    if (this.#end === 0 || this.#end < end - LAGS - ECHO_WINDOW / 2 || this.#begin > end) return false;
    const total = energy(audio, 0, ECHO_WINDOW);
    if (total <= NOISE_ALONE * noise * ECHO_WINDOW) return true;
    const from = end - ECHO_WINDOW - LAGS - TAPS;
    // No fit of `#isEcho` can explain audio this loud.
    const loudest = LOUDEST_ECHO * this.#mostEnergy(from, from + LENGTH);
    if (total > Math.max(loudest / MOSTLY, loudest + NOISE_MARGIN * noise * ECHO_WINDOW)) return false;
    const kernel = (shared ??= makeKernel());
    const F = kernel.memory;
    F.set(audio, AUDIO_AT);
    // From the longest delay to none: row r of the matrix is the agent's audio with a delay of (count - r) samples.
    this.#copyPlayed(F, from);
    if (this.#lag >= 0) {
      const row = LAGS + TAPS - this.#lag;
      correlate(kernel, row - TAPS, 2 * TAPS);
      if (this.#isEcho(kernel, bestRow(F, row - TAPS / 2, TAPS).row, total, noise, HARDLY)) return true;
    }
    const row = searchedRow(kernel);
    if (!this.#isEcho(kernel, row, total, noise, PARTLY)) return false;
    this.#lag = LAGS + TAPS - row;
    return true;
  }

  #sumBlocks(from: number, to: number): void {
    for (let at = from - (from % BLOCK); at < to; at += BLOCK) {
      let sum = 0;
      for (let i = at; i < Math.min(at + BLOCK, this.#end); i++) sum += this.#played[i % MEMORY]! ** 2;
      this.#energies[(at / BLOCK) % BLOCKS] = sum;
    }
  }

  /** No ECHO_WINDOW samples of the agent between these two have more energy than this. */
  #mostEnergy(from: number, to: number): number {
    const first = Math.floor(Math.max(from, this.#begin, this.#end - MEMORY) / BLOCK);
    const last = Math.ceil(Math.min(to, this.#end) / BLOCK);
    let [sum, most] = [0, 0];
    for (let block = first; block < last; block++) {
      // Whole numbers: nothing is lost when they are subtracted again.
      sum += this.#energies[block % BLOCKS]!;
      if (block >= first + BLOCKS_IN_WINDOW) sum -= this.#energies[(block - BLOCKS_IN_WINDOW) % BLOCKS]!;
      most = Math.max(most, sum);
    }
    return most;
  }

  /** Copies LENGTH samples of the agent's audio to the kernel's memory: silence where there is none. */
  #copyPlayed(F: Float32Array, from: number): void {
    const to = Math.min(from + LENGTH, this.#end);
    let at = Math.min(to, Math.max(from, this.#begin, this.#end - MEMORY));
    F.fill(0, PLAYED_AT, PLAYED_AT + at - from);
    while (at < to) {
      const start = at % MEMORY;
      const count = Math.min(to - at, MEMORY - start);
      F.set(this.#played.subarray(start, start + count), PLAYED_AT + at - from);
      at += count;
    }
    F.fill(0, PLAYED_AT + at - from, PLAYED_AT + LENGTH);
  }

  /** Fits a short filter around this delay and checks how much energy it leaves unexplained. */
  #isEcho(kernel: Kernel, row: number, total: number, noise: number, least: number): boolean {
    const F = kernel.memory;
    const first = Math.max(0, Math.min(LAGS, row - TAPS / 2));
    const power = energy(F, PLAYED_AT + row, ECHO_WINDOW);
    if (power <= ECHO_WINDOW) return false;
    const explained = explainedEnergy(kernel, first);
    if (explained > LOUDEST_ECHO * power) return false;
    const left = Math.max(0, total - explained);
    return explained >= MOSTLY * total || (explained >= least * total && left <= NOISE_MARGIN * noise * ECHO_WINDOW);
  }
}

/** Products of the caller's audio with rows of the agent's audio: more rows than asked for, by less than ROW_GROUP. */
function correlate(kernel: Kernel, row: number, rows: number): void {
  const first = Math.max(0, row);
  const count = Math.ceil(rows / ROW_GROUP) * ROW_GROUP;
  kernel.multiply((PLAYED_AT + first) * 4, 4, AUDIO_AT * 4, 0, (OUT_AT + first) * 4, count, ECHO_WINDOW, 0);
}

/** The row of the delay at which both signals correlate most, and how much. */
function bestRow(F: Float32Array, first: number, rows: number): { row: number; likeness: number } {
  let [best, bestLikeness] = [first, -1];
  let power = energy(F, PLAYED_AT + first, ECHO_WINDOW);
  for (let row = first; row < first + rows; row++) {
    const product = F[OUT_AT + row]!;
    const likeness = power > ECHO_WINDOW ? (product * product) / power : 0;
    if (likeness > bestLikeness) [best, bestLikeness] = [row, likeness];
    power += F[PLAYED_AT + row + ECHO_WINDOW]! ** 2 - F[PLAYED_AT + row]! ** 2;
  }
  return { row: best, likeness: bestLikeness };
}

/** Searches all delays; the products around the row that it returns are there. */
function searchedRow(kernel: Kernel): number {
  const F = kernel.memory;
  lower(F, AUDIO_AT, COARSE_AUDIO_AT, COARSE_WINDOW);
  lower(F, PLAYED_AT, COARSE_PLAYED_AT, LENGTH / COARSE);
  const rows = Math.ceil(COARSE_ROWS / ROW_GROUP) * ROW_GROUP;
  kernel.multiply(COARSE_PLAYED_AT * 4, 4, COARSE_AUDIO_AT * 4, 0, COARSE_OUT_AT * 4, rows, COARSE_WINDOW, 0);
  findPlaces(F);
  let [best, bestLikeness] = [0, -1];
  for (const place of places) {
    const first = Math.max(TAPS / 2, Math.min(LAGS - AROUND + TAPS / 2, place * COARSE - AROUND));
    correlate(kernel, first - TAPS / 2, 2 * AROUND + TAPS);
    const { row, likeness } = bestRow(F, first, 2 * AROUND);
    if (likeness > bestLikeness) [best, bestLikeness] = [row, likeness];
  }
  return best;
}

/** Writes the mean of each COARSE samples. */
function lower(F: Float32Array, from: number, to: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const at = from + i * COARSE;
    let sum = 0;
    for (let k = 0; k < COARSE; k++) sum += F[at + k]!;
    F[to + i] = sum / COARSE;
  }
}

/** Writes the delays to `places`, at the lower rate, at which both signals correlate most. */
function findPlaces(F: Float32Array): void {
  let power = energy(F, COARSE_PLAYED_AT, COARSE_WINDOW);
  for (let row = 0; row < COARSE_ROWS; row++) {
    const product = F[COARSE_OUT_AT + row]!;
    F[COARSE_OUT_AT + row] = power > COARSE_WINDOW ? (product * product) / power : 0;
    power += F[COARSE_PLAYED_AT + row + COARSE_WINDOW]! ** 2 - F[COARSE_PLAYED_AT + row]! ** 2;
  }
  for (let n = 0; n < PLACES; n++) {
    let best = 0;
    for (let row = 1; row < COARSE_ROWS; row++) if (F[COARSE_OUT_AT + row]! > F[COARSE_OUT_AT + best]!) best = row;
    places[n] = best;
    F.fill(-1, COARSE_OUT_AT + Math.max(0, best - PLACE_WIDTH), COARSE_OUT_AT + best + PLACE_WIDTH + 1);
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
 * How much of the caller's audio the best filter of TAPS samples explains, given the agent's audio from this row on and
 * its products with the caller's at each shift. Least squares over exactly these samples, by Cholesky's decomposition.
 */
function explainedEnergy(kernel: Kernel, first: number): number {
  const F = kernel.memory;
  const at = PLAYED_AT + first;
  kernel.multiply(at * 4, 4, at * 4, 0, SHIFTED_AT * 4, TAPS, ECHO_WINDOW, 0);
  for (let k = 0; k < TAPS; k++) {
    covariance[k]![0] = F[SHIFTED_AT + k]!;
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
    let sum = F[OUT_AT + first + j]!;
    for (let m = 0; m < j; m++) sum -= row[m]! * solved[m]!;
    solved[j] = sum / row[j]!;
    explained += solved[j]! ** 2;
  }
  return explained;
}
