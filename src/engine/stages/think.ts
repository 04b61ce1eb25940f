import { SpokenText } from '#core/kernel/text/spoken.ts';
import type { Failure, ProviderRun } from '../contracts/failure.ts';
import type { CallClock } from '../contracts/clock.ts';
import type { LanguageModel, ModelMessage, ModelRequest, ToolDefinition } from '../contracts/language-model.ts';
import type { TurnEffect, TurnEventBody } from '../turns/events.ts';
import type { LedgerItem } from '../turns/state.ts';

export interface ThinkOptions {
  readonly clock: CallClock;
  /** Models in the order in which they are tried. */
  readonly chain: readonly LanguageModel[];
  readonly prompt: string;
  readonly model: string;
  readonly tools: readonly ToolDefinition[];
  readonly firstClauseLetters: number | null;
  readonly post: (event: TurnEventBody) => void;
  /** The first clause that this generation will likely say; null: none, or another. Called at each change. */
  readonly likely: (generation: number, clause: string | null) => void;
  /** What the caller will likely say next. */
  readonly expect: (phrases: readonly string[]) => void;
}

/** Runs the model and splits its answer into clauses. */
export class Think {
  readonly #options: ThinkOptions;
  readonly #running = new Map<number, ProviderRun>();
  readonly #expected = new Map<number, readonly string[]>();

  constructor(options: ThinkOptions) {
    this.#options = options;
  }

  start({ generation, attempt, first, ledger, text, said }: Extract<TurnEffect, { type: 'think' }>): void {
    const { chain, clock, post, likely, prompt, model, tools, firstClauseLetters } = this.#options;
    const provider = chain[Math.min(attempt, chain.length) - 1]!;
    const request: ModelRequest = {
      prompt,
      model,
      messages: messagesOf(ledger, text, said),
      tools,
      mayHedge: first,
      working: (budgetMs) => clock.working(budgetMs),
    };
    let spoken = new SpokenText(firstClauseLetters);
    let [over, wrote, uttered, called] = [false, false, false, false];
    let likelyFirst: string | null = null;
    const expectFirst = (clause: string | null) => {
      if (clause === likelyFirst || uttered || called) return;
      likelyFirst = clause;
      likely(generation, clause);
    };
    const say = (clauses: readonly string[]) => {
      for (const clause of clauses) {
        if (clause !== likelyFirst) expectFirst(null);
        uttered = true;
        post({ type: 'model-clause', generation, text: clause });
      }
    };
    const finish = (event: TurnEventBody) => {
      over = true;
      this.#running.delete(generation);
      post(event);
    };
    const run = provider.generate(request, (part) => {
      if (over) return;
      switch (part.type) {
        case 'text':
          wrote ||= part.text.trim() !== '';
          say(spoken.push(part.text));
          return expectFirst(spoken.likelyFirst);
        case 'tool-call':
          // The text before the tool call is spoken before it.
          say(spoken.end());
          spoken = new SpokenText(firstClauseLetters);
          called = true;
          return post({ type: 'model-tool', generation, name: part.name, args: part.args });
        case 'dialogue':
          this.#expected.set(generation, part.phrases);
          return post({ type: 'model-dialogue', generation, phase: part.phase, expects: part.expects });
        case 'done':
          say(spoken.end());
          // Nothing that the model wrote can be spoken (only thoughts or symbols), so it has not answered.
          return finish({ type: wrote && !uttered && !called ? 'model-failed' : 'model-done', generation });
        case 'error':
          return finish({ type: 'model-failed', generation });
      }
    });
    if (!over)
      this.#running.set(generation, {
        abort: (why) => {
          over = true;
          run.abort(why);
        },
      });
  }

  /** `why`: the model took too long. */
  stop(generation: number, why?: Failure): void {
    this.#running.get(generation)?.abort(why);
    this.#running.delete(generation);
    this.#options.likely(generation, null);
    this.#expected.delete(generation);
  }

  /** The turn of this run is committed, so its expected answers apply. */
  commit(generation: number): void {
    const phrases = this.#expected.get(generation);
    this.#expected.clear();
    if (phrases) this.#options.expect(phrases);
  }

  close(): void {
    for (const run of this.#running.values()) run.abort();
    this.#running.clear();
  }
}

/** The conversation as the model sees it, with only those words of the agent that the caller heard. */
export function messagesOf(ledger: readonly LedgerItem[], text = '', said = ''): ModelMessage[] {
  const messages: ModelMessage[] = [];
  for (const item of ledger) {
    if (item.role === 'agent')
      messages.push({ role: 'agent', text: item.text, ...(item.interrupted ? { interrupted: true } : {}) });
    else if (item.role === 'caller' && !item.backchannel) messages.push({ role: 'caller', text: item.text });
    else if (item.role === 'overheard')
      messages.push({ role: 'overheard', by: item.userId === null ? 'caller' : 'colleague', text: item.text });
    else if (item.role === 'instruction') messages.push({ role: 'instruction', text: item.text });
    else if (item.role === 'tool-call')
      messages.push({ role: 'tool-call', key: item.key, name: item.name, args: item.args });
    else if (item.role === 'tool-result')
      messages.push({ role: 'tool-result', key: item.key, name: item.name, output: item.output, status: item.status });
  }
  if (text !== '') messages.push({ role: 'caller', text });
  if (said !== '') messages.push({ role: 'agent', text: said, interrupted: true });
  return messages;
}
