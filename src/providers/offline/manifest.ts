import { fixedVoices, type ProviderManifest } from '../manifest.ts';
import { OFFLINE_VOICES } from './speech/voices.ts';

/** Takes every name that no vendor claims. */
export const offline: ProviderManifest = {
  id: 'offline',
  voices: { claims: (voiceId) => Object.hasOwn(OFFLINE_VOICES, voiceId) },
  models: { claims: () => false },
};

/** Names of the offline parts, also shown where none of them runs. */
export const OFFLINE_NAMES = {
  speechToText: 'offline-soundswallower',
  languageModel: 'offline-rules',
  textToSpeech: 'offline-flite',
  voiceActivity: 'silero-v5',
} as const;

const voice = (name: string, gender: 'female' | 'male', category: string, language = 'en-US') => ({
  vendorId: `offline-${name.toLowerCase()}`,
  name,
  gender,
  category,
  language,
});

/** The catalogue's entries of `OFFLINE_VOICES`. */
export const offlineVoices = fixedVoices([
  voice('Clara', 'female', 'professional'),
  voice('Rosa', 'female', 'conversational'),
  voice('Martin', 'male', 'professional'),
  voice('Oscar', 'male', 'conversational'),
  voice('Ewan', 'male', 'narrative', 'en-GB'),
  voice('Kai', 'male', 'narrative'),
]);
