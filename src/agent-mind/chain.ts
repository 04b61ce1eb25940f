import type { AiAgent } from '#core/ai-agents/ai-agent.ts';
import { SpokenText } from '#core/kernel/text/spoken.ts';
import type { Failure, ProviderRun } from '#engine/contracts/failure.ts';
import type { LanguageModel, Medium, ModelPart, ModelRequest } from '#engine/contracts/language-model.ts';
import { lastWords } from './last-words.ts';

/** A helper agent with its models, in the order of their use. */
export interface Link {
  readonly agent: AiAgent;
  readonly models: readonly LanguageModel[];
}

export interface ChainOptions {
  readonly links: readonly Link[];
  /** What is known of the person. */
  readonly notes: readonly string[];
  readonly medium: Medium;
  readonly now: () => NonNullable<ModelRequest['now']>;
  /** A helper failed or was too slow; the turn continues without it. */
  readonly leftOut: (helper: AiAgent, why: string) => void;
}

/** How long a turn waits for a helper; on the telephone a late answer is worse than one without the helper. */
const PATIENCE_MS: Record<Medium, number> = { voice: 600, text: 8000 };

/**
 * A model with helpers. Helpers that understand or remember read the person's words in parallel, and the model gets
 * their
 * results; helpers that phrase rewrite each of its sentences for speech. A helper that is too slow is skipped.
 */
export function chained(inner: LanguageModel, options: ChainOptions): LanguageModel {
  return { id: inner.id, generate: (request, onPart) => new ChainRun(inner, options, request, onPart) };
}

class ChainRun {
  readonly #inner: LanguageModel;
  readonly #options: ChainOptions;
  readonly #request: ModelRequest;
  readonly #onPart: (part: ModelPart) => void;
  readonly #phrasing: readonly Link[];
  /** Requests to abort when the answer is aborted. */
  readonly #running = new Set<ProviderRun>();
  /** Keeps the parts in order while they are phrased in parallel. */
  #line: Promise<void> = Promise.resolve();
  #aborted = false;

  constructor(inner: LanguageModel, options: ChainOptions, request: ModelRequest, onPart: (part: ModelPart) => void) {
    this.#inner = inner;
    this.#options = options;
    this.#request = request;
    this.#onPart = onPart;
    this.#phrasing = options.links.filter(({ agent }) => agent.type === 'output');
    void this.#run();
  }

  abort(why?: Failure): void {
    this.#aborted = true;
    for (const one of this.#running) one.abort(why);
    this.#running.clear();
  }

  async #run(): Promise<void> {
    const { links, notes } = this.#options;
    const words = lastWords(this.#request.messages);
    const readers = words === '' ? [] : links.filter(({ agent }) => agent.type === 'input' || agent.type === 'memory');
    const read = await Promise.all(
      readers.map(async (link) => {
        const answer = await this.#ask(link, words, notes);
        return answer === null ? [] : [`${link.agent.name}: ${answer}`];
      }),
    );
    if (this.#aborted) return;
    const splitter = new SpokenText();
    const say = (clauses: readonly string[]) => {
      for (const clause of clauses) {
        const phrased = this.#phrase(clause);
        this.#leave(async () => ({ type: 'text', text: `${await phrased} ` }));
      }
    };
    const run = this.#inner.generate(
      { ...this.#request, notes: [...(this.#request.notes ?? []), ...read.flat()] },
      (part) => {
        if (part.type === 'text' && this.#phrasing.length > 0) return say(splitter.push(part.text));
        // The unfinished sentence is spoken before the part that ends the answer.
        if (part.type !== 'text' && part.type !== 'dialogue') say(splitter.end());
        this.#leave(() => Promise.resolve(part));
      },
    );
    if (this.#aborted) run.abort();
    else this.#running.add(run);
  }

  #leave(part: () => Promise<ModelPart>): void {
    this.#line = this.#line.then(part).then((ready) => {
      if (!this.#aborted) this.#onPart(ready);
    });
  }

  async #phrase(clause: string): Promise<string> {
    let text = clause;
    for (const link of this.#phrasing) text = (await this.#ask(link, text, [])) ?? text;
    return text;
  }

  /** The helper's answer to a text, or null if it is too slow. */
  #ask(link: Link, text: string, notes: readonly string[]): Promise<string | null> {
    const { agent, models } = link;
    const patienceMs = PATIENCE_MS[this.#options.medium];
    const ready = this.#request.working(patienceMs);
    return new Promise<string | null>((resolve) => {
      let current: { abort(): void } | null = null;
      const settle = (answer: string | null, why?: string) => {
        clearTimeout(late);
        this.#running.delete(stopping);
        ready();
        if (why !== undefined && !this.#aborted) this.#options.leftOut(agent, why);
        resolve(answer);
      };
      const stopping = {
        abort: () => {
          current?.abort();
          settle(null);
        },
      };
      const late = setTimeout(() => {
        current?.abort();
        settle(null, `no answer within ${patienceMs} ms`);
      }, patienceMs);
      this.#running.add(stopping);
      const askOne = (at: number): void => {
        const model = models[at];
        if (!model) return settle(null, 'every model failed');
        let said = '';
        let over = false;
        current = model.generate(
          {
            prompt: agent.systemPrompt,
            model: agent.modelName,
            messages: [{ role: 'caller', text }],
            tools: [],
            notes,
            job: JOBS[agent.type],
            medium: this.#options.medium,
            now: this.#options.now(),
            working: () => () => undefined,
            ...(agent.temperature === null ? {} : { temperature: agent.temperature }),
            ...(agent.maxTokens === null ? {} : { maxTokens: agent.maxTokens }),
          },
          (part) => {
            if (over) return;
            if (part.type === 'text') said += part.text;
            if (part.type !== 'done' && part.type !== 'error') return;
            over = true;
            if (part.type === 'done' && said.trim() !== '') settle(said.trim());
            else askOne(at + 1);
          },
        );
      };
      askOne(0);
    });
  }
}

export const JOBS = { input: 'understand', memory: 'remember', output: 'phrase', conversation: 'talk' } as const;
