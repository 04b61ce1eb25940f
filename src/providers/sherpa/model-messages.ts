/** What a model's process is started with. */
export interface ModelSpec {
  readonly does: 'listens' | 'streams' | 'speaks';
  readonly engine: unknown;
  readonly threads: number;
}

/** `drop` ends an utterance or a clause that is not wanted any more. */
export type ToModel =
  | { readonly type: 'speak'; readonly id: number; readonly text: string; readonly speaker: number }
  | { readonly type: 'feed'; readonly utterance: number; readonly pcm: Int16Array }
  | { readonly type: 'finish'; readonly id: number; readonly utterance: number }
  | { readonly type: 'drop'; readonly id?: number; readonly utterance?: number };

export type FromModel =
  | { readonly type: 'loaded' }
  | { readonly type: 'pulse'; readonly memoryBytes: number }
  | { readonly type: 'audio'; readonly id: number; readonly pcm: Int16Array; readonly sampleRateHz: number }
  | { readonly type: 'partial'; readonly utterance: number; readonly text: string }
  | { readonly type: 'reply'; readonly id: number; readonly text?: string; readonly error?: string };

export const PULSE_MS = 1000;
