import { COLUMN_GROUP } from '#engine/audio/matrix-kernel.ts';
import { BINS, FRAMES, HALF, HIDDEN, SPECTRUM, type Layer, type Network } from './network.ts';

export const WINDOW = 256;
const CONTEXT = 32;
const REFLECT = 32;
const FRAME_STEP = 64;
/** Windows that are computed together. */
const PLACES = 16;
const TAPS = 3;

/** What a stream remembers between windows. */
export class Memory {
  readonly context = new Float32Array(CONTEXT);
  readonly hidden = new Float32Array(HIDDEN);
  readonly cell = new Float32Array(HIDDEN);

  clear(): void {
    this.context.fill(0);
    this.hidden.fill(0);
    this.cell.fill(0);
  }
}

/** A window of a stream: what it starts from, what it leads to. */
export interface Pass {
  readonly window: Int16Array;
  readonly from: Memory;
  /** Written, as is `probability`. */
  readonly to: Memory;
  probability: number;
}

/** Where one window's intermediate results lie, in floats of the kernel's memory. */
interface Place {
  readonly folded: number;
  readonly spectrum: number;
  /** The maps between the layers; the first is the magnitudes. */
  readonly maps: readonly number[];
  readonly joined: number;
  readonly gates: number;
  readonly cell: number;
}

/** Frames that a layer makes of so many. */
const framesAfter = (layer: Layer, frames: number) => Math.floor((frames - 1) / layer.stride) + 1;

/** Computes the network for several windows at once: each weight is loaded once for four of them. */
export class ForwardPass {
  readonly #network: Network;
  readonly #places: readonly Place[];
  readonly #input = new Float32Array(CONTEXT + WINDOW + REFLECT);
  /** Vectors that are multiplied by the same rows, and where their products go. */
  readonly #vectors = new Int32Array(PLACES * FRAMES);
  readonly #products = new Int32Array(PLACES * FRAMES);
  #count = 0;
  readonly #unused: number;

  constructor(network: Network) {
    this.#network = network;
    const { layers, spectrumRows } = network;
    const reserve = (length: number) => network.reserve(length);
    this.#places = Array.from({ length: PLACES }, () => {
      let frames = FRAMES;
      const map = (channels: number) => reserve(frames * channels + COLUMN_GROUP);
      const maps = [map(BINS)];
      for (const layer of layers) {
        frames = framesAfter(layer, frames);
        maps.push(map(layer.outputs));
      }
      return {
        folded: reserve(FRAMES * SPECTRUM),
        spectrum: reserve(FRAMES * 2 * spectrumRows),
        maps,
        joined: reserve(2 * HIDDEN),
        gates: reserve(4 * HIDDEN),
        cell: reserve(HIDDEN),
      };
    });
    this.#unused = reserve(4 * HIDDEN);
  }

  run(passes: readonly Pass[]): void {
    for (let at = 0; at < passes.length; at += PLACES) this.#runSome(passes.slice(at, at + PLACES));
  }

  #runSome(passes: readonly Pass[]): void {
    const places = this.#places.slice(0, passes.length);
    for (const [i, pass] of passes.entries()) this.#fold(pass, places[i]!);
    this.#spectra(places);
    let frames = FRAMES;
    for (const [i, layer] of this.#network.layers.entries()) {
      this.#convolve(places, i, layer, frames);
      frames = framesAfter(layer, frames);
    }
    this.#recur(passes, places);
  }

  /** Sums and differences of mirrored samples of the four frames. */
  #fold({ window, from, to }: Pass, place: Place): void {
    const input = this.#input;
    const F = this.#network.kernel.memory;
    input.set(from.context);
    for (let i = 0; i < WINDOW; i++) input[CONTEXT + i] = window[i]! / 32768;
    for (let i = 0; i < REFLECT; i++) input[CONTEXT + WINDOW + i] = input[CONTEXT + WINDOW - 2 - i]!;
    to.context.set(input.subarray(WINDOW, WINDOW + CONTEXT));
    for (let t = 0; t < FRAMES; t++) {
      const first = t * FRAME_STEP;
      const sums = place.folded + t * SPECTRUM;
      F[sums] = input[first + HALF]!;
      F[sums + HALF] = 0;
      for (let n = 1; n < HALF; n++) {
        const sample = input[first + n]!;
        const mirrored = input[first + SPECTRUM - n]!;
        F[sums + n] = sample + mirrored;
        F[sums + HALF + n] = sample - mirrored;
      }
    }
  }

  /** Magnitudes of the short-time spectra, time-major. */
  #spectra(places: readonly Place[]): void {
    const { functions, real, imaginary, spectrumRows: rows } = this.#network;
    for (const [part, weights] of [real, imaginary].entries()) {
      for (const { folded, spectrum } of places)
        for (let t = 0; t < FRAMES; t++)
          this.#add(folded + t * SPECTRUM + part * HALF, spectrum + (2 * t + part) * rows);
      this.#multiply(weights, HALF, HALF, 0, rows, false);
    }
    for (const { spectrum, maps } of places)
      for (let t = 0; t < FRAMES; t++) {
        const at = spectrum + 2 * t * rows;
        functions.magnitudes(at * 4, (at + rows) * 4, (maps[0]! + t * BINS) * 4, BINS);
      }
  }

  /** Frames beyond the ends count as silence: their taps are left out. */
  #convolve(places: readonly Place[], index: number, layer: Layer, frames: number): void {
    const { inputs, outputs, weights, rowLength, bias, stride } = layer;
    const count = framesAfter(layer, frames);
    // Products of the same taps are computed together.
    for (let firstTap = 0; firstTap < TAPS; firstTap++)
      for (let taps = 1; taps <= TAPS - firstTap; taps++) {
        for (const { maps } of places)
          for (let t = 0; t < count; t++) {
            const [first, end] = [Math.max(0, t * stride - 1), Math.min(frames, t * stride + 2)];
            if (first - (t * stride - 1) !== firstTap || end - first !== taps) continue;
            this.#add(maps[index]! + first * inputs, maps[index + 1]! + t * outputs);
          }
        const columns = Math.ceil((taps * inputs) / COLUMN_GROUP) * COLUMN_GROUP;
        this.#multiply(weights + firstTap * inputs, rowLength, columns, bias, outputs, true);
      }
  }

  #recur(passes: readonly Pass[], places: readonly Place[]): void {
    const { kernel, functions, recurrent, recurrentBias, outWeights, outBias } = this.#network;
    const F = kernel.memory;
    for (const [i, { from }] of passes.entries()) {
      const { joined, maps, gates, cell } = places[i]!;
      F.copyWithin(joined, maps.at(-1)!, maps.at(-1)! + HIDDEN);
      F.set(from.hidden, joined + HIDDEN);
      F.set(from.cell, cell);
      this.#add(joined, gates);
    }
    this.#multiply(recurrent, 2 * HIDDEN, 2 * HIDDEN, recurrentBias, 4 * HIDDEN, false);
    for (const [i, pass] of passes.entries()) {
      const { gates, cell, joined } = places[i]!;
      functions.step(gates * 4, cell * 4, joined * 4);
      pass.to.hidden.set(F.subarray(joined, joined + HIDDEN));
      pass.to.cell.set(F.subarray(cell, cell + HIDDEN));
      let sum = outBias;
      for (let k = 0; k < HIDDEN; k++) sum += outWeights[k]! * Math.max(0, F[joined + k]!);
      pass.probability = 1 / (1 + Math.exp(-sum));
    }
  }

  #add(vector: number, product: number): void {
    this.#vectors[this.#count] = vector;
    this.#products[this.#count++] = product;
  }

  /** Multiplies the added vectors, four at a time, or one at a time where fewer than three are left. */
  #multiply(weights: number, rowLength: number, columns: number, bias: number, rows: number, relu: boolean): void {
    const { kernel } = this.#network;
    const vectors = this.#vectors;
    const products = this.#products;
    const count = this.#count;
    const cut = relu ? 1 : 0;
    this.#count = 0;
    let at = 0;
    for (; count - at > 2; at += 4) {
      const last = at + 3 < count;
      kernel.multiplyFour(
        weights * 4,
        rowLength * 4,
        bias * 4,
        rows,
        columns,
        cut,
        vectors[at]! * 4,
        vectors[at + 1]! * 4,
        vectors[at + 2]! * 4,
        vectors[last ? at + 3 : at]! * 4,
        products[at]! * 4,
        products[at + 1]! * 4,
        products[at + 2]! * 4,
        (last ? products[at + 3]! : this.#unused) * 4,
      );
    }
    for (; at < count; at++)
      kernel.multiply(weights * 4, rowLength * 4, vectors[at]! * 4, bias * 4, products[at]! * 4, rows, columns, cut);
  }
}
