import { checkBy } from '../kit/http.ts';
import { HttpVoice } from '../kit/speech-stream.ts';
import type { ProviderManifest } from '../manifest.ts';
import { DeepgramListen } from './listen.ts';

const BASE_URL = 'https://api.deepgram.com';
const PREFERRED = 'aura-2-thalia-en';
const isOwn = (voiceId: string) => voiceId.startsWith('aura-');
const LINE = { encoding: 'mulaw', sample_rate: '8000' };

/** @see https://developers.deepgram.com/reference */
export const deepgram: ProviderManifest = {
  id: 'deepgram',
  voices: { claims: isOwn, preferred: PREFERRED },
  environment: { apiKey: 'DEEPGRAM_API_KEY', baseUrl: 'DEEPGRAM_BASE_URL' },
  make: ({ apiKey, baseUrl }) => {
    const v1 = `${(baseUrl ?? BASE_URL).replace(/\/v1$/, '')}/v1`;
    const headers: Readonly<Record<string, string>> = apiKey === null ? {} : { authorization: `Token ${apiKey}` };
    return {
      check: checkBy(`${v1}/auth/token`, headers),
      speechToText: new DeepgramListen(`${v1.replace(/^http/, 'ws')}/listen`, headers, LINE),
      textToSpeech: new HttpVoice({
        id: 'deepgram',
        encoding: 'mulaw',
        sampleRateHz: 8000,
        request: ({ text, voiceId }) => ({
          url: `${v1}/speak?${new URLSearchParams({ model: isOwn(voiceId) ? voiceId : PREFERRED, ...LINE, container: 'none' }).toString()}`,
          headers,
          body: { text },
        }),
      }),
    };
  },
};
