import { spokenLength, wordsIn } from '#core/kernel/text/words.ts';
import { SAMPLES_PER_MS } from '../audio/format.ts';
import type { AgentTurn, Segment } from './state.ts';

/** Slowest speaking rate; used while a clause is being synthesized and its words have no times yet. */
const SLOWEST_MS_PER_CHAR = 110;
const SLOWEST_MS_PER_WORD = 350;

/** What the caller heard of a turn, cut at the word. */
export function heardText(turn: AgentTurn): string {
  return turn.segments.map(heardOfSegment).filter(Boolean).join(' ');
}

export function heardOfSegment(segment: Segment): string {
  if (segment.heardSamples <= 0) return '';
  if (segment.finished && segment.samples !== null && segment.heardSamples >= segment.samples) return segment.text;
  if (segment.words.length > 0) {
    const count = segment.words.findIndex((word) => word.endSample > segment.heardSamples);
    const heard = segment.words.slice(0, count < 0 ? segment.words.length : count).map((word) => word.text);
    return beginningOf(segment.text, heard) ?? heard.join(' ');
  }
  return surelySaid(segment.text, segment.heardSamples);
}

/** The beginning of a text that this much audio surely contains, even from the slowest voice. */
export function surelySaid(text: string, samples: number): string {
  let leftMs = samples / SAMPLES_PER_MS;
  const sure: string[] = [];
  for (const word of wordsIn(text)) {
    leftMs -= Math.max(SLOWEST_MS_PER_WORD, spokenLength(word) * SLOWEST_MS_PER_CHAR);
    if (leftMs < 0) break;
    sure.push(word);
  }
  return beginningOf(text, sure)!;
}

/** The beginning of a text up to the last of its words; null where a voice gives words that are not the text's. */
function beginningOf(text: string, words: readonly string[]): string | null {
  let end = 0;
  for (const word of words) {
    const at = text.indexOf(word, end);
    if (at < 0) return null;
    end = at + word.length;
  }
  return text.slice(0, end).trim();
}
