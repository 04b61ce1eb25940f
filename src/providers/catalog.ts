import type { ModelCatalog } from '#core/ports.ts';
import { deepgram } from './deepgram/manifest.ts';
import type { ProviderManifest } from './manifest.ts';
import { offline } from './offline/manifest.ts';
import { ollama } from './ollama/manifest.ts';

/** Every vendor, one line each. */
const MANIFESTS: readonly ProviderManifest[] = [offline, deepgram, ollama];

export const catalog: ModelCatalog = {
  voiceProvider: (voiceId) => MANIFESTS.find((one) => one.voices?.claims(voiceId))?.id ?? offline.id,
  modelProvider: (model) => MANIFESTS.find((one) => one.models?.claims(model))?.id ?? offline.id,
  preferredVoice: MANIFESTS.find((one) => one.voices?.preferred)!.voices!.preferred!,
  preferredModel: MANIFESTS.find((one) => one.models?.preferred)!.models!.preferred!,
};
