// Worker thread: scores every vector of an agent's documents against a question's.
import { parentPort } from 'node:worker_threads';
import type { ChunkRef } from '#core/knowledge/knowledge-store.ts';

export type ToVectors =
  | {
      readonly type: 'load';
      readonly agentId: number;
      readonly chunks: readonly (ChunkRef & { readonly vector: Uint8Array })[];
    }
  | {
      readonly type: 'search';
      readonly id: number;
      readonly agentId: number;
      readonly vector: Float32Array;
      readonly limit: number;
    };
export interface FromVectors {
  readonly id: number;
  readonly refs: readonly ChunkRef[];
}

const MOST_AGENTS = 50;
const agents = new Map<number, readonly { ref: ChunkRef; vector: Float32Array }[]>();

parentPort!.on('message', (message: ToVectors) => {
  if (message.type === 'load') {
    agents.delete(message.agentId);
    agents.set(
      message.agentId,
      message.chunks.map(({ documentId, seq, vector }) => ({ ref: { documentId, seq }, vector: floats(vector) })),
    );
    for (const [oldest] of agents) if (agents.size > MOST_AGENTS) agents.delete(oldest);
    return;
  }
  const { id, agentId, vector, limit } = message;
  const scored = (agents.get(agentId) ?? [])
    .filter((one) => one.vector.length === vector.length)
    .map(({ ref, vector: other }) => ({ ref, score: dot(vector, other) }));
  parentPort!.postMessage({
    id,
    refs: scored
      .toSorted((a, b) => b.score - a.score)
      .slice(0, limit)
      .map(({ ref }) => ref),
  } satisfies FromVectors);
});

/** A copy, since bytes of a database lie at any address. */
function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
