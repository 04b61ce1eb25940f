import type { Embedder } from '#core/knowledge/vector-search.ts';
import type { LanguageModel } from '#engine/contracts/language-model.ts';
import type { SpeechToText } from '#engine/contracts/speech-to-text.ts';
import type { TextToSpeech } from '#engine/contracts/text-to-speech.ts';

/** Describes a vendor, so that no other code needs to name it. */
export interface ProviderManifest {
  readonly id: string;
  /** Which voice ids belong to it, and its default voice. */
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
