import type { ProviderManifest } from '../manifest.ts';

export const deepgram: ProviderManifest = { id: 'deepgram', voices: { claims: (voiceId) => voiceId.startsWith('aura-'), preferred: 'aura-2-thalia-en' } };
