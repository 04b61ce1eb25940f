import type { Weighted } from './bigram.ts';

/** Words of a sentence of the context, or of the middle of one. */
export type Phrase = Pick<Weighted, 'words' | 'part'>;

/** Messages to and from the recognition worker. The main thread numbers streams and contexts. */
export type ToListener =
  | { readonly type: 'context'; readonly context: number; readonly sentences: readonly Phrase[] }
  | { readonly type: 'forget'; readonly context: number; readonly stream: number }
  | {
      readonly type: 'begin';
      readonly stream: number;
      readonly utterance: number;
      readonly context: number;
      readonly expected: readonly (readonly string[])[];
    }
  | { readonly type: 'audio'; readonly stream: number; readonly pcm: Int16Array }
  | { readonly type: 'cancel'; readonly stream: number }
  /** Answered by `ListenerFinal`. */
  | { readonly type: 'end'; readonly id: number; readonly stream: number };

/** The partial text after this many decoded samples of the utterance. */
export interface ListenerProgress {
  readonly stream: number;
  readonly utterance: number;
  readonly samples: number;
  readonly text: string;
}

export interface ListenerFinal {
  readonly id: number;
  readonly text: string;
  readonly confidence: number | null;
}
