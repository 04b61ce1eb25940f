import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { AiSdkModel } from './ai-sdk-model.ts';
import { boundedFetch } from './http.ts';

/**
 * The protocol that one vendor made and many servers speak: `POST v1/chat/completions`, for a server of our own.
 * `modelFor` names a model of theirs for what an agent asks for.
 */
export function chatCompletions(
  id: string,
  v1: string,
  headers: Readonly<Record<string, string>>,
  modelFor: (model: string) => string,
): AiSdkModel {
  const chat = createOpenAICompatible({ name: id, baseURL: v1, includeUsage: true, headers, fetch: boundedFetch });
  return new AiSdkModel(id, (model) => ({ model: chat.chatModel(modelFor(model)) }), false);
}
