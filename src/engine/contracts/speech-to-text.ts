import type { Language } from '#core/kernel/locale.ts';
import type { Failure } from './failure.ts';

/** What the recogniser can expect to hear on this call. */
export interface SpeechContext {
  /** Sentences or phrases in the domain: the agent's prompt, its knowledge, the call's variables. */
  readonly phrases: readonly string[];
}

export interface SpeechToTextOptions {
  readonly language: Language;
  readonly context: SpeechContext;
  /** Announces work that the call's clock has to wait for. */
  readonly working: (budgetMs: number) => () => void;
  readonly onPart: (part: TranscriptPart) => void;
}

/** Later parts may revise a partial text. Each utterance gets one final, with the text '' if nothing was understood. */
export type TranscriptPart =
  | { readonly type: 'transcript-partial'; readonly utterance: number; readonly text: string }
  | {
      readonly type: 'transcript-final';
      readonly utterance: number;
      readonly text: string;
      readonly confidence: number | null;
      /** The utterances from `since` to this one, recognised again as one. */
      readonly whole?: { readonly since: number; readonly text: string };
    }
  | (Failure & { readonly utterance: number });

/** A stream for one call. It gets all audio, and the start and end of speech from our voice activity detection. */
export interface SpeechToTextStream {
  /** 20 ms of linear 8 kHz audio. The buffer is reused, so it must not be kept. */
  audio(pcm: Int16Array): void;
  /** Speech has begun; the stream itself goes back about 400 ms to find the onset. */
  begin(utterance: number): void;
  /** Speech has ended; the stream must send the final now. */
  end(utterance: number): void;
  /** Sentences that the caller is likely to say next. */
  expect(phrases: readonly string[]): void;
  close(): void;
}

export interface SpeechToText {
  readonly id: string;
  open(options: SpeechToTextOptions): SpeechToTextStream;
}
