import { checkBy } from '../kit/http.ts';
import type { ProviderManifest } from '../manifest.ts';
import { ElevenLabsVoices } from './voices.ts';
import { isVoiceId, StreamInputVoice } from './stream-input.ts';

const BASE_URL = 'https://api.elevenlabs.io';

/** @see https://elevenlabs.io/docs/api-reference */
export const elevenlabs: ProviderManifest = {
  id: 'elevenlabs',
  voices: { claims: isVoiceId },
  environment: { apiKey: 'ELEVENLABS_API_KEY', baseUrl: 'ELEVENLABS_BASE_URL' },
  make: ({ apiKey, baseUrl }) => {
    const base = (baseUrl ?? BASE_URL).replace(/\/v1$/, '');
    return {
      textToSpeech: new StreamInputVoice(base, apiKey),
      voices: new ElevenLabsVoices(base, apiKey),
      check: checkBy(`${base}/v1/models`, apiKey === null ? {} : { 'xi-api-key': apiKey }),
    };
  },
};
