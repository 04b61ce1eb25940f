import { PROMPTS, type AiAgent } from '#core/ai-agents/ai-agent.ts';
import type { Understood } from '#core/conversations/text-dialogue.ts';

/** The prompt of an agent of type `input`. */
export const understandingPrompt = ({ systemPrompt }: Pick<AiAgent, 'systemPrompt'>): string =>
  systemPrompt === PROMPTS.input ? systemPrompt : `${systemPrompt}\n\n${PROMPTS.input}`;

/** The JSON object in a model's answer, or null where there is none with an intent. */
export function readUnderstanding(text: string): Understood | null {
  try {
    const { intent, entities } = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as {
      intent?: unknown;
      entities?: unknown;
    };
    if (typeof intent !== 'string' || intent.trim() === '') return null;
    const named = typeof entities === 'object' && entities !== null ? Object.entries(entities) : [];
    return {
      intent: intent.trim(),
      entities: Object.fromEntries(
        named.flatMap(([name, value]): [string, string][] =>
          typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
            ? [[name, String(value)]]
            : [],
        ),
      ),
    };
  } catch {
    return null;
  }
}
