/** Mu-law, as the media socket carries audio: 8 bits a sample. */

const decoded = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 255;
  const magnitude = (((bits & 15) << 3) + 132) << ((bits & 112) >> 4);
  return (bits & 128 ? 132 - magnitude : magnitude - 132) / 32_768;
});

function encodeSample(value: number): number {
  const sample = Math.max(-32_635, Math.min(32_635, Math.round(value * 32_768)));
  const sign = sample < 0 ? 128 : 0;
  const biased = Math.abs(sample) + 132;
  const exponent = Math.max(0, 24 - Math.clz32(biased));
  return ~(sign | (exponent << 4) | ((biased >> (exponent + 3)) & 15)) & 255;
}

export const decodeMulaw = (base64: string): Float32Array =>
  Float32Array.from(atob(base64), (byte) => decoded[byte.charCodeAt(0)]!);

export function encodeMulaw(samples: Float32Array): string {
  let bytes = '';
  for (const sample of samples) bytes += String.fromCharCode(encodeSample(sample));
  return btoa(bytes);
}
