import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { AiSdkModel } from '../kit/ai-sdk-model.ts';
import { boundedFetch, checkBy } from '../kit/http.ts';
import type { ProviderManifest } from '../manifest.ts';

const BASE_URL = 'https://generativelanguage.googleapis.com';
const MODEL = 'gemini-2.5-flash';
/** Reasoning counts as output tokens; older models have none. */
const reasons = (model: string) => !/^gemini-(?:1|2\.0)/.test(model);
const isOwn = (model: string) => model.startsWith('gemini');

/** @see https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent */
export const google: ProviderManifest = {
  id: 'google',
  models: { claims: isOwn },
  environment: { apiKey: 'GOOGLE_API_KEY', baseUrl: 'GOOGLE_BASE_URL' },
  make: ({ apiKey, baseUrl }) => {
    const v1 = `${(baseUrl ?? BASE_URL).replace(/\/v1beta$/, '')}/v1beta`;
    const vendor = createGoogleGenerativeAI({ apiKey: apiKey ?? '', baseURL: v1, fetch: boundedFetch });
    return {
      languageModel: new AiSdkModel('google', (model) => {
        const name = isOwn(model) ? model : MODEL;
        return { model: vendor(name), reasons: reasons(name) };
      }),
      check: checkBy(`${v1}/models?pageSize=1`, { 'x-goog-api-key': apiKey ?? '' }),
    };
  },
};
