import { f32x4, get, i32, instantiate, repeat, set, when, whilst, type Code, type WasmFunction } from './wasm.ts';

// A matrix times a vector, and times four vectors, in WASM SIMD: the hot loops of voice activity and of resampling.
//   out[r] = act(bias[r] + sum over k of rows[r * stride + k] * x[k])
// One vector: four rows at a time, so that four independent sums keep the processor busy and each part of the vector
// is loaded once for all of them. Four vectors: two rows at a time, so that weights are loaded once for all vectors.

/**
 * Rows are a multiple of ROW_GROUP, columns of COLUMN_GROUP; parameters are byte addresses; `bias` 0 means none; `relu`
 * not 0 cuts negative results.
 */
export interface Kernel {
  readonly memory: Float32Array;
  readonly shared: WebAssembly.Memory;
  multiply(
    firstRow: number,
    stride: number,
    x: number,
    bias: number,
    out: number,
    rows: number,
    columns: number,
    relu: number,
  ): void;
  multiplyFour(
    firstRow: number,
    stride: number,
    bias: number,
    rows: number,
    columns: number,
    relu: number,
    x0: number,
    x1: number,
    x2: number,
    x3: number,
    out0: number,
    out1: number,
    out2: number,
    out3: number,
  ): void;
}

/** Rows worked on at a time, and columns in one turn of the inner loop. */
export const ROW_GROUP = 4;
export const COLUMN_GROUP = 16;
const PARTS = [0, 16, 32, 48];
const BYTES = 64;

const advance = (local: number, by: Code): Code => set(local, i32.add(get(local), by));
/** The sums of the lanes of two vectors, halfway: (a0+a2, b0+b2, a1+a3, b1+b3). */
const fold = (a: number, b: number): Code =>
  f32x4.add(f32x4.shuffle(get(a), get(b), [0, 4, 1, 5]), f32x4.shuffle(get(a), get(b), [2, 6, 3, 7]));

function oneVector(): WasmFunction {
  const [ROW, STRIDE, X, BIAS, OUT, ROWS, COLUMNS, RELU, XP, END] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const POINTERS = [10, 11, 12, 13];
  const SUMS = [14, 15, 16, 17] as const;
  const [a, b, c, d] = SUMS;
  const XV = 18;
  const accumulate = (offset: number): Code => [
    ...set(XV, f32x4.load(get(XP), offset)),
    ...POINTERS.flatMap((pointer, i) =>
      set(SUMS[i]!, f32x4.fma(f32x4.load(get(pointer), offset), get(XV), get(SUMS[i]!))),
    ),
  ];
  const rows: Code = [
    ...SUMS.flatMap((sum) => set(sum, f32x4.zero)),
    ...set(POINTERS[0]!, get(ROW)),
    ...[1, 2, 3].flatMap((i) => set(POINTERS[i]!, i32.add(get(POINTERS[i - 1]!), get(STRIDE)))),
    ...set(ROW, i32.add(get(POINTERS[3]!), get(STRIDE))),
    ...set(XP, get(X)),
    ...set(END, i32.add(get(X), i32.shl(get(COLUMNS), 2))),
    ...repeat(
      [...PARTS.flatMap(accumulate), ...[...POINTERS, XP].flatMap((pointer) => advance(pointer, i32.of(BYTES)))],
      i32.below(get(XP), get(END)),
    ),
    ...set(a, fold(a, b)),
    ...set(c, fold(c, d)),
    ...set(a, f32x4.add(f32x4.shuffle(get(a), get(c), [0, 1, 4, 5]), f32x4.shuffle(get(a), get(c), [2, 3, 6, 7]))),
    ...when(get(BIAS), [...set(a, f32x4.add(get(a), f32x4.load(get(BIAS)))), ...advance(BIAS, i32.of(16))]),
    ...when(get(RELU), set(a, f32x4.max(get(a), f32x4.zero))),
    ...f32x4.store(get(OUT), get(a)),
    ...advance(OUT, i32.of(16)),
    ...set(ROWS, i32.sub(get(ROWS), i32.of(ROW_GROUP))),
  ];
  return { name: 'multiply', parameters: 8, addresses: 6, vectors: 5, body: whilst(get(ROWS), rows) };
}

function fourVectors(): WasmFunction {
  const [ROW, STRIDE, BIAS, ROWS, COLUMNS, RELU] = [0, 1, 2, 3, 4, 5];
  const XS = [6, 7, 8, 9];
  const OUTS = [10, 11, 12, 13];
  const POINTERS = [14, 15];
  const XPS = [16, 17, 18, 19];
  const END = 20;
  const WEIGHTS = [21, 22];
  const XV = 23;
  /** Of vector v and row r: SUMS[v][r]. */
  const SUMS = [0, 1, 2, 3].map((v) => [24 + 2 * v, 25 + 2 * v] as const);
  const accumulate = (offset: number): Code => [
    ...POINTERS.flatMap((pointer, r) => set(WEIGHTS[r]!, f32x4.load(get(pointer), offset))),
    ...XPS.flatMap((x, v) => [
      ...set(XV, f32x4.load(get(x), offset)),
      ...SUMS[v]!.flatMap((sum, r) => set(sum, f32x4.fma(get(WEIGHTS[r]!), get(XV), get(sum)))),
    ]),
  ];
  const store = ([sum, other]: readonly [number, number], v: number): Code => [
    ...set(sum, fold(sum, other)),
    ...set(sum, f32x4.add(get(sum), f32x4.shuffle(get(sum), get(sum), [2, 3, 0, 1]))),
    ...when(get(BIAS), set(sum, f32x4.add(get(sum), f32x4.loadTwo(get(BIAS))))),
    ...when(get(RELU), set(sum, f32x4.max(get(sum), f32x4.zero))),
    ...f32x4.storeTwo(get(OUTS[v]!), get(sum)),
    ...advance(OUTS[v]!, i32.of(8)),
  ];
  const rows: Code = [
    ...SUMS.flat().flatMap((sum) => set(sum, f32x4.zero)),
    ...set(POINTERS[0]!, get(ROW)),
    ...set(POINTERS[1]!, i32.add(get(ROW), get(STRIDE))),
    ...set(ROW, i32.add(get(POINTERS[1]!), get(STRIDE))),
    ...XPS.flatMap((x, v) => set(x, get(XS[v]!))),
    ...set(END, i32.add(get(XS[0]!), i32.shl(get(COLUMNS), 2))),
    ...repeat(
      [...PARTS.flatMap(accumulate), ...[...POINTERS, ...XPS].flatMap((pointer) => advance(pointer, i32.of(BYTES)))],
      i32.below(get(XPS[0]!), get(END)),
    ),
    ...SUMS.flatMap(store),
    ...when(get(BIAS), advance(BIAS, i32.of(8))),
    ...set(ROWS, i32.sub(get(ROWS), i32.of(2))),
  ];
  return { name: 'multiplyFour', parameters: 14, addresses: 7, vectors: 11, body: whilst(get(ROWS), rows) };
}

const PAGES = 40;
const FUNCTIONS = [oneVector(), fourVectors()];

/** A kernel with 2.5 MB of memory of its own. */
export function makeKernel(): Kernel {
  const shared = new WebAssembly.Memory({ initial: PAGES });
  const functions = instantiate(FUNCTIONS, shared, PAGES) as unknown as Pick<Kernel, 'multiply' | 'multiplyFour'>;
  return { memory: new Float32Array(shared.buffer), shared, ...functions };
}
