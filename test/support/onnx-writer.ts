// Writes small ONNX models, so that tests need none from elsewhere.

type Bytes = Uint8Array;
const join = (parts: readonly Bytes[]): Bytes => Buffer.concat(parts);

function varint(value: number): Bytes {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Uint8Array.from([...bytes, value]);
}
const whole = (field: number, value: number): Bytes => join([varint(field << 3), varint(value)]);
const bytes = (field: number, value: Bytes): Bytes => join([varint((field << 3) | 2), varint(value.length), value]);
const text = (field: number, value: string): Bytes => bytes(field, Buffer.from(value));

export const FLOAT = 1;
export const INT64 = 7;
export type ElementType = typeof FLOAT | typeof INT64;

/** A name and a shape; a text is a dimension of any size. */
export interface Port {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

function port({ name, type, shape }: Port): Bytes {
  const dims = shape.map((size) => bytes(1, typeof size === 'number' ? whole(1, size) : text(2, size)));
  return join([text(1, name), bytes(2, bytes(1, join([whole(1, type), bytes(2, join(dims))])))]);
}

export interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly type?: ElementType;
}

function constant({ name, shape, values, type = FLOAT }: Constant): Bytes {
  const raw = type === FLOAT ? Float32Array.from(values) : BigInt64Array.from(values, BigInt);
  return join([
    ...shape.map((size) => whole(1, size)),
    whole(2, type),
    text(8, name),
    bytes(9, new Uint8Array(raw.buffer)),
  ]);
}

export interface Node {
  readonly op: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Whole numbers, or lists of them. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

const [ATTRIBUTE_INT, ATTRIBUTE_INTS] = [2, 7];

function node({ op, from, to, attributes = {} }: Node): Bytes {
  const given = Object.entries(attributes).map(([name, value]) =>
    bytes(
      5,
      join(
        typeof value === 'number'
          ? [text(1, name), whole(3, value), whole(20, ATTRIBUTE_INT)]
          : [text(1, name), ...value.map((one) => whole(8, one)), whole(20, ATTRIBUTE_INTS)],
      ),
    ),
  );
  return join([...from.map((one) => text(1, one)), ...to.map((one) => text(2, one)), text(4, op), ...given]);
}

export interface Graph {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly constants: readonly Constant[];
  readonly nodes: readonly Node[];
  readonly metadata: Readonly<Record<string, string | number>>;
}

export function onnxModel({ inputs, outputs, constants, nodes, metadata }: Graph): Bytes {
  const graph = join([
    ...nodes.map((one) => bytes(1, node(one))),
    text(2, 'made'),
    ...constants.map((one) => bytes(5, constant(one))),
    ...inputs.map((one) => bytes(11, port(one))),
    ...outputs.map((one) => bytes(12, port(one))),
  ]);
  return join([
    whole(1, 8),
    bytes(8, join([text(1, ''), whole(2, 13)])),
    bytes(7, graph),
    ...Object.entries(metadata).map(([key, value]) => bytes(14, join([text(1, key), text(2, String(value))]))),
  ]);
}
