// ITU-T G.711 mu-law, by table.
const DECODE = new Int16Array(256);
const ENCODE = new Uint8Array(65536);
const BIAS = 0x84;
const CLIP = 32635;

for (let code = 0; code < 256; code++) {
  const inverted = ~code & 0xff;
  const magnitude = ((((inverted & 0x0f) << 3) + BIAS) << ((inverted & 0x70) >> 4)) - BIAS;
  DECODE[code] = inverted & 0x80 ? -magnitude : magnitude;
}
for (let sample = -32768; sample < 32768; sample++) ENCODE[sample & 0xffff] = encodeSample(sample);

function encodeSample(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), CLIP) + BIAS;
  const exponent = Math.max(0, 31 - Math.clz32(magnitude) - 7);
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
}

/** Mu-law bytes to linear samples; `into` avoids an allocation and must be at least as long. */
export function decodeMulaw(bytes: Uint8Array, into: Int16Array = new Int16Array(bytes.length)): Int16Array {
  for (let i = 0; i < bytes.length; i++) into[i] = DECODE[bytes[i]!]!;
  return into;
}

/** Linear samples to mu-law bytes; `into` avoids an allocation and must have room for them from `at` on. */
export function encodeMulaw(pcm: Int16Array, into: Uint8Array = new Uint8Array(pcm.length), at = 0): Uint8Array {
  for (let i = 0; i < pcm.length; i++) into[at + i] = ENCODE[pcm[i]! & 0xffff]!;
  return into;
}
