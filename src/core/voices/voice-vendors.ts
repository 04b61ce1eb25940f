import type { VendorVoice, VoiceStatus } from './voice.ts';

/** What a vendor offers, or why it could not be asked. */
export type Offer =
  | { readonly provider: string; readonly voices: readonly VendorVoice[] }
  | { readonly provider: string; readonly failure: string };

export interface SpeakRequest {
  readonly provider: string;
  /** The vendor's own id of the voice. */
  readonly voice: string;
  readonly text: string;
  readonly settings: VoiceSettings;
}

/** 0 to 1; vendors that do not have them ignore them. */
export interface VoiceSettings {
  readonly stability?: number;
  readonly similarityBoost?: number;
}

export interface Speech {
  readonly mp3: Uint8Array;
  readonly durationMs: number;
  /** The name under which its use is priced. */
  readonly by: string;
}

export interface CloneRequest {
  /** Marks the voice at the vendor. */
  readonly tag: string;
  /** An earlier request may have been carried out: then the voice with the tag is the answer. */
  readonly repeated: boolean;
  readonly name: string;
  readonly description: string | null;
  readonly fileName: string;
  readonly recording: Uint8Array;
}

/** A vendor that makes a voice of a recording. */
export interface VoiceCloner {
  readonly provider: string;
  /** The vendor's id of the voice. @throws AppError invalid-input if the vendor refuses the recording for good */
  clone(request: CloneRequest): Promise<string>;
  /** @throws AppError */
  statusOf(vendorId: string): Promise<VoiceStatus>;
}

/** The vendors that are configured, and the offline voices. */
export interface VoiceVendors {
  /** Never rejects. */
  offers(): Promise<readonly Offer[]>;
  /** @throws AppError upstream-failed, not-configured, rate-limited */
  speak(request: SpeakRequest): Promise<Speech>;
  /** Null if no configured vendor can. */
  readonly cloner: VoiceCloner | null;
}
