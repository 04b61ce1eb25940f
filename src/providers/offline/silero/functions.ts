import { f32x4, get, i32, instantiate, repeat, set, type Code, type WasmFunction } from '#engine/audio/wasm.ts';

// What the network computes of the matrices' products, four values at a time.

// The hyperbolic tangent by a fraction of two polynomials, as in Eigen's `ptanh`: within 1e-6 of the exact value.
const REACH = 7.905_311;
const NUMERATOR = [
  4.893_524_558_917_86e-3, 6.372_619_288_754_36e-4, 1.485_722_357_179_79e-5, 5.122_297_090_371_14e-8,
  -8.604_671_522_137_35e-11, 2.000_187_904_824_77e-13, -2.760_768_477_423_55e-16,
];
const DENOMINATOR = [4.893_525_185_543_85e-3, 2.268_434_632_439e-3, 1.185_347_056_866_54e-4, 1.198_258_394_667_02e-6];

const [GATES, CELL, HIDDEN, END] = [0, 1, 2, 3];
const [X, SQUARE, RESULT, BELOW] = [4, 5, 6, 7];
const [INPUT, FORGET, CANDIDATE, STATE] = [8, 9, 10, 11];

/** The polynomial of SQUARE with these coefficients, lowest power first, into RESULT. */
const polynomial = (into: number, coefficients: readonly number[]): Code =>
  coefficients
    .toReversed()
    .flatMap((coefficient, i) =>
      set(into, i === 0 ? f32x4.of(coefficient) : f32x4.fma(get(into), get(SQUARE), f32x4.of(coefficient))),
    );

/** The hyperbolic tangent of a vector, into a local. */
const tanh = (value: Code, into: number): Code => [
  ...set(X, f32x4.max(f32x4.of(-REACH), f32x4.min(f32x4.of(REACH), value))),
  ...set(SQUARE, f32x4.mul(get(X), get(X))),
  ...polynomial(RESULT, NUMERATOR),
  ...polynomial(BELOW, DENOMINATOR),
  ...set(into, f32x4.div(f32x4.mul(get(X), get(RESULT)), get(BELOW))),
];
/** 1 / (1 + e^-x), by the tangent of half of it. */
const sigmoid = (value: Code, into: number): Code => [
  ...tanh(f32x4.mul(value, f32x4.of(0.5)), into),
  ...set(into, f32x4.fma(get(into), f32x4.of(0.5), f32x4.of(0.5))),
];

/** Gates lie as `units` sums each of input, forget, candidate and output. `units` is a multiple of 4, at most 2^14. */
function step(units: number): WasmFunction {
  const gate = (n: number) => f32x4.load(get(GATES), n * units * 4);
  const next = (pointer: number) => set(pointer, i32.add(get(pointer), i32.of(16)));
  const unit: Code = [
    ...sigmoid(gate(0), INPUT),
    ...sigmoid(gate(1), FORGET),
    ...tanh(gate(2), CANDIDATE),
    ...set(STATE, f32x4.fma(get(FORGET), f32x4.load(get(CELL)), f32x4.mul(get(INPUT), get(CANDIDATE)))),
    ...f32x4.store(get(CELL), get(STATE)),
    ...sigmoid(gate(3), INPUT),
    ...tanh(get(STATE), CANDIDATE),
    ...f32x4.store(get(HIDDEN), f32x4.mul(get(INPUT), get(CANDIDATE))),
    ...[GATES, CELL, HIDDEN].flatMap(next),
  ];
  const body = [...set(END, i32.add(get(GATES), i32.of(units * 4))), ...repeat(unit, i32.below(get(GATES), get(END)))];
  return { name: 'step', parameters: 3, addresses: 1, vectors: 8, body };
}

/** The root of the sum of the squares of two vectors; an END that is not a multiple of 4 values away is passed. */
function magnitudes(): WasmFunction {
  const [REAL, IMAGINARY, OUT, COUNT, END, VALUE, OTHER] = [0, 1, 2, 3, 4, 5, 6];
  const next = (pointer: number) => set(pointer, i32.add(get(pointer), i32.of(16)));
  const four: Code = [
    ...set(VALUE, f32x4.load(get(REAL))),
    ...set(OTHER, f32x4.load(get(IMAGINARY))),
    ...set(VALUE, f32x4.fma(get(VALUE), get(VALUE), f32x4.mul(get(OTHER), get(OTHER)))),
    ...f32x4.store(get(OUT), f32x4.sqrt(get(VALUE))),
    ...[REAL, IMAGINARY, OUT].flatMap(next),
  ];
  const body = [
    ...set(END, i32.add(get(REAL), i32.shl(get(COUNT), 2))),
    ...repeat(four, i32.below(get(REAL), get(END))),
  ];
  return { name: 'magnitudes', parameters: 4, addresses: 1, vectors: 2, body };
}

/** Addresses are in bytes. */
export interface NetworkFunctions {
  /** One step of the long short-term memory: updates the cell's state and writes the hidden state. */
  step(gates: number, cell: number, hidden: number): void;
  /** Writes up to three values more than `count`. */
  magnitudes(real: number, imaginary: number, out: number, count: number): void;
}

export function makeNetworkFunctions(units: number, memory: WebAssembly.Memory): NetworkFunctions {
  return instantiate([step(units), magnitudes()], memory, 1) as unknown as NetworkFunctions;
}
