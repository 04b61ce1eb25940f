import type { VendorVoice, VoiceStatus } from '#core/voices/voice.ts';
import type { CloneRequest } from '#core/voices/voice-vendors.ts';
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
  /** Variables of the environment that configure it, any one of them; or a folder that holds something of it. */
  readonly environment?:
    | { readonly apiKey?: string; readonly baseUrl: string }
    | { readonly folder: string; holds(folder: string): boolean };
  readonly make?: (settings: VendorSettings) => VendorProviders;
}

export interface VendorSettings {
  readonly apiKey: string | null;
  /** Without a slash at its end; null: the vendor's own. */
  readonly baseUrl: string | null;
  readonly folder?: string;
}

/** What one vendor does. */
export interface VendorProviders {
  readonly speechToText?: SpeechToText;
  readonly languageModel?: LanguageModel;
  readonly textToSpeech?: TextToSpeech;
  readonly embedder?: Embedder;
  readonly voices?: VendorVoices;
  /** Asks for something cheap that needs the key. @throws VendorError, or an error of the connection */
  readonly check: (signal: AbortSignal) => Promise<void>;
  /** Ends what it runs on this machine. */
  readonly close?: () => void;
}

/** The voices of a vendor. */
export interface VendorVoices {
  /** @throws VendorError, or an error of the connection */
  list(): Promise<readonly VendorVoice[]>;
  /** Present where it makes voices of recordings. */
  readonly cloning?: {
    /** The new voice's id. @throws as `list` */
    clone(request: CloneRequest): Promise<string>;
    statusOf(vendorId: string): Promise<VoiceStatus>;
  };
}

/** Of a vendor whose voices do not change. */
export const fixedVoices = (
  voices: readonly (Pick<VendorVoice, 'vendorId' | 'name' | 'gender' | 'category'> & { readonly language?: string })[],
): VendorVoices => {
  const listed = voices.map((voice) => ({ language: 'en-US', description: null, sampleUrl: null, ...voice }));
  return { list: () => Promise.resolve(listed) };
};
