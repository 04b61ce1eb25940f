import { checkBy } from '../kit/http.ts';
import { HttpVoice } from '../kit/speech-stream.ts';
import { fixedVoices, type ProviderManifest } from '../manifest.ts';
import { DeepgramListen } from './listen.ts';

const BASE_URL = 'https://api.deepgram.com';
const PREFERRED = 'aura-2-thalia-en';
const isOwn = (voiceId: string) => voiceId.startsWith('aura-');
const FEMALE = ['thalia', 'andromeda', 'helena', 'asteria', 'athena', 'aurora', 'cora', 'hera', 'iris', 'luna'];
const MALE = ['apollo', 'arcas', 'aries', 'atlas', 'hermes', 'jupiter', 'mars', 'orion', 'orpheus', 'zeus'];
const capitalised = (name: string) => name[0]!.toUpperCase() + name.slice(1);
const voices = fixedVoices(
  [
    ...FEMALE.map((name) => ({ name, gender: 'female' as const })),
    ...MALE.map((name) => ({ name, gender: 'male' as const })),
  ].map(({ name, gender }) => ({
    vendorId: `aura-2-${name}-en`,
    name: capitalised(name),
    gender,
    category: 'conversational',
  })),
);
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
      voices,
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
