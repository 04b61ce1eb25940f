import type { Passage } from '#core/knowledge/document.ts';
import { dayIn } from '#core/kernel/locale.ts';
import { PASSAGES_PER_ANSWER } from '#core/knowledge/search.ts';
import { searchWords } from '#core/knowledge/terms.ts';
import { LOOK_UP } from '#core/tools/tool.ts';
import type { ProviderRun } from '#engine/contracts/failure.ts';
import type { LanguageModel, ModelRequest, ToolArgs, ToolDefinition } from '#engine/contracts/language-model.ts';
import type { ToolOutcome } from '#engine/contracts/tool-outcome.ts';
import { lastWords } from './last-words.ts';
import type { MoreTools } from './tools/agent-tools.ts';

/** How long a turn waits for the documents. */
const DEADLINE_MS = 300;
/** How long a look-up may take before a simulated call's clock pauses. */
const BUDGET_MS = 100;
const REMEMBERED = 24;
/** Shorter utterances are not looked up. */
const LEAST_WORDS = 2;
/** A passage is a source of an answer that shares this part of its words with it. */
const SHARED = 0.35;
const LEAST_SHARED = 3;
const MOST_SOURCES = 3;

/** A source of an answer. */
export interface Source {
  readonly documentId: number;
  readonly document: string;
  readonly heading: string | null;
}

/**
 * Searches an agent's documents in one conversation, and remembers the passages found, to name the sources of answers.
 */
export class KnowledgeLookup implements MoreTools {
  readonly definitions: readonly ToolDefinition[] = [
    {
      name: LOOK_UP,
      description: 'Looks something up in the documents.',
      parameters: { question: { description: 'What to look up, in full words', required: true } },
    },
  ];
  readonly #search: (question: string, limit: number) => Promise<readonly Passage[]>;
  readonly #asked = new Map<string, Promise<readonly Passage[]>>();
  readonly #offered: Passage[] = [];

  constructor(search: (question: string, limit: number) => Promise<readonly Passage[]>) {
    this.#search = search;
  }

  async run(_name: string, args: ToolArgs): Promise<ToolOutcome> {
    const passages = await this.#find(typeof args['question'] === 'string' ? args['question'] : '');
    if (passages.length === 0) return { status: 'ok', output: 'The documents say nothing about it.' };
    return { status: 'ok', output: passages.map((one) => `[${titleOf(one)}] ${one.text}`).join('\n') };
  }

  /** Wraps a model so that its requests contain the passages about the caller's last words. */
  model(inner: LanguageModel): LanguageModel {
    return {
      id: inner.id,
      generate: (request, onPart) => {
        const question = lastWords(request.messages);
        if (question.split(/\s+/).length < LEAST_WORDS) return inner.generate(request, onPart);
        const ready = request.working(BUDGET_MS);
        let aborted = false;
        let run: ProviderRun | null = null;
        const go = (knowledge: readonly Passage[]) => {
          ready();
          if (!aborted)
            run = inner.generate(
              { ...request, knowledge: knowledge.map((one) => ({ source: titleOf(one), text: one.text })) },
              onPart,
            );
        };
        const late = new Promise<readonly Passage[]>((resolve) => setTimeout(() => resolve([]), DEADLINE_MS).unref());
        // If the search fails, the model answers without passages.
        void Promise.race([this.#find(searchWords(question, request.now ? weekdayOf(request.now) : null)), late])
          .catch(() => [])
          .then(go);
        return {
          abort: (why) => {
            aborted = true;
            ready();
            run?.abort(why);
          },
        };
      },
    };
  }

  /** The documents from which these words were taken. */
  sourcesOf(text: string): readonly Source[] {
    const said = contentOf(text);
    if (said.size === 0) return [];
    const scored = this.#offered.map((passage) => ({
      passage,
      shared: [...contentOf(passage.text)].filter((word) => said.has(word)).length,
    }));
    const used = scored
      .filter(({ shared }) => shared >= LEAST_SHARED && shared / said.size >= SHARED)
      .toSorted((a, b) => b.shared - a.shared);
    const sources = new Map(
      used.map(({ passage }) => [
        `${passage.documentId} ${passage.heading}`,
        { documentId: passage.documentId, document: passage.document, heading: passage.heading },
      ]),
    );
    return [...sources.values()].slice(0, MOST_SOURCES);
  }

  #find(question: string): Promise<readonly Passage[]> {
    const known = this.#asked.get(question);
    if (known) return known;
    const found = this.#search(question, PASSAGES_PER_ANSWER).then((passages) => {
      this.#offered.push(
        ...passages.filter(
          (one) => !this.#offered.some((other) => other.documentId === one.documentId && other.seq === one.seq),
        ),
      );
      this.#offered.splice(0, this.#offered.length - REMEMBERED);
      return passages;
    });
    this.#asked.set(question, found);
    found.catch(() => this.#asked.delete(question));
    if (this.#asked.size > REMEMBERED) this.#asked.delete(this.#asked.keys().next().value!);
    return found;
  }
}

/** 0 is Sunday. */
const weekdayOf = ({ at, timeZone }: NonNullable<ModelRequest['now']>) =>
  new Date(`${dayIn(timeZone, at)}T00:00:00Z`).getUTCDay();

const titleOf = ({ document, heading }: Passage) => (heading === null ? document : `${document}, ${heading}`);

/** Words that carry a meaning: long ones, and numbers. */
function contentOf(text: string): Set<string> {
  return new Set(
    (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => word.length >= 4 || /\d/.test(word)),
  );
}
