import { createRequire } from 'node:module';
import { fixedVoices, type ProviderManifest } from '../manifest.ts';
import { modelsIn } from './installed-models.ts';
import { LocalSpeechToText } from './local-speech-to-text.ts';
import { LocalTextToSpeech, VOICE_PREFIX, voiceIdOf } from './local-text-to-speech.ts';
import { ModelProcess } from './model-process.ts';

/** Models of speech on this machine, run by sherpa-onnx: `npm run models`. @see https://k2-fsa.github.io/sherpa/onnx */
export const sherpa: ProviderManifest = {
  id: 'sherpa',
  voices: { claims: (voiceId) => voiceId.startsWith(VOICE_PREFIX) },
  environment: { folder: 'MODELS_DIR', holds: (folder) => modelsIn(folder).models.length > 0 },
  make: ({ folder }) => {
    const running = modelsIn(folder!).models.map((model) => ({ model, process: new ModelProcess(model) }));
    const ears = running.find(({ model }) => model.does !== 'speaks');
    const speakers = running.filter(({ model }) => model.does === 'speaks');
    const voices = speakers.flatMap(({ model }) =>
      Array.from({ length: model.speakers }, (_, speaker) => ({
        vendorId: voiceIdOf(model, speaker),
        name: model.speakers > 1 ? `${model.title} ${speaker}` : model.title,
        gender: model.gender ?? ('neutral' as const),
        category: 'conversational',
        language: model.language,
      })),
    );
    return {
      check: async (signal) => {
        if (!isInstalled()) throw new Error('the package sherpa-onnx-node is not installed: run "npm ci"');
        await Promise.all((ears ? [ears, ...speakers] : speakers).map(({ process }) => process.load(signal)));
      },
      close: () => {
        for (const { process } of running) process.close();
      },
      ...(ears ? { speechToText: new LocalSpeechToText(ears.process) } : {}),
      ...(speakers.length > 0 ? { textToSpeech: new LocalTextToSpeech(speakers), voices: fixedVoices(voices) } : {}),
    };
  },
};

function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('sherpa-onnx-node');
    return true;
  } catch {
    return false;
  }
}
