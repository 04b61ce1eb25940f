/** A bigram language model with absolute discounting, built from sentences. */
export interface Bigram {
  /** Probability of each word on its own. */
  readonly unigrams: ReadonlyMap<string, number>;
  /** What follows a word, and the weight left for any other. */
  readonly histories: ReadonlyMap<
    string,
    { readonly arcs: readonly (readonly [string, number])[]; readonly backoff: number }
  >;
}

/** Words that stand for any member of a class: `{first-name}`. */
export type WordClasses = ReadonlyMap<string, readonly string[]>;

export const START = '<s>';
export const END = '</s>';
const DISCOUNT = 0.5;

export interface Weighted {
  readonly words: readonly string[];
  readonly weight: number;
  /** Words of the middle of a sentence; a whole sentence if it is left out. */
  readonly part?: 'middle';
}

export function buildBigram(sentences: Iterable<Weighted>): Bigram {
  const counts = new Map<string, number>();
  const pairs = new Map<string, Map<string, number>>();
  for (const { words, weight, part } of sentences) {
    let before = part === 'middle' ? null : START;
    for (const word of part === undefined ? [...words, END] : words) {
      counts.set(word, (counts.get(word) ?? 0) + weight);
      if (before === null) {
        before = word;
        continue;
      }
      let after = pairs.get(before);
      if (!after) pairs.set(before, (after = new Map()));
      after.set(word, (after.get(word) ?? 0) + weight);
      before = word;
    }
  }
  let total = 0;
  for (const count of counts.values()) total += count;
  const unigrams = new Map([...counts].map(([word, count]) => [word, count / total]));
  const histories = new Map(
    [...pairs].map(([word, after]) => {
      let sum = 0;
      for (const count of after.values()) sum += count;
      const arcs = [...after].map(([next, count]) => [next, (count - DISCOUNT) / sum] as const);
      return [word, { arcs, backoff: (DISCOUNT * after.size) / sum }];
    }),
  );
  return { unigrams, histories };
}
