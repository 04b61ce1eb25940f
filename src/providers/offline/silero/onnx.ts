// A reader for just as much of the ONNX file format (protobuf) as the Silero weights need.

export interface Tensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

export interface OnnxNode {
  readonly op: string;
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<
    string,
    { readonly graph?: OnnxGraph; readonly tensor?: Tensor; readonly ints?: readonly number[] }
  >;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly Tensor[];
}

type Field = { readonly tag: number; readonly value: number | Uint8Array };

const FLOAT = 1;

function* fields(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const tag = Math.floor(key / 8);
    const wire = key & 7;
    if (wire === 0) yield { tag, value: varint() };
    else if (wire === 2) {
      const length = varint();
      yield { tag, value: bytes.subarray(at, at + length) };
      at += length;
    } else if (wire === 5 || wire === 1) {
      const length = wire === 5 ? 4 : 8;
      yield { tag, value: bytes.subarray(at, at + length) };
      at += length;
    } else throw new Error(`unreadable weights file: wire type ${wire}`);
  }
}

const text = (value: Field['value']): string => new TextDecoder().decode(value as Uint8Array);

function packedInts(value: Field['value']): number[] {
  if (typeof value === 'number') return [value];
  const all: number[] = [];
  let current = 0;
  let scale = 1;
  for (const byte of value) {
    current += (byte & 127) * scale;
    scale *= 128;
    if (byte < 128) {
      all.push(current);
      [current, scale] = [0, 1];
    }
  }
  return all;
}

function tensor(bytes: Uint8Array): Tensor {
  const dims: number[] = [];
  let name = '';
  let type = 0;
  let raw: Uint8Array | undefined;
  const floats: number[] = [];
  for (const { tag, value } of fields(bytes)) {
    if (tag === 1) dims.push(...packedInts(value));
    else if (tag === 2) type = value as number;
    else if (tag === 8) name = text(value);
    else if (tag === 9) raw = value as Uint8Array;
    else if (tag === 4) {
      const view = new DataView(
        (value as Uint8Array).buffer,
        (value as Uint8Array).byteOffset,
        (value as Uint8Array).byteLength,
      );
      for (let i = 0; i + 4 <= view.byteLength; i += 4) floats.push(view.getFloat32(i, true));
    }
  }
  const data = raw && type === FLOAT ? new Float32Array(Uint8Array.from(raw).buffer) : Float32Array.from(floats);
  return { name, dims, data };
}

function node(bytes: Uint8Array): OnnxNode {
  let op = '';
  const outputs: string[] = [];
  const attributes = new Map<string, { graph?: OnnxGraph; tensor?: Tensor; ints?: number[] }>();
  for (const { tag, value } of fields(bytes)) {
    if (tag === 4) op = text(value);
    else if (tag === 2) outputs.push(text(value));
    else if (tag === 5) {
      let name = '';
      const attribute: { graph?: OnnxGraph; tensor?: Tensor; ints?: number[] } = {};
      for (const inner of fields(value as Uint8Array)) {
        if (inner.tag === 1) name = text(inner.value);
        else if (inner.tag === 5) attribute.tensor = tensor(inner.value as Uint8Array);
        else if (inner.tag === 6) attribute.graph = graph(inner.value as Uint8Array);
        else if (inner.tag === 8) attribute.ints = [...(attribute.ints ?? []), ...packedInts(inner.value)];
      }
      attributes.set(name, attribute);
    }
  }
  return { op, outputs, attributes };
}

function graph(bytes: Uint8Array): OnnxGraph {
  const nodes: OnnxNode[] = [];
  const tensors: Tensor[] = [];
  for (const { tag, value } of fields(bytes)) {
    if (tag === 1) nodes.push(node(value as Uint8Array));
    else if (tag === 5) tensors.push(tensor(value as Uint8Array));
  }
  return { nodes, tensors };
}

/** The graph of an ONNX model file. @throws Error when there is none */
export function parseOnnx(bytes: Uint8Array): OnnxGraph {
  for (const { tag, value } of fields(bytes)) if (tag === 7) return graph(value as Uint8Array);
  throw new Error('no graph in the weights file');
}
