import type { Language } from '#core/kernel/locale.ts';
import type { Failure } from './failure.ts';

/** What the recogniser may expect to hear on this call. */
export interface SpeechContext {
  /** Sentences or phrases in the domain: the agent's prompt, its knowledge, the call's variables. */
  readonly phrases: readonly string[];
}

export interface SpeechToTextOptions {
  readonly language: Language;
  readonly context: SpeechContext;
  /** For work that the call's clock has to wait for. */
  readonly working: (budgetMs: number) => () => void;
  readonly onPart: (part: TranscriptPart) => void;
}

/** Partial text may be revised by later parts; a final comes once an utterance, also when nothing was understood (text ''). */
export type TranscriptPart =
  | { readonly type: 'transcript-partial'; readonly utterance: number; readonly text: string }
  | {
      readonly type: 'transcript-final';
      readonly utterance: number;
      readonly text: string;
      readonly confidence: number | null;
      /** This and the utterances from `since` on, understood again as one. */
      readonly whole?: { readonly since: number; readonly text: string };
    }
  | (Failure & { readonly utterance: number });

/** A stream for the length of one call. It is given all audio, and told where our voice activity heard speech. */
export interface SpeechToTextStream {
  /** 20 ms of linear 8 kHz audio. Must not be kept: the buffer is used again. */
  audio(pcm: Int16Array): void;
  /** Speech has begun; the stream reaches back some 400 ms for its onset by itself. */
  begin(utterance: number): void;
  /** Speech has ended: the final is wanted now. */
  end(utterance: number): void;
  /** Answers now likely, as sentences (the dialogue's state). */
  expect(phrases: readonly string[]): void;
  close(): void;
}

export interface SpeechToText {
  readonly id: string;
  open(options: SpeechToTextOptions): SpeechToTextStream;
}
