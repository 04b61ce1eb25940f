import type { ModelCatalog } from '#core/ai-agents/model-catalog.ts';
import { anthropic } from './anthropic/manifest.ts';
import { deepgram } from './deepgram/manifest.ts';
import { elevenlabs } from './elevenlabs/manifest.ts';
import { google } from './google/manifest.ts';
import type { ProviderManifest } from './manifest.ts';
import { offline } from './offline/manifest.ts';
import { ollama } from './ollama/manifest.ts';
import { openai } from './openai/manifest.ts';
import { sherpa } from './sherpa/manifest.ts';

/** Every vendor, one line each; where several are configured, in this order. */
export const MANIFESTS: readonly ProviderManifest[] = [
  offline,
  deepgram,
  elevenlabs,
  openai,
  anthropic,
  google,
  ollama,
  sherpa,
];

export const catalog: ModelCatalog = {
  voiceProvider: (voiceId) => MANIFESTS.find((one) => one.voices?.claims(voiceId))?.id ?? offline.id,
  modelProvider: (model) => MANIFESTS.find((one) => one.models?.claims(model))?.id ?? offline.id,
  preferredVoice: MANIFESTS.find((one) => one.voices?.preferred)!.voices!.preferred!,
  preferredModel: MANIFESTS.find((one) => one.models?.preferred)!.models!.preferred!,
};
