import type { Chunk } from '#core/knowledge/document.ts';

/** A paragraph of a document and where it stands. */
export interface Block {
  readonly heading: string | null;
  readonly text: string;
}

const OVERLAP = 0.15;

/** About what a language model's tokenizer would count: words in pieces of six letters, and each sign. */
export function countTokens(text: string): number {
  let tokens = 0;
  for (const [piece] of text.matchAll(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu)) tokens += Math.ceil(piece.length / 6);
  return tokens;
}

/**
 * Paragraphs joined into chunks of up to `size` tokens, never over a heading; a long one is cut between sentences, and a
 * sentence without an end between words. Each chunk begins with the last sentences of the one before.
 */
export function cutIntoChunks(blocks: readonly Block[], size: number): Chunk[] {
  const chunks: Chunk[] = [];
  let sentences: { text: string; tokens: number }[] = [];
  let carried = 0;
  let heading: string | null = null;
  const flush = (keepOverlap: boolean) => {
    if (sentences.length > carried) chunks.push({ heading, text: sentences.map((one) => one.text).join(' ') });
    const overlap: typeof sentences = [];
    let tokens = 0;
    if (keepOverlap)
      for (const one of sentences.toReversed()) {
        if ((tokens += one.tokens) > size * OVERLAP) break;
        overlap.unshift(one);
      }
    sentences = overlap;
    carried = overlap.length;
  };
  for (const block of blocks) {
    if (block.heading !== heading) flush(false);
    heading = block.heading;
    for (const text of sentencesOf(block.text, size)) {
      const tokens = countTokens(text);
      if (sentences.length > carried && total(sentences) + tokens > size) flush(true);
      // Even the overlap has to make room for a long sentence.
      while (carried > 0 && total(sentences) + tokens > size) {
        sentences.shift();
        carried--;
      }
      sentences.push({ text, tokens });
    }
  }
  flush(false);
  return chunks;
}

const total = (sentences: readonly { tokens: number }[]) => sentences.reduce((sum, one) => sum + one.tokens, 0);

function sentencesOf(text: string, size: number): string[] {
  const plain = text.replaceAll(/\s+/g, ' ').trim();
  return plain
    .split(/(?<=[.!?]) /)
    .filter((one) => /[^.!?]/.test(one))
    .flatMap((one) => (countTokens(one) <= size ? [one] : inPieces(one, size)));
}

function inPieces(sentence: string, size: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  let tokens = 0;
  for (const word of sentence.split(' ').flatMap((one) => one.match(/.{1,200}/gu) ?? [])) {
    const count = countTokens(word);
    if (piece !== '' && tokens + count > size) {
      pieces.push(piece);
      [piece, tokens] = ['', 0];
    }
    piece = piece === '' ? word : `${piece} ${word}`;
    tokens += count;
  }
  return piece === '' ? pieces : [...pieces, piece];
}
