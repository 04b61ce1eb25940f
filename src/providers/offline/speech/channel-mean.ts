/** The running mean of a caller's cepstra: what line and voice add to every sound. The recogniser subtracts it. */
export interface ChannelMean {
  readonly mean: Float32Array;
  readonly sum: Float32Array;
  readonly frames: number;
}

/** The memory of the recogniser. Its buffer is replaced when it grows, so it is asked for each time. */
type Memory = () => Uint8Array;

// Of the library's `feat_t`: the word that points at its `cmn_t` { mean, variance, sum: pointers; frames; length }.
const CMN_WORD = 14;
const COEFFICIENTS = 13;
/** The library's first mean, by which the structure is recognised. */
const FIRST_MEAN = [40, 3, -1];

const UNKNOWN_FRAMES = 30;
const UNKNOWN_MEAN = Float32Array.from({ length: COEFFICIENTS }, (_, i) => FIRST_MEAN[i] ?? 0);
/** Of a caller who was not heard yet: the library's first mean, with so little weight that speech soon outweighs it. */
export const UNKNOWN_CHANNEL: ChannelMean = {
  mean: UNKNOWN_MEAN,
  sum: UNKNOWN_MEAN.map((one) => one * UNKNOWN_FRAMES),
  frames: UNKNOWN_FRAMES,
};

/** Reads and writes a decoder's channel mean in its memory: the library has no function for it. */
export class ChannelMeanAccess {
  readonly #memory: Memory;
  readonly #cmn: number;

  /** @throws if the library's structure is not the expected one */
  constructor(memory: Memory, features: number) {
    this.#memory = memory;
    this.#cmn = this.#word(features, CMN_WORD);
    const known = this.#word(this.#cmn, 4) === COEFFICIENTS && FIRST_MEAN.every((one, i) => this.#mean()[i] === one);
    if (!known) throw new Error('soundswallower: the structure of its channel mean is not the expected one');
  }

  read(): ChannelMean {
    return { mean: this.#mean().slice(), sum: this.#sum().slice(), frames: this.#word(this.#cmn, 3) };
  }

  write(channel: ChannelMean): void {
    this.#mean().set(channel.mean);
    this.#sum().set(channel.sum);
    new DataView(this.#memory().buffer).setInt32(this.#cmn + 12, channel.frames, true);
  }

  #mean(): Float32Array {
    return new Float32Array(this.#memory().buffer, this.#word(this.#cmn, 0), COEFFICIENTS);
  }

  #sum(): Float32Array {
    return new Float32Array(this.#memory().buffer, this.#word(this.#cmn, 2), COEFFICIENTS);
  }

  #word(pointer: number, index: number): number {
    return new DataView(this.#memory().buffer).getUint32(pointer + 4 * index, true);
  }
}
