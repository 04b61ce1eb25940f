// The few instructions of WebAssembly that the hot loops need, each as a function from operands to bytes, so that a
// loop reads as expressions.

export type Code = readonly number[];

const VOID = 0x40;
const unsigned = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)]);
const signed = (value: number): number[] => {
  const low = value & 127;
  const rest = value >> 7;
  return (rest === 0 && low < 64) || (rest === -1 && low >= 64) ? [low] : [low | 128, ...signed(rest)];
};
const vector = (op: number): number[] => [0xfd, ...unsigned(op)];
const floats = (value: number): number[] => [...new Uint8Array(new Float32Array([value]).buffer)];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];

export const i32 = {
  of: (value: number): Code => [0x41, ...signed(value)],
  add: (a: Code, b: Code): Code => [...a, ...b, 0x6a],
  sub: (a: Code, b: Code): Code => [...a, ...b, 0x6b],
  shl: (a: Code, bits: number): Code => [...a, ...i32.of(bits), 0x74],
  below: (a: Code, b: Code): Code => [...a, ...b, 0x49],
};

/** Vectors of four 32-bit floats. Offsets are in bytes. */
export const f32x4 = {
  zero: [...vector(0x0c), ...new Uint8Array(16)] as Code,
  of: (value: number): Code => [...vector(0x0c), ...[0, 1, 2, 3].flatMap(() => floats(value))],
  load: (at: Code, offset = 0): Code => [...at, ...vector(0x00), 2, ...unsigned(offset)],
  store: (at: Code, value: Code, offset = 0): Code => [...at, ...value, ...vector(0x0b), 2, ...unsigned(offset)],
  /** The first two lanes; the others are 0. */
  loadTwo: (at: Code): Code => [...at, ...vector(0x5d), 2, 0],
  storeTwo: (at: Code, value: Code): Code => [...at, ...value, ...vector(0x5b), 2, 0, 0],
  sqrt: (a: Code): Code => [...a, ...vector(0xe3)],
  add: (a: Code, b: Code): Code => [...a, ...b, ...vector(0xe4)],
  mul: (a: Code, b: Code): Code => [...a, ...b, ...vector(0xe6)],
  div: (a: Code, b: Code): Code => [...a, ...b, ...vector(0xe7)],
  min: (a: Code, b: Code): Code => [...a, ...b, ...vector(0xe8)],
  max: (a: Code, b: Code): Code => [...a, ...b, ...vector(0xe9)],
  /** Takes single lanes of two vectors: 0 to 3 of the first, 4 to 7 of the second. */
  shuffle: (a: Code, b: Code, lanes: readonly number[]): Code => [
    ...a,
    ...b,
    ...vector(0x0d),
    ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
  ],
  /** a × b + c: in one step where the engine has relaxed SIMD. */
  fma: (a: Code, b: Code, c: Code): Code =>
    RELAXED ? [...a, ...b, ...c, ...vector(0x105)] : f32x4.add(f32x4.mul(a, b), c),
};

/** Repeats `body` while `condition` holds after it. */
export const repeat = (body: Code, condition: Code): Code => [0x03, VOID, ...body, ...condition, 0x0d, 0, 0x0b];
/** Runs `body` while `condition` holds before it. */
export const whilst = (condition: Code, body: Code): Code => {
  const [block, loop, leaveUnless, again] = [
    [0x02, VOID],
    [0x03, VOID],
    [0x45, 0x0d, 1],
    [0x0c, 0, 0x0b, 0x0b],
  ];
  return [...block, ...loop, ...condition, ...leaveUnless, ...body, ...again];
};
export const when = (condition: Code, body: Code): Code => [...condition, 0x04, VOID, ...body, 0x0b];

const I32 = 0x7f;
const V128 = 0x7b;

/** A function without a result. Its locals are numbered: parameters (i32), further i32, then vectors. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: number;
  readonly addresses: number;
  readonly vectors: number;
  readonly body: Code;
}

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const section = (id: number, content: Code) => [id, ...unsigned(content.length), ...content];
const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];

/** A module of these functions over the imported memory `env.memory` of at least so many pages of 64 KB. */
export function moduleOf(functions: readonly WasmFunction[], pages: number): Uint8Array<ArrayBuffer> {
  const each = <T>(items: readonly T[], of: (item: T, index: number) => Code) => [
    ...unsigned(items.length),
    ...items.flatMap(of),
  ];
  const code = (one: WasmFunction) => {
    const body = [2, ...unsigned(one.addresses), I32, ...unsigned(one.vectors), V128, ...one.body, 0x0b];
    return [...unsigned(body.length), ...body];
  };
  return new Uint8Array([
    ...MAGIC,
    ...section(
      1,
      each(functions, ({ parameters }) => [0x60, parameters, ...Array.from({ length: parameters }, () => I32), 0]),
    ),
    ...section(2, [1, ...name('env'), ...name('memory'), 2, 0, ...unsigned(pages)]),
    ...section(
      3,
      each(functions, (_, index) => [index]),
    ),
    ...section(
      7,
      each(functions, (one, index) => [...name(one.name), 0, index]),
    ),
    ...section(10, each(functions, code)),
  ]);
}

/** The functions of a module over this memory. */
export function instantiate(
  functions: readonly WasmFunction[],
  memory: WebAssembly.Memory,
  pages: number,
): Readonly<Record<string, unknown>> {
  const module = new WebAssembly.Module(moduleOf(functions, pages));
  return new WebAssembly.Instance(module, { env: { memory } }).exports;
}

/** Whether the engine has relaxed SIMD: tried with a function that multiplies and adds in one step. */
const RELAXED = WebAssembly.validate(
  moduleOf(
    [
      {
        name: 'tried',
        parameters: 1,
        addresses: 0,
        vectors: 1,
        body: set(1, [...get(1), ...get(1), ...get(1), ...vector(0x105)]),
      },
    ],
    1,
  ),
);
