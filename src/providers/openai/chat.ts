import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { AiSdkModel } from '../kit/ai-sdk-model.ts';
import { boundedFetch } from '../kit/http.ts';

export const isOwn = (model: string) => /^(?:(?:gpt-|o\d|chatgpt-)[^:]*$|ft:)/.test(model);
/**
 * They take `max_completion_tokens` and no temperature, as the vendor's own package knows, and think before they
 * answer.
 */
const reasons = (model: string) => /^(?:ft:)?(?:o\d|gpt-(?:[5-9]|\d\d)(?!.*-chat))/.test(model);

/**
 * The vendor's own models through its own package; any other name is a model of another server that speaks the same
 * protocol.
 */
export function openAiModel(v1: string, apiKey: string | null, modelFor: (model: string) => string): AiSdkModel {
  const headers: Readonly<Record<string, string>> = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
  const own = createOpenAI({ baseURL: v1, apiKey: apiKey ?? 'none', fetch: boundedFetch });
  const others = createOpenAICompatible({
    name: 'openai',
    baseURL: v1,
    includeUsage: true,
    headers,
    fetch: boundedFetch,
  });
  return new AiSdkModel('openai', (wanted) => {
    const model = modelFor(wanted);
    return isOwn(model) ? { model: own.chat(model), reasons: reasons(model) } : { model: others.chatModel(model) };
  });
}
