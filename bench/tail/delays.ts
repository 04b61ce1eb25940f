import { Random } from '../../test/support/random.ts';

/** A delay that is mostly short and sometimes long: log-normal, by its median and its 95th percentile, ms. */
export interface Delay {
  readonly median: number;
  readonly p95: number;
}

/** Of a streaming recogniser's text after the word, of a model's first token, and of a voice's first audio. */
export const TAIL = {
  speechToText: { median: 250, p95: 300 },
  firstToken: { median: 420, p95: 1500 },
  firstAudio: { median: 140, p95: 350 },
} as const satisfies Readonly<Record<string, Delay>>;

/** The standard normal value below which 95 of 100 lie. */
const Z95 = 1.6449;

/** Draws from one delay; the same seed gives the same delays. */
export function drawer({ median, p95 }: Delay, seed: number): () => number {
  const random = new Random(seed);
  const sigma = Math.log(p95 / median) / Z95;
  return () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    return median * Math.exp(sigma * normal);
  };
}
