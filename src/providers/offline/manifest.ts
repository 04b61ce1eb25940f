import type { ProviderManifest } from '../manifest.ts';
import { OFFLINE_VOICES } from './speech/voices.ts';

/** Takes every name that no vendor claims. */
export const offline: ProviderManifest = { id: 'offline', voices: { claims: (voiceId) => Object.hasOwn(OFFLINE_VOICES, voiceId) }, models: { claims: () => false } };
