import { SAMPLE_RATE } from '#engine/audio/format.ts';

export const AU_HEADER_BYTES = 32;

/** An AU file tells its format in front and may be of unknown length: cut off anywhere, it can still be played. */
export function auHeader(): Uint8Array {
  const header = new Uint8Array(AU_HEADER_BYTES);
  const view = new DataView(header.buffer);
  const MULAW = 1;
  [0x2e736e64, header.length, 0xffffffff, MULAW, SAMPLE_RATE, 2].forEach((value, i) => view.setUint32(i * 4, value));
  return header;
}
