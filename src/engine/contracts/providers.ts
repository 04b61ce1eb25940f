import type { LanguageModel } from './language-model.ts';
import type { SpeechToText } from './speech-to-text.ts';
import type { TextToSpeech } from './text-to-speech.ts';
import type { VoiceActivity } from './voice-activity.ts';

export interface Providers {
  readonly voiceActivity: VoiceActivity;
  readonly speechToText: readonly SpeechToText[];
  readonly languageModels: readonly LanguageModel[];
  readonly textToSpeech: readonly TextToSpeech[];
}
