import type { Embedder } from '#core/knowledge/vector-search.ts';
import { vendorFetch } from '../kit/http.ts';

const MODEL = 'text-embedding-3-small';
const ANSWER_MS = 20_000;

/** @see https://platform.openai.com/docs/api-reference/embeddings */
export class OpenAiEmbedder implements Embedder {
  readonly id = `openai/${MODEL}`;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#url = url;
    this.#headers = headers;
  }

  async embed(texts: readonly string[]): Promise<readonly Float32Array[]> {
    const reply = await vendorFetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.#headers },
      body: JSON.stringify({ model: MODEL, input: texts, encoding_format: 'float' }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const { data } = (await reply.json()) as { data: { index: number; embedding: number[] }[] };
    return data
      .toSorted((a, b) => a.index - b.index)
      .map(({ embedding }) => {
        const length = Math.hypot(...embedding) || 1;
        return Float32Array.from(embedding, (value) => value / length);
      });
  }
}
