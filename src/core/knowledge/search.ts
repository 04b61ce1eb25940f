import type { Core } from '../core.ts';
import type { Passage } from './document.ts';
import type { ChunkRef } from './knowledge-store.ts';

/** Most passages that an answer is given. */
export const PASSAGES_PER_ANSWER = 4;
const RANKED = 20;
/**
 * Cormack, Clarke and Büttcher, "Reciprocal rank fusion" (2009): how little the first places count more than the next.
 */
const K = 60;

/**
 * The passages of an agent's documents that answer a question best: by words, and by meaning where an embedder is
 * configured.
 */
export async function searchKnowledge(
  core: Pick<Core, 'store' | 'knowledge'>,
  agentId: number,
  question: string,
  limit: number,
): Promise<readonly Passage[]> {
  const { vectors } = core.knowledge;
  const [byWords, byMeaning] = await Promise.all([
    core.store.knowledge.byWords(agentId, question, RANKED),
    // Without the embedder the search compares words only.
    vectors ? vectors.nearest(agentId, question, RANKED).catch(() => []) : [],
  ]);
  if (byMeaning.length === 0) return byWords.slice(0, limit);
  const best = fuse([byWords, byMeaning]).slice(0, limit);
  const known = new Map(byWords.map((passage) => [keyOf(passage), passage]));
  for (const passage of await core.store.knowledge.passages(best.filter((ref) => !known.has(keyOf(ref)))))
    known.set(keyOf(passage), passage);
  return best.flatMap((ref) => known.get(keyOf(ref)) ?? []);
}

/** Merges rankings: chunks that rank high in one, and above all in several, come first. */
export function fuse(rankings: readonly (readonly ChunkRef[])[]): ChunkRef[] {
  const scores = new Map<string, { ref: ChunkRef; score: number }>();
  for (const ranking of rankings) {
    for (const [place, ref] of ranking.entries()) {
      const known = scores.get(keyOf(ref)) ?? { ref: { documentId: ref.documentId, seq: ref.seq }, score: 0 };
      known.score += 1 / (K + place + 1);
      scores.set(keyOf(ref), known);
    }
  }
  return [...scores.values()].toSorted((a, b) => b.score - a.score).map(({ ref }) => ref);
}

const keyOf = ({ documentId, seq }: ChunkRef) => `${documentId}:${seq}`;
