import type { Failure, ProviderRun } from './failure.ts';

/** A word and where it ends, in milliseconds from the start of the spoken text. */
export interface SpokenWord {
  readonly text: string;
  readonly endMs: number;
}

export type SpeechPart =
  | { readonly type: 'audio'; readonly pcm: Int16Array; readonly sampleRateHz: number }
  /** `words` if the vendor gives times; otherwise times are estimated from word lengths. */
  | { readonly type: 'done'; readonly words?: readonly SpokenWord[] }
  /** `unspeakable`: the provider works, but does not support the text's language. */
  | (Failure & { readonly unspeakable?: boolean });

export interface SpeechRequest {
  readonly text: string;
  /** The agent's voice as configured; a provider maps an unknown name to one of its own voices. */
  readonly voiceId: string;
  /** How a vendor's voice sounds, 0 to 1; others ignore it. */
  readonly settings?: { readonly stability?: number; readonly similarityBoost?: number };
  readonly working: (budgetMs: number) => () => void;
}

export interface TextToSpeech {
  readonly id: string;
  /** Parts until `done` or `error`, none after `abort`. */
  synthesize(request: SpeechRequest, onPart: (part: SpeechPart) => void): ProviderRun;
}
