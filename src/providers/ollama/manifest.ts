import { chatCompletions } from '../kit/chat-completions.ts';
import { checkBy } from '../kit/http.ts';
import type { ProviderManifest } from '../manifest.ts';

const BASE_URL = 'http://127.0.0.1:11434';
const PREFERRED = 'llama3:8b-instruct-q4_K_S';
/** Its models are named `family:tag`. */
const isOwn = (model: string) => /^[\w./-]+:[\w.-]+$/.test(model) && !model.startsWith('ft:');

/** Over its door for chat completions. @see https://docs.ollama.com/api */
export const ollama: ProviderManifest = {
  id: 'ollama',
  models: { claims: isOwn, preferred: PREFERRED },
  environment: { baseUrl: 'OLLAMA_BASE_URL' },
  make: ({ baseUrl }) => {
    const v1 = `${(baseUrl ?? BASE_URL).replace(/\/v1$/, '')}/v1`;
    return {
      languageModel: chatCompletions('ollama', v1, {}, (model) => (isOwn(model) ? model : PREFERRED)),
      check: checkBy(`${v1}/models`, {}),
    };
  },
};
