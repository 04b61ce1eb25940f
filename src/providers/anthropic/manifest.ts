import { createAnthropic } from '@ai-sdk/anthropic';
import { AiSdkModel } from '../kit/ai-sdk-model.ts';
import { boundedFetch, checkBy } from '../kit/http.ts';
import type { ProviderManifest } from '../manifest.ts';

const BASE_URL = 'https://api.anthropic.com';
const MODEL = 'claude-haiku-4-5';
const isOwn = (model: string) => model.startsWith('claude');

/** @see https://docs.anthropic.com/en/api/messages-streaming */
export const anthropic: ProviderManifest = {
  id: 'anthropic',
  models: { claims: isOwn },
  environment: { apiKey: 'ANTHROPIC_API_KEY', baseUrl: 'ANTHROPIC_BASE_URL' },
  make: ({ apiKey, baseUrl }) => {
    const v1 = `${(baseUrl ?? BASE_URL).replace(/\/v1$/, '')}/v1`;
    const vendor = createAnthropic({ apiKey: apiKey ?? '', baseURL: v1, fetch: boundedFetch });
    return {
      languageModel: new AiSdkModel('anthropic', (model) => ({ model: vendor(isOwn(model) ? model : MODEL) })),
      check: checkBy(`${v1}/models?limit=1`, { 'x-api-key': apiKey ?? '', 'anthropic-version': '2023-06-01' }),
    };
  },
};
