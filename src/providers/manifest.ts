import type { Embedder } from '#core/knowledge/vector-search.ts';
import type { LanguageModel } from '#engine/contracts/language-model.ts';
import type { SpeechToText } from '#engine/contracts/speech-to-text.ts';
import type { TextToSpeech } from '#engine/contracts/text-to-speech.ts';

/** What a vendor's folder says of itself, so that nothing else has to name it. */
export interface ProviderManifest {
  readonly id: string;
  /** Which voice ids are its own, and the one taken where an agent names none. */
  readonly voices?: { claims(voiceId: string): boolean; readonly preferred?: string };
  readonly models?: { claims(model: string): boolean; readonly preferred?: string };
  /** Variables of the environment that configure it; any one of them does. */
  readonly environment?: { readonly apiKey?: string; readonly baseUrl: string };
  readonly make?: (settings: VendorSettings) => VendorProviders;
}

export interface VendorSettings {
  readonly apiKey: string | null;
  /** Without a slash at its end; null: the vendor's own. */
  readonly baseUrl: string | null;
}

/** What one vendor does. */
export interface VendorProviders {
  readonly speechToText?: SpeechToText;
  readonly languageModel?: LanguageModel;
  readonly textToSpeech?: TextToSpeech;
  readonly embedder?: Embedder;
  /** Asks for something cheap that needs the key. @throws VendorError, or an error of the connection */
  readonly check: (signal: AbortSignal) => Promise<void>;
}
