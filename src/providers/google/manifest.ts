import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { AiSdkModel } from '../kit/ai-sdk-model.ts';
import type { ProviderManifest } from '../manifest.ts';

const MODEL = 'gemini-2.5-flash';
const isOwn = (model: string) => model.startsWith('gemini');

/** @see https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent */
export const google: ProviderManifest = {
  id: 'google',
  models: { claims: isOwn },
  environment: { apiKey: 'GOOGLE_API_KEY', baseUrl: 'GOOGLE_BASE_URL' },
  make: ({ apiKey, baseUrl }) => {
    const vendor = createGoogleGenerativeAI({
      apiKey: apiKey ?? '',
      ...(baseUrl === null ? {} : { baseURL: `${baseUrl.replace(/\/v1beta$/, '')}/v1beta` }),
    });
    return { languageModel: new AiSdkModel('google', (model) => vendor(isOwn(model) ? model : MODEL)) };
  },
};
