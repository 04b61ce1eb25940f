import type { Chunk } from '#core/knowledge/document.ts';
import { sentencesOf } from '#core/kernel/text/sentences.ts';
import type { Block } from './blocks.ts';

const OVERLAP = 0.15;

/** Estimate of a tokenizer's count: words in pieces of six letters, and each punctuation mark. */
export function countTokens(text: string): number {
  let tokens = 0;
  for (const [piece] of text.matchAll(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu)) tokens += Math.ceil(piece.length / 6);
  return tokens;
}

/**
 * Paragraphs joined into chunks of up to `size` tokens, never over a heading; a long one is cut between sentences, and
 * a sentence without an end between words. Each chunk begins with the last sentences of the one before.
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
    for (const text of unitsOf(block, size)) {
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

/** What may stand in one chunk and not be cut: a row, a question with its answer, a sentence. */
function unitsOf(block: Block, size: number): string[] {
  const { lead, cells } = block;
  const text = block.text.replaceAll(/\s+/g, ' ').trim();
  if (lead === undefined) return sentencesIn(text, size);
  if (countTokens(text) <= size) return [text];
  // Too long for one: each piece says what it is of.
  if (cells && cells.length > 1)
    return cells
      .slice(1)
      .flatMap(({ heading, value }) => led(heading === '' ? `${lead};` : `${lead}; ${heading}:`, value, size));
  if (cells) return led(`${cells[0]!.heading}:`, cells[0]!.value, size);
  return led(lead, text.slice(lead.length), size);
}

function led(lead: string, text: string, size: number): string[] {
  const room = size - countTokens(lead);
  if (room < size / 3) return sentencesIn(`${lead} ${text}`, size);
  const pieces: string[] = [];
  let piece = '';
  for (const sentence of sentencesIn(text.replace(/^[:;\s]{1,3}/, ''), room)) {
    if (piece !== '' && countTokens(`${piece} ${sentence}`) > room) {
      pieces.push(piece);
      piece = '';
    }
    piece = piece === '' ? sentence : `${piece} ${sentence}`;
  }
  if (piece !== '') pieces.push(piece);
  return pieces.map((one) => `${lead} ${one}`.replaceAll(/\s+/g, ' '));
}

function sentencesIn(text: string, size: number): string[] {
  return sentencesOf(text).flatMap((one) => (countTokens(one) <= size ? [one] : inPieces(one, size)));
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
