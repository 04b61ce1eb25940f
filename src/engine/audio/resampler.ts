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

interface Kernel {
  readonly up: number;
  readonly down: number;
  readonly taps: number;
  readonly coefficients: Float32Array;
}

const kernels = new Map<string, Kernel>();
const BETA = 8;
const ROLLOFF = 0.94;
const HALF_TAPS = 16;

/** One windowed-sinc filter per phase; shared by every stream of the same two rates. */
function kernelFor(inRate: number, outRate: number): Kernel {
  const key = `${inRate}:${outRate}`;
  const known = kernels.get(key);
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
      const value = window <= 0 ? 0 : ((x === 0 ? 1 : Math.sin(x) / x) * bessel0(BETA * Math.sqrt(window))) / bessel0(BETA);
      coefficients[phase * taps + k] = value;
      sum += value;
    }
    for (let k = 0; k < taps; k++) coefficients[phase * taps + k]! /= sum;
  }
  const kernel = { up, down, taps, coefficients };
  kernels.set(key, kernel);
  return kernel;
}

/** Streaming rational resampler (polyphase FIR): chunks of any length in, about length * outRate / inRate samples out. */
export class Resampler {
  readonly #kernel: Kernel;
  readonly #history: Float32Array;
  #buffer = new Float32Array(4096);
  #phase = 0;
  #skip = 0;

  constructor(inRate: number, outRate: number) {
    this.#kernel = kernelFor(inRate, outRate);
    this.#history = new Float32Array(this.#kernel.taps - 1);
  }

  process(input: Int16Array | Float32Array): Int16Array {
    const { up, down, taps, coefficients } = this.#kernel;
    const n = input.length;
    const past = taps - 1;
    if (this.#buffer.length < n + past) this.#buffer = new Float32Array(n + past);
    const buffer = this.#buffer;
    buffer.set(this.#history, 0);
    for (let i = 0; i < n; i++) buffer[past + i] = input[i]!;
    const output = new Int16Array(Math.ceil((n * up) / down) + 2);
    let written = 0;
    let position = this.#skip;
    let phase = this.#phase;
    while (position < n) {
      let sum = 0;
      const base = phase * taps;
      for (let k = 0; k < taps; k++) sum += coefficients[base + k]! * buffer[position + k]!;
      output[written++] = sum > 32767 ? 32767 : sum < -32768 ? -32768 : Math.round(sum);
      phase += down;
      while (phase >= up) {
        phase -= up;
        position++;
      }
    }
    this.#skip = position - n;
    this.#phase = phase;
    this.#history.set(buffer.subarray(n, n + past));
    return output.subarray(0, written);
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
