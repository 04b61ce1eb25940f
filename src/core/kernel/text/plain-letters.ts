import { wordsIn } from './words.ts';

const LIGATURES = /[\ufb00-\ufb06\ufb13-\ufb17]/gu;
/** Soft hyphens, zero-width spaces and joiners of words, marks of direction. */
const INVISIBLE = /[\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/gu;

/** A text as it is read: without what cannot be seen, its letters composed and its ligatures apart. */
export function readable(text: string): string {
  return text
    .replaceAll('\0', '')
    .replaceAll(INVISIBLE, '')
    .replaceAll(LIGATURES, (one) => one.normalize('NFKC'))
    .normalize('NFC');
}

/**
 * The words of a text as they are looked for: letters that look alike are alike, and words without spaces between them
 * apart.
 */
export function searchable(text: string): string {
  const plain = readable(text)
    .normalize('NFKC')
    .replaceAll(/[‘’‛ʼ′`´]/g, "'")
    .replaceAll(/[“”„«»]/g, '"')
    .replaceAll(/[‐‑‒–—−]/g, '-');
  return wordsIn(plain).join(' ');
}
