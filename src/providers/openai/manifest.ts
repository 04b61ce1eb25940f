import { checkBy } from '../kit/http.ts';
import { HttpVoice } from '../kit/speech-stream.ts';
import { fixedVoices, type ProviderManifest } from '../manifest.ts';
import { OpenAiEmbedder } from './embedder.ts';
import { isOwn, openAiModel } from './chat.ts';
import { OpenAiTranscription } from './transcription.ts';

const BASE_URL = 'https://api.openai.com';
const MODEL = 'gpt-4o-mini';
const VOICE_MODEL = 'gpt-4o-mini-tts';
const VOICES = [
  'alloy',
  'ash',
  'ballad',
  'cedar',
  'coral',
  'echo',
  'fable',
  'marin',
  'nova',
  'onyx',
  'sage',
  'shimmer',
  'verse',
];
const MALE = new Set(['ash', 'ballad', 'cedar', 'echo', 'onyx', 'verse']);
const NEUTRAL = new Set(['alloy', 'fable']);
const voices = fixedVoices(
  VOICES.map((name) => ({
    vendorId: name,
    name: name[0]!.toUpperCase() + name.slice(1),
    gender: NEUTRAL.has(name) ? ('neutral' as const) : MALE.has(name) ? ('male' as const) : ('female' as const),
    category: 'conversational',
  })),
);
const RATE_HZ = 24_000;

/** @see https://platform.openai.com/docs/api-reference; any server that speaks the same, by its base URL */
export const openai: ProviderManifest = {
  id: 'openai',
  voices: { claims: (voiceId) => VOICES.includes(voiceId) },
  models: { claims: isOwn },
  environment: { apiKey: 'OPENAI_API_KEY', baseUrl: 'OPENAI_BASE_URL' },
  make: ({ apiKey, baseUrl }) => {
    const v1 = `${(baseUrl ?? BASE_URL).replace(/\/v1$/, '')}/v1`;
    const headers: Readonly<Record<string, string>> = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
    return {
      // A self-hosted server can use any model names.
      languageModel: openAiModel(v1, apiKey, (model) => (isOwn(model) || baseUrl !== null ? model : MODEL)),
      speechToText: new OpenAiTranscription(`${v1}/audio/transcriptions`, headers),
      textToSpeech: new HttpVoice({
        id: 'openai',
        encoding: 'pcm16',
        sampleRateHz: RATE_HZ,
        request: ({ text, voiceId }) => ({
          url: `${v1}/audio/speech`,
          headers,
          body: {
            model: VOICE_MODEL,
            voice: VOICES.includes(voiceId) ? voiceId : VOICES[0],
            input: text,
            response_format: 'pcm',
          },
        }),
      }),
      voices,
      embedder: new OpenAiEmbedder(`${v1}/embeddings`, headers),
      check: checkBy(`${v1}/models`, headers),
    };
  },
};
