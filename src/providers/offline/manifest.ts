import type { ProviderManifest } from '../manifest.ts';
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
