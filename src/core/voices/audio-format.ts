/** So many bytes of a file tell its format. */
export const HEAD_BYTES = 16;

const text = (head: Uint8Array, from: number, to: number): string => String.fromCharCode(...head.subarray(from, to));

/** The format of a recording by its first bytes, whatever its name says; null for anything else. */
export function audioFormatOf(head: Uint8Array): 'wav' | 'mp3' | 'flac' | 'ogg' | 'webm' | 'm4a' | null {
  if (text(head, 0, 4) === 'RIFF' && text(head, 8, 12) === 'WAVE') return 'wav';
  if (text(head, 0, 4) === 'fLaC') return 'flac';
  if (text(head, 0, 4) === 'OggS') return 'ogg';
  if (text(head, 4, 8) === 'ftyp') return 'm4a';
  if (head[0] === 0x1a && head[1] === 0x45 && head[2] === 0xdf && head[3] === 0xa3) return 'webm';
  // An ID3 tag, or the sync word of a frame of layer III.
  if (text(head, 0, 3) === 'ID3' || (head[0] === 0xff && (head[1]! & 0xe6) === 0xe2)) return 'mp3';
  return null;
}
