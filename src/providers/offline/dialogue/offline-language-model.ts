import type { LanguageModel, ModelPart, ModelRequest } from '#engine/contracts/language-model.ts';
import { nextReply } from './next-reply.ts';
import { expectedAfter, expectedPhrases } from './expected.ts';
import { JOBS } from './jobs.ts';
import { Talk } from './talk.ts';

/**
 * A rule-based stand-in for a language model: it answers from the agent's prompt and documents, uses its tools, books,
 * takes messages and hands over. It keeps nothing: the conversation it is given is all it knows. Plainly no large
 * model, and never said to be one.
 */
export class OfflineLanguageModel implements LanguageModel {
  readonly id = 'offline-rules';
  readonly byRules = true;

  generate(request: ModelRequest, onPart: (part: ModelPart) => void): { abort(): void } {
    const timer = setImmediate(() => {
      const { job = 'talk' } = request;
      if (job !== 'talk') {
        onPart({ type: 'text', text: JOBS[job](request) });
        return onPart({ type: 'done' });
      }
      const reply = nextReply(new Talk(request), request.knowledge ?? []);
      const expects = expectedAfter(reply.text);
      onPart({ type: 'dialogue', phase: reply.phase, expects, phrases: expectedPhrases(expects) });
      if (reply.text !== '') onPart({ type: 'text', text: reply.text });
      if (reply.tool) onPart({ type: 'tool-call', name: reply.tool.name, args: reply.tool.args });
      onPart({ type: 'done' });
    });
    return { abort: () => clearImmediate(timer) };
  }
}
