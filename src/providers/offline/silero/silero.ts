import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { COLUMN_GROUP, makeKernel, ROW_GROUP, type Kernel } from '#engine/audio/matrix-kernel.ts';
import type { VoiceActivity, VoiceActivityStream } from '#engine/contracts/voice-activity.ts';
import { parseOnnx, type Tensor } from './onnx.ts';

export type SileroVersion = 'v5' | 'v6';

const WINDOW = 256;
const CONTEXT = 32;
const REFLECT = 32;
const BINS = 65;
const HIDDEN = 128;
const STFT_STEP = 64;
const STFT_FRAMES = 4;

interface Layer {
  readonly weights: number;
  readonly bias: number;
  readonly outputs: number;
  readonly columns: number;
  readonly stride: number;
}

interface Network {
  readonly kernel: Kernel;
  readonly basis: number;
  readonly layers: readonly Layer[];
  readonly lstm: number;
  readonly lstmBias: number;
  readonly outWeights: Float32Array;
  readonly outBias: number;
  readonly scratch: {
    input: number;
    spectrum: number;
    magnitudes: number;
    a: number;
    b: number;
    joined: number;
    gates: number;
  };
}

const upTo = (multiple: number, n: number) => Math.ceil(n / multiple) * multiple;

/** Weights of the 8 kHz branch, by the last parts of their names. */
function eightKilohertz(path: string): { tensors: ReadonlyMap<string, Tensor>; strides: number[] } {
  const graph = parseOnnx(readFileSync(path));
  const branch = graph.nodes.find((node) => node.op === 'If')?.attributes.get('else_branch')?.graph;
  if (!branch) throw new Error('the Silero weights have no 8 kHz branch');
  const tensors = new Map<string, Tensor>();
  const put = (name: string, value: Tensor) => tensors.set(name.replace(/^.*Inline_0__/, ''), value);
  for (const node of branch.nodes) {
    const value = node.attributes.get('value')?.tensor;
    if (node.op === 'Constant' && value) put(node.outputs[0]!, value);
  }
  for (const one of branch.tensors) put(one.name, one);
  const strides = branch.nodes
    .filter((node) => node.op === 'Conv')
    .map((node) => node.attributes.get('strides')?.ints?.[0] ?? 1);
  return { tensors, strides };
}

function load(path: string): Network {
  const { tensors, strides } = eightKilohertz(path);
  const kernel = makeKernel();
  let top = 16;
  const reserve = (length: number): number => {
    const at = top;
    top += upTo(COLUMN_GROUP, length);
    return at;
  };
  const place = (values: ArrayLike<number>): number => {
    const at = reserve(values.length);
    kernel.memory.set(values, at);
    return at;
  };
  const weightsOf = (name: string): Tensor => {
    const found = tensors.get(name);
    if (!found) throw new Error(`the Silero weights lack ${name}`);
    return found;
  };
  const spectrumRows = upTo(ROW_GROUP, 2 * BINS);
  const basis = reserve(spectrumRows * 2 * STFT_STEP);
  kernel.memory.set(weightsOf('stft.forward_basis_buffer').data, basis);
  const layers = [0, 1, 2, 3].map((i): Layer => {
    const { dims, data } = weightsOf(`encoder.${i}.reparam_conv.weight`);
    const [outputs, inputs] = [dims[0]!, dims[1]!];
    const columns = upTo(COLUMN_GROUP, inputs * 3);
    // From [output][input][tap] to rows of [tap][input]: one row is one dot product over a time-major map.
    const rows = new Float32Array(outputs * columns);
    for (let o = 0; o < outputs; o++)
      for (let n = 0; n < inputs; n++)
        for (let k = 0; k < 3; k++) rows[o * columns + k * inputs + n] = data[(o * inputs + n) * 3 + k]!;
    return {
      weights: place(rows),
      bias: place(weightsOf(`encoder.${i}.reparam_conv.bias`).data),
      outputs,
      columns,
      stride: strides[i + 1]!,
    };
  });
  const [wih, whh] = [weightsOf('decoder.rnn.weight_ih').data, weightsOf('decoder.rnn.weight_hh').data];
  const joined = new Float32Array(4 * HIDDEN * 2 * HIDDEN);
  for (let row = 0; row < 4 * HIDDEN; row++) {
    joined.set(wih.subarray(row * HIDDEN, (row + 1) * HIDDEN), row * 2 * HIDDEN);
    joined.set(whh.subarray(row * HIDDEN, (row + 1) * HIDDEN), row * 2 * HIDDEN + HIDDEN);
  }
  const biasHidden = weightsOf('decoder.rnn.bias_hh').data;
  return {
    kernel,
    basis,
    layers,
    lstm: place(joined),
    lstmBias: place(weightsOf('decoder.rnn.bias_ih').data.map((value, i) => value + biasHidden[i]!)),
    outWeights: weightsOf('decoder.decoder.2.weight').data,
    outBias: weightsOf('decoder.decoder.2.bias').data[0]!,
    scratch: {
      input: reserve(CONTEXT + WINDOW + REFLECT),
      spectrum: reserve(spectrumRows),
      magnitudes: reserve(BINS * 6 + 16),
      a: reserve(HIDDEN * 6 + 16),
      b: reserve(HIDDEN * 6 + 16),
      joined: reserve(2 * HIDDEN),
      gates: reserve(4 * HIDDEN),
    },
  };
}

// The gates' curve by table, with a straight line between entries: within 1e-6 of the formula and several times as
// fast.
const CURVE_REACH = 16;
const CURVE_STEPS_PER_UNIT = 512;
const CURVE = Float64Array.from(
  { length: 2 * CURVE_REACH * CURVE_STEPS_PER_UNIT + 2 },
  (_, i) => 1 / (1 + Math.exp(CURVE_REACH - i / CURVE_STEPS_PER_UNIT)),
);

function sigmoid(x: number): number {
  if (x <= -CURVE_REACH) return 0;
  if (x >= CURVE_REACH) return 1;
  const at = (x + CURVE_REACH) * CURVE_STEPS_PER_UNIT;
  const entry = at | 0;
  return CURVE[entry]! + (at - entry) * (CURVE[entry + 1]! - CURVE[entry]!);
}

const tanh = (x: number) => 2 * sigmoid(2 * x) - 1;

class Stream implements VoiceActivityStream {
  readonly #network: Network;
  readonly #context = new Float32Array(CONTEXT);
  readonly #hidden = new Float32Array(HIDDEN);
  readonly #cell = new Float32Array(HIDDEN);

  constructor(network: Network) {
    this.#network = network;
  }

  reset(): void {
    this.#context.fill(0);
    this.#hidden.fill(0);
    this.#cell.fill(0);
  }

  process(window: Int16Array): number {
    this.#spectrum(window);
    return this.#recur(this.#encode());
  }

  /** Magnitudes of four short-time spectra, time-major, with an empty frame of padding on each side. */
  #spectrum(window: Int16Array): void {
    const { kernel, basis, scratch } = this.#network;
    const F = kernel.memory;
    const { input, spectrum, magnitudes } = scratch;
    F.set(this.#context, input);
    for (let i = 0; i < WINDOW; i++) F[input + CONTEXT + i] = window[i]! / 32768;
    for (let i = 0; i < REFLECT; i++) F[input + CONTEXT + WINDOW + i] = F[input + CONTEXT + WINDOW - 2 - i]!;
    for (let i = 0; i < CONTEXT; i++) this.#context[i] = F[input + WINDOW + i]!;
    F.fill(0, magnitudes, magnitudes + BINS);
    F.fill(0, magnitudes + BINS * 5, magnitudes + BINS * 6 + 16);
    for (let t = 0; t < STFT_FRAMES; t++) {
      kernel.multiply(
        basis * 4,
        2 * STFT_STEP * 4,
        (input + t * STFT_STEP) * 4,
        0,
        spectrum * 4,
        upTo(ROW_GROUP, 2 * BINS),
        2 * STFT_STEP,
        0,
      );
      const row = magnitudes + (t + 1) * BINS;
      for (let k = 0; k < BINS; k++) {
        const re = F[spectrum + k]!;
        const im = F[spectrum + BINS + k]!;
        F[row + k] = Math.sqrt(re * re + im * im);
      }
    }
  }

  /** Four strided convolutions; answers where the last map lies. */
  #encode(): number {
    const { kernel, layers, scratch } = this.#network;
    let from = scratch.magnitudes;
    let frames = STFT_FRAMES;
    let channels = BINS;
    let to = scratch.a;
    for (const layer of layers) {
      const count = Math.floor((frames - 1) / layer.stride) + 1;
      kernel.memory.fill(0, to, to + layer.outputs);
      for (let t = 0; t < count; t++) {
        kernel.multiply(
          layer.weights * 4,
          layer.columns * 4,
          (from + t * layer.stride * channels) * 4,
          layer.bias * 4,
          (to + (t + 1) * layer.outputs) * 4,
          layer.outputs,
          layer.columns,
          1,
        );
      }
      kernel.memory.fill(0, to + (count + 1) * layer.outputs, to + (count + 2) * layer.outputs);
      from = to;
      to = to === scratch.a ? scratch.b : scratch.a;
      frames = count;
      channels = layer.outputs;
    }
    return from;
  }

  #recur(encoded: number): number {
    const { kernel, lstm, lstmBias, outWeights, outBias, scratch } = this.#network;
    const F = kernel.memory;
    const { joined, gates } = scratch;
    F.copyWithin(joined, encoded + HIDDEN, encoded + 2 * HIDDEN);
    F.set(this.#hidden, joined + HIDDEN);
    kernel.multiply(lstm * 4, 2 * HIDDEN * 4, joined * 4, lstmBias * 4, gates * 4, 4 * HIDDEN, 2 * HIDDEN, 0);
    let sum = outBias;
    for (let k = 0; k < HIDDEN; k++) {
      const cell =
        sigmoid(F[gates + HIDDEN + k]!) * this.#cell[k]! + sigmoid(F[gates + k]!) * tanh(F[gates + 2 * HIDDEN + k]!);
      const hidden = sigmoid(F[gates + 3 * HIDDEN + k]!) * tanh(cell);
      this.#cell[k] = cell;
      this.#hidden[k] = hidden;
      if (hidden > 0) sum += outWeights[k]! * hidden;
    }
    return sigmoid(sum);
  }
}

/** Silero voice activity at 8 kHz. Weights are loaded once a process; a stream is 1.2 KB. */
export function makeSilero(version: SileroVersion = 'v5'): VoiceActivity {
  const entry = createRequire(import.meta.url).resolve('@ricky0123/vad-web');
  const network = load(join(dirname(entry), `silero_vad_${version}.onnx`));
  return { id: `silero-${version}`, open: () => new Stream(network) };
}
