import type { Failure } from './failure.ts';

/** A word and where it ends, in milliseconds from the start of the spoken text. */
export interface SpokenWord {
  readonly text: string;
  readonly endMs: number;
}

export type SpeechPart =
  | { readonly type: 'audio'; readonly pcm: Int16Array; readonly sampleRateHz: number }
  /** `words` where the vendor gives them; else they are spread over the audio by length. */
  | { readonly type: 'done'; readonly words?: readonly SpokenWord[] }
  /** `unspeakable`: it is well, and does not have the text's language. */
  | (Failure & { readonly unspeakable?: boolean });

export interface SpeechRequest {
  readonly text: string;
  /** The agent's voice, in the words of whoever configured it; a provider maps what it does not know to a voice of its own. */
  readonly voiceId: string;
  readonly working: (budgetMs: number) => () => void;
}

export interface TextToSpeech {
  readonly id: string;
  /** Parts until `done` or `error`, none after `abort`. */
  synthesize(request: SpeechRequest, onPart: (part: SpeechPart) => void): { abort(): void };
}
