import { createAnthropic } from '@ai-sdk/anthropic';
import { AiSdkModel } from '../kit/ai-sdk-model.ts';
import type { ProviderManifest } from '../manifest.ts';

const MODEL = 'claude-haiku-4-5';
const isOwn = (model: string) => model.startsWith('claude');

/** @see https://docs.anthropic.com/en/api/messages-streaming */
export const anthropic: ProviderManifest = {
  id: 'anthropic',
  models: { claims: isOwn },
  environment: { apiKey: 'ANTHROPIC_API_KEY', baseUrl: 'ANTHROPIC_BASE_URL' },
  make: ({ apiKey, baseUrl }) => {
    const vendor = createAnthropic({
      apiKey: apiKey ?? '',
      ...(baseUrl === null ? {} : { baseURL: `${baseUrl.replace(/\/v1$/, '')}/v1` }),
    });
    return { languageModel: new AiSdkModel('anthropic', (model) => vendor(isOwn(model) ? model : MODEL)) };
  },
};
