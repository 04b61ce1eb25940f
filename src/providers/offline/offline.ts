import { availableParallelism } from 'node:os';
import type { Providers } from '#engine/contracts/providers.ts';
import type { SpeechToText } from '#engine/contracts/speech-to-text.ts';
import { OfflineLanguageModel } from './dialogue/offline-language-model.ts';
import { makeSilero } from './silero/silero.ts';
import { loadFlite } from './speech/flite.ts';
import { OfflineSpeechToText } from './speech/offline-speech-to-text.ts';
import { OwnVoiceRecogniser } from './speech/own-voice-recogniser.ts';
import { OfflineTextToSpeech } from './speech/offline-text-to-speech.ts';
import { SpokenSounds } from './speech/spoken-sounds.ts';

/** Speech and dialogue with no account and no network. Closed when the process ends a server. */
export interface OfflineProviders extends Providers {
  readonly speech: { readonly listener: OfflineSpeechToText; readonly voice: OfflineTextToSpeech };
  /** The recogniser of those who mostly hear the offline voice: simulated people. */
  readonly ownVoice: SpeechToText;
  close(): Promise<void>;
}

const DECODERS_PER_WORKER = 4;

/** A voice whose work keeps no call waiting: it has a thread of its own, started when it is first used. */
export const makeOfflineVoice = (): OfflineTextToSpeech => new OfflineTextToSpeech(loadFlite, 1);

export function makeOfflineProviders(threads = Math.min(4, availableParallelism())): OfflineProviders {
  const listener = new OfflineSpeechToText(loadFlite, threads, DECODERS_PER_WORKER);
  const sounds = new SpokenSounds();
  const voice = new OfflineTextToSpeech(loadFlite, threads, sounds);
  return {
    voiceActivity: makeSilero(),
    speechToText: [listener],
    languageModels: [new OfflineLanguageModel()],
    textToSpeech: [voice],
    speech: { listener, voice },
    ownVoice: new OwnVoiceRecogniser(sounds, listener),
    close: async () => {
      await Promise.all([listener.close(), voice.close()]);
    },
  };
}
