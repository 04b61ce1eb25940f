import type { ProviderManifest } from '../manifest.ts';

/** Its models are named `family:tag`. */
export const ollama: ProviderManifest = { id: 'ollama', models: { claims: (model) => /^[\w./-]+:[\w.-]+$/.test(model), preferred: 'llama3:8b-instruct-q4_K_S' } };
