// A matrix times a vector in WASM SIMD, the one hot loop of the network. Assembled here, so that what runs can be read:
//   for each row: out[r] = act(bias[r] + sum over k of weights[r][k] * x[k]), columns a multiple of 8.

/** Parameters are byte addresses; `bias` 0 means none; `relu` not 0 cuts negative results. */
export interface Kernel {
  readonly memory: Float32Array;
  multiply(weights: number, x: number, bias: number, out: number, rows: number, columns: number, relu: number): void;
}

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;
const VOID = 0x40;
const [W, X, BIAS, OUT, ROWS, COLUMNS, RELU, XP, END, SUM, ACC0, ACC1] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const i32 = (value: number) => [0x41, value];
const addTo = (local: number, value: number) => [...get(local), ...i32(value), 0x6a, ...set(local)];
const simd = (op: number) => (op < 0x80 ? [0xfd, op] : [0xfd, (op & 0x7f) | 0x80, op >> 7]);
const loadV = (offset: number) => [...simd(0x00), 4, offset];
const F32X4_ADD = simd(0xe4);
const F32X4_MUL = simd(0xe6);
const lane = (acc: number, index: number) => [...get(acc), ...simd(0x1f), index];
const zeroV = [...simd(0x0c), ...new Uint8Array(16)];
const accumulate = (acc: number, offset: number) => [...get(acc), ...get(W), ...loadV(offset), ...get(XP), ...loadV(offset), ...F32X4_MUL, ...F32X4_ADD, ...set(acc)];
const F32_ADD = 0x92;

const body = [
  // locals: 2 i32, 1 f32, 2 v128
  3, 2, I32, 1, F32, 2, V128,
  0x02, VOID, 0x03, VOID,
  ...get(ROWS), 0x45, 0x0d, 1,
  ...zeroV, ...set(ACC0), ...zeroV, ...set(ACC1),
  ...get(X), ...set(XP),
  ...get(W), ...get(COLUMNS), ...i32(2), 0x74, 0x6a, ...set(END),
  0x03, VOID,
  ...accumulate(ACC0, 0), ...accumulate(ACC1, 16),
  ...addTo(W, 32), ...addTo(XP, 32),
  ...get(W), ...get(END), 0x49, 0x0d, 0,
  0x0b,
  ...get(ACC0), ...get(ACC1), ...F32X4_ADD, ...set(ACC0),
  ...lane(ACC0, 0), ...lane(ACC0, 1), F32_ADD, ...lane(ACC0, 2), ...lane(ACC0, 3), F32_ADD, F32_ADD, ...set(SUM),
  ...get(BIAS), 0x04, VOID, ...get(SUM), ...get(BIAS), 0x2a, 2, 0, F32_ADD, ...set(SUM), ...addTo(BIAS, 4), 0x0b,
  ...get(RELU), 0x04, VOID, ...get(SUM), 0x43, 0, 0, 0, 0, 0x97, ...set(SUM), 0x0b,
  ...get(OUT), ...get(SUM), 0x38, 2, 0,
  ...addTo(OUT, 4),
  ...get(ROWS), ...i32(1), 0x6b, ...set(ROWS),
  0x0c, 0,
  0x0b, 0x0b, 0x0b,
];

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)];
}

const section = (id: number, content: number[]) => [id, ...leb(content.length), ...content];
const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];

const PAGES = 40;

const MODULE = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  ...section(1, [1, 0x60, 7, I32, I32, I32, I32, I32, I32, I32, 0]),
  ...section(3, [1, 0]),
  ...section(5, [1, 0, PAGES]),
  ...section(7, [2, ...name('memory'), 2, 0, ...name('multiply'), 0, 0]),
  ...section(10, [1, ...leb(body.length), ...body]),
]);

export function makeKernel(): Kernel {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(MODULE));
  const { memory, multiply } = exports as { memory: WebAssembly.Memory; multiply: Kernel['multiply'] };
  return { memory: new Float32Array(memory.buffer), multiply };
}
