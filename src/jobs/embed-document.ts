import { inContext } from '#core/knowledge/knowledge.ts';
import type { Embedder } from '#core/knowledge/vector-search.ts';
import type { Store } from '#core/records.ts';

const AT_ONCE = 64;

/** Gives each chunk of a document a vector; doing it again does what is left. */
export async function embedDocument(store: Store, embedder: Embedder | null, documentId: number): Promise<void> {
  if (!embedder) return;
  for (;;) {
    const chunks = await store.knowledge.toEmbed(documentId, embedder.id, AT_ONCE);
    if (chunks.length === 0) return;
    const vectors = await embedder.embed(chunks.map(inContext));
    if (vectors.length !== chunks.length)
      throw new Error(`${embedder.id} gave ${vectors.length} vectors for ${chunks.length} texts`);
    await store.knowledge.setEmbeddings(
      documentId,
      embedder.id,
      chunks.map(({ seq }, i) => ({ seq, vector: vectors[i]! })),
    );
  }
}
