import { ThoughtFilter } from '#core/kernel/text/thoughts.ts';
import type { LanguageModel } from '#engine/contracts/language-model.ts';

/** Removes the thoughts that a model writes into its text. A model that sends nothing else has not answered. */
export const withoutThoughts = (inner: LanguageModel): LanguageModel => ({
  ...inner,
  id: inner.id,
  generate: (request, onPart) => {
    const thoughts = new ThoughtFilter();
    let [wrote, answered] = [false, false];
    const say = (given: string) => {
      // Thoughts leave blank lines behind them.
      const text = answered ? given : given.trimStart();
      answered ||= text !== '';
      if (text !== '') onPart({ type: 'text', text });
    };
    return inner.generate(request, (part) => {
      if (part.type === 'text') {
        wrote ||= part.text.trim() !== '';
        return say(thoughts.push(part.text));
      }
      if (part.type === 'tool-call') answered = true;
      if (part.type === 'done') {
        say(thoughts.end());
        if (wrote && !answered) return onPart({ type: 'error', message: `${inner.id} wrote thoughts and no answer` });
      }
      onPart(part);
    });
  },
});
