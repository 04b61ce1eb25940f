import { readFileSync } from 'node:fs';
import { COLUMN_GROUP, makeKernel, ROW_GROUP, type Kernel } from '#engine/audio/matrix-kernel.ts';
import { parseOnnx, type Tensor } from './onnx.ts';
import { makeNetworkFunctions, type NetworkFunctions } from './functions.ts';

// The weights of Silero's 8 kHz branch, laid out for the kernel.

export const HIDDEN = 128;
export const BINS = 65;
/** Samples of a short-time spectrum, and half of them: what is left after mirrored samples are added. */
export const SPECTRUM = 128;
export const HALF = SPECTRUM / 2;
export const FRAMES = 4;
const TAPS = 3;

/** A convolution over three neighbours, cut at zero. A row of weights is [tap][input]. */
export interface Layer {
  readonly weights: number;
  readonly bias: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Floats from row to row. */
  readonly rowLength: number;
  readonly stride: number;
}

/** Positions are in floats of the kernel's memory. */
export interface Network {
  readonly kernel: Kernel;
  readonly functions: NetworkFunctions;
  /** Rows of the real and of the imaginary part over half of a frame. */
  readonly real: number;
  readonly imaginary: number;
  readonly spectrumRows: number;
  readonly layers: readonly Layer[];
  readonly recurrent: number;
  readonly recurrentBias: number;
  readonly outWeights: Float32Array;
  readonly outBias: number;
  /** Reserves zeros that are read and written in groups of columns. */
  reserve(length: number): number;
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

export function loadNetwork(path: string): Network {
  const { tensors, strides } = eightKilohertz(path);
  const weightsOf = (name: string): Tensor => {
    const found = tensors.get(name);
    if (!found) throw new Error(`the Silero weights lack ${name}`);
    return found;
  };
  const kernel = makeKernel();
  let top = COLUMN_GROUP;
  const reserve = (length: number): number => {
    const at = top;
    top += upTo(COLUMN_GROUP, length);
    if (top > kernel.memory.length) throw new Error('the kernel has no memory left for the Silero weights');
    return at;
  };
  const place = (values: ArrayLike<number>): number => {
    const at = reserve(values.length);
    kernel.memory.set(values, at);
    return at;
  };
  const layers = [0, 1, 2, 3].map((i): Layer => {
    const { dims, data } = weightsOf(`encoder.${i}.reparam_conv.weight`);
    const [outputs, inputs] = [dims[0]!, dims[1]!];
    // A whole group of zeros follows each row, so that a row may be read from its second tap on.
    const rowLength = upTo(COLUMN_GROUP, inputs * TAPS) + COLUMN_GROUP;
    // From [output][input][tap]: one row is one dot product over a time-major map.
    const rows = new Float32Array(outputs * rowLength);
    for (let o = 0; o < outputs; o++)
      for (let n = 0; n < inputs; n++)
        for (let k = 0; k < TAPS; k++) rows[o * rowLength + k * inputs + n] = data[(o * inputs + n) * TAPS + k]!;
    const bias = place(weightsOf(`encoder.${i}.reparam_conv.bias`).data);
    return { weights: place(rows), bias, inputs, outputs, rowLength, stride: strides[i + 1]! };
  });
  const [wih, whh] = [weightsOf('decoder.rnn.weight_ih').data, weightsOf('decoder.rnn.weight_hh').data];
  const joined = new Float32Array(4 * HIDDEN * 2 * HIDDEN);
  for (let row = 0; row < 4 * HIDDEN; row++) {
    joined.set(wih.subarray(row * HIDDEN, (row + 1) * HIDDEN), row * 2 * HIDDEN);
    joined.set(whh.subarray(row * HIDDEN, (row + 1) * HIDDEN), row * 2 * HIDDEN + HIDDEN);
  }
  const biasHidden = weightsOf('decoder.rnn.bias_hh').data;
  const { real, imaginary } = halved(weightsOf('stft.forward_basis_buffer').data);
  return {
    kernel,
    functions: makeNetworkFunctions(HIDDEN, kernel.shared),
    real: place(real),
    imaginary: place(imaginary),
    spectrumRows: upTo(ROW_GROUP, BINS),
    layers,
    recurrent: place(joined),
    recurrentBias: place(weightsOf('decoder.rnn.bias_ih').data.map((value, i) => value + biasHidden[i]!)),
    outWeights: weightsOf('decoder.decoder.2.weight').data,
    outBias: weightsOf('decoder.decoder.2.bias').data[0]!,
    reserve,
  };
}

/**
 * The real part of a spectrum weighs a sample and its mirror alike, the imaginary part with opposite signs. Rows of
 * half the length do for sums and differences of mirrored samples; the sample in the middle takes the place of the
 * first, which the window cuts off. @throws Error for a basis without this symmetry
 */
function halved(basis: Float32Array): { real: Float32Array; imaginary: Float32Array } {
  const rows = upTo(ROW_GROUP, BINS);
  const [real, imaginary] = [new Float32Array(rows * HALF), new Float32Array(rows * HALF)];
  const at = (part: 0 | 1, k: number, n: number) => basis[(part * BINS + k) * SPECTRUM + n]!;
  let asymmetry = 0;
  for (let k = 0; k < BINS; k++) {
    asymmetry = Math.max(asymmetry, Math.abs(at(0, k, 0)), Math.abs(at(1, k, 0)), Math.abs(at(1, k, HALF)));
    real[k * HALF] = at(0, k, HALF);
    for (let n = 1; n < HALF; n++) {
      asymmetry = Math.max(asymmetry, Math.abs(at(0, k, n) - at(0, k, SPECTRUM - n)));
      asymmetry = Math.max(asymmetry, Math.abs(at(1, k, n) + at(1, k, SPECTRUM - n)));
      real[k * HALF + n] = (at(0, k, n) + at(0, k, SPECTRUM - n)) / 2;
      imaginary[k * HALF + n] = (at(1, k, n) - at(1, k, SPECTRUM - n)) / 2;
    }
  }
  if (asymmetry > 1e-5) throw new Error(`the Silero weights have a basis that is not symmetric: ${asymmetry}`);
  return { real, imaginary };
}
