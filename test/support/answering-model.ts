import type { LanguageModel, ModelPart, ModelRequest } from '#engine/contracts/language-model.ts';

/** A language model whose replies come from a function; each is given at once, in the next turn of the event loop. */
export abstract class AnsweringModel implements LanguageModel {
  abstract readonly id: string;

  generate(request: ModelRequest, onPart: (part: ModelPart) => void): { abort(): void } {
    const timer = setImmediate(() => {
      for (const part of this.answer(request)) onPart(part);
      onPart({ type: 'done' });
    });
    return { abort: () => clearImmediate(timer) };
  }

  protected abstract answer(request: ModelRequest): readonly ModelPart[];
}
