import { COLUMN_GROUP, makeKernel, ROW_GROUP, type Kernel } from './matrix-kernel.ts';

/** Modified Bessel function of the first kind, order zero, for the Kaiser window. */
function bessel0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 40; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

interface Filter {
  readonly up: number;
  readonly down: number;
  readonly taps: number;
  readonly coefficients: Float32Array;
}

const filters = new Map<string, Filter>();
const BETA = 8;
const ROLLOFF = 0.94;
const HALF_TAPS = 16;

/** One windowed-sinc filter per phase; shared by every stream of the same two rates. */
function filterFor(inRate: number, outRate: number): Filter {
  const key = `${inRate}:${outRate}`;
  const known = filters.get(key);
  if (known) return known;
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  const divisor = gcd(inRate, outRate);
  const [up, down] = [outRate / divisor, inRate / divisor];
  const ratio = Math.min(1, outRate / inRate);
  const half = Math.ceil(HALF_TAPS / ratio);
  const taps = 2 * half;
  const coefficients = new Float32Array(up * taps);
  for (let phase = 0; phase < up; phase++) {
    let sum = 0;
    for (let k = 0; k < taps; k++) {
      const t = k - half + 1 - phase / up;
      const window = 1 - (t / half) ** 2;
      const x = Math.PI * t * ratio * ROLLOFF;
      const value =
        window <= 0 ? 0 : ((x === 0 ? 1 : Math.sin(x) / x) * bessel0(BETA * Math.sqrt(window))) / bessel0(BETA);
      coefficients[phase * taps + k] = value;
      sum += value;
    }
    for (let k = 0; k < taps; k++) coefficients[phase * taps + k]! /= sum;
  }
  const filter = { up, down, taps, coefficients };
  filters.set(key, filter);
  return filter;
}

/** Output samples of one call of the matrix kernel, and where they and their input lie in its memory. */
const BATCH = 256;
const COEFFICIENTS_AT = 64;
let shared: { kernel: Kernel; placed: Map<Filter, number>; top: number } | null = null;

/** Where a filter's coefficients lie in the memory that all resamplers share, in floats. */
function place(filter: Filter): { kernel: Kernel; coefficientsAt: number; scratchAt: number } {
  shared ??= { kernel: makeKernel(), placed: new Map(), top: COEFFICIENTS_AT };
  let at = shared.placed.get(filter);
  if (at === undefined) {
    at = shared.top;
    shared.kernel.memory.set(filter.coefficients, at);
    shared.placed.set(filter, at);
    shared.top += filter.coefficients.length;
  }
  return { kernel: shared.kernel, coefficientsAt: at, scratchAt: shared.kernel.memory.length >> 1 };
}

/** Shared scratch buffer; no resampler keeps data in it between two calls. */
let work = new Float32Array(8192);
let results = new Int16Array(8192);

const rounded = (sum: number) => (sum > 32767 ? 32767 : sum < -32768 ? -32768 : Math.round(sum));

/**
 * Streaming rational resampler (polyphase FIR): chunks of any length in, about length * outRate / inRate samples out.
 */
export class Resampler {
  readonly #filter: Filter;
  readonly #history: Float32Array;
  #phase = 0;
  #skip = 0;

  constructor(inRate: number, outRate: number) {
    this.#filter = filterFor(inRate, outRate);
    this.#history = new Float32Array(this.#filter.taps - 1);
  }

  /** The result is a view that the next call of any resampler overwrites. */
  process(input: Int16Array | Float32Array): Int16Array {
    const { up, down, taps } = this.#filter;
    const n = input.length;
    const past = taps - 1;
    if (work.length < n + past) work = new Float32Array(n + past);
    const buffer = work;
    buffer.set(this.#history, 0);
    buffer.set(input, past);
    const most = Math.ceil((n * up) / down) + 2;
    if (results.length < most) results = new Int16Array(most);
    const output = results;
    const written =
      up === 1 && taps % COLUMN_GROUP === 0 ? this.#decimate(buffer, n, output) : this.#interpolate(buffer, n, output);
    this.#history.set(buffer.subarray(n, n + past));
    return output.subarray(0, written);
  }

  /** Filters as a product with a matrix of overlapping rows. */
  #decimate(buffer: Float32Array, n: number, output: Int16Array): number {
    const { down, taps } = this.#filter;
    const { kernel, coefficientsAt, scratchAt } = place(this.#filter);
    const F = kernel.memory;
    const outAt = scratchAt - BATCH;
    const count = Math.max(0, Math.ceil((n - this.#skip) / down));
    for (let done = 0; done < count; done += BATCH) {
      const rows = Math.min(BATCH, count - done);
      const from = this.#skip + done * down;
      F.set(buffer.subarray(from, from + (rows - 1) * down + taps), scratchAt);
      kernel.multiply(
        scratchAt * 4,
        down * 4,
        coefficientsAt * 4,
        0,
        outAt * 4,
        Math.ceil(rows / ROW_GROUP) * ROW_GROUP,
        taps,
        0,
      );
      for (let i = 0; i < rows; i++) output[done + i] = rounded(F[outAt + i]!);
    }
    this.#skip += count * down - n;
    return count;
  }

  #interpolate(buffer: Float32Array, n: number, output: Int16Array): number {
    const { up, down, taps, coefficients } = this.#filter;
    let written = 0;
    let position = this.#skip;
    let phase = this.#phase;
    while (position < n) {
      let sum = 0;
      const base = phase * taps;
      for (let k = 0; k < taps; k++) sum += coefficients[base + k]! * buffer[position + k]!;
      output[written++] = rounded(sum);
      phase += down;
      while (phase >= up) {
        phase -= up;
        position++;
      }
    }
    this.#skip = position - n;
    this.#phase = phase;
    return written;
  }
}

/** Resamples a whole recording; the result has the same duration. */
export function resample(pcm: Int16Array, inRate: number, outRate: number): Int16Array {
  if (inRate === outRate) return pcm.slice();
  const resampler = new Resampler(inRate, outRate);
  const padded = new Int16Array(pcm.length + Math.ceil((64 * inRate) / Math.min(inRate, outRate)));
  padded.set(pcm);
  return resampler.process(padded).slice(0, Math.round((pcm.length * outRate) / inRate));
}
