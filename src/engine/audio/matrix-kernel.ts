// A matrix times a vector in WASM SIMD: the one hot loop of voice activity and of resampling. Assembled here, so that
// what runs can be read. Four rows are worked on at a time, so that four independent sums keep the processor busy and
// each part of the vector is loaded once for all of them:
//   out[r] = act(bias[r] + sum over k of rows[r * stride + k] * x[k])

/**
 * Rows are a multiple of 4, columns of 16; parameters are byte addresses; `bias` 0 means none; `relu` not 0 cuts
 * negative results.
 */
export interface Kernel {
  readonly memory: Float32Array;
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
}

/** Rows worked on at a time, and columns in one turn of the inner loop. */
export const ROW_GROUP = 4;
export const COLUMN_GROUP = 16;

const I32 = 0x7f;
const V128 = 0x7b;
const VOID = 0x40;
const [ROW, STRIDE, X, BIAS, OUT, ROWS, COLUMNS, RELU, XP, END] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const POINTERS = [10, 11, 12, 13];
const SUMS = [14, 15, 16, 17];
const XV = 18;

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const i32 = (value: number) => [0x41, value];
const ADD = 0x6a;
const advance = (local: number, value: number[]) => [...get(local), ...value, ADD, ...set(local)];
const simd = (op: number): number[] => (op < 0x80 ? [0xfd, op] : [0xfd, (op & 0x7f) | 0x80, op >> 7]);
const loadV = (offset: number) => [...simd(0x00), 4, offset];
const zeroV = [...simd(0x0c), ...new Uint8Array(16)];
const addV = simd(0xe4);
const mulV = simd(0xe6);
/** Takes single lanes of two vectors: 0 to 3 of the first, 4 to 7 of the second. */
const shuffle = (...lanes: number[]) => [
  ...simd(0x0d),
  ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
];

function accumulate(offset: number): number[] {
  const step = (pointer: number, sum: number) => [
    ...get(sum),
    ...get(pointer),
    ...loadV(offset),
    ...get(XV),
    ...mulV,
    ...addV,
    ...set(sum),
  ];
  return [...get(XP), ...loadV(offset), ...set(XV), ...POINTERS.flatMap((pointer, i) => step(pointer, SUMS[i]!))];
}

/** The sum of the lanes of each of two vectors, halfway: (a0+a2, b0+b2, a1+a3, b1+b3). */
const fold = (a: number, b: number) => [
  ...get(a),
  ...get(b),
  ...shuffle(0, 4, 1, 5),
  ...get(a),
  ...get(b),
  ...shuffle(2, 6, 3, 7),
  ...addV,
];

function body(): number[] {
  const [a, b, c, d] = SUMS as [number, number, number, number];
  return [
    // locals besides the parameters: 6 addresses, 5 vectors
    2,
    6,
    I32,
    5,
    V128,
    0x02,
    VOID,
    0x03,
    VOID,
    ...get(ROWS),
    0x45,
    0x0d,
    1,
    ...SUMS.flatMap((sum) => [...zeroV, ...set(sum)]),
    ...POINTERS.flatMap((pointer, i) => [
      ...get(i === 0 ? ROW : POINTERS[i - 1]!),
      ...(i === 0 ? [] : [...get(STRIDE), ADD]),
      ...set(pointer),
    ]),
    ...get(X),
    ...set(XP),
    ...get(X),
    ...get(COLUMNS),
    ...i32(2),
    0x74,
    ADD,
    ...set(END),
    0x03,
    VOID,
    ...[0, 16, 32, 48].flatMap((offset) => accumulate(offset)),
    ...POINTERS.flatMap((pointer) => advance(pointer, [0x41, 0xc0, 0])),
    ...advance(XP, [0x41, 0xc0, 0]),
    ...get(XP),
    ...get(END),
    0x49,
    0x0d,
    0,
    0x0b,
    ...fold(a, b),
    ...set(a),
    ...fold(c, d),
    ...set(c),
    ...get(a),
    ...get(c),
    ...shuffle(0, 1, 4, 5),
    ...get(a),
    ...get(c),
    ...shuffle(2, 3, 6, 7),
    ...addV,
    ...set(a),
    ...get(BIAS),
    0x04,
    VOID,
    ...get(a),
    ...get(BIAS),
    ...loadV(0),
    ...addV,
    ...set(a),
    ...advance(BIAS, i32(16)),
    0x0b,
    ...get(RELU),
    0x04,
    VOID,
    ...get(a),
    ...zeroV,
    ...simd(0xe9),
    ...set(a),
    0x0b,
    ...get(OUT),
    ...get(a),
    ...simd(0x0b),
    4,
    0,
    ...advance(OUT, i32(16)),
    ...get(POINTERS[3]!),
    ...get(COLUMNS),
    ...i32(2),
    0x74,
    0x6b,
    ...get(STRIDE),
    ADD,
    ...set(ROW),
    ...get(ROWS),
    ...i32(ROW_GROUP),
    0x6b,
    ...set(ROWS),
    0x0c,
    0,
    0x0b,
    0x0b,
    0x0b,
  ];
}

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)];
}

const section = (id: number, content: number[]) => [id, ...leb(content.length), ...content];
const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];

const PAGES = 40;

const code = body();
const MODULE = new Uint8Array([
  0x00,
  0x61,
  0x73,
  0x6d,
  1,
  0,
  0,
  0,
  ...section(1, [1, 0x60, 8, I32, I32, I32, I32, I32, I32, I32, I32, 0]),
  ...section(3, [1, 0]),
  ...section(5, [1, 0, PAGES]),
  ...section(7, [2, ...name('memory'), 2, 0, ...name('multiply'), 0, 0]),
  ...section(10, [1, ...leb(code.length), ...code]),
]);

/** A kernel with 2.5 MB of memory of its own. */
export function makeKernel(): Kernel {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(MODULE));
  const { memory, multiply } = exports as { memory: WebAssembly.Memory; multiply: Kernel['multiply'] };
  return { memory: new Float32Array(memory.buffer), multiply };
}
