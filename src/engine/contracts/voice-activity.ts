/** Speech probability per window. Each call has a stream; the weights are shared. */
export interface VoiceActivityStream {
  /** 256 samples (32 ms) of linear 8 kHz audio; answers the probability of speech, 0 to 1. */
  process(window: Int16Array): number;
  reset(): void;
}

/** The window that a stream is expected to get next. */
export interface NextWindow {
  readonly stream: VoiceActivityStream;
  readonly window: Int16Array;
}

export interface VoiceActivity {
  readonly id: string;
  open(): VoiceActivityStream;
  /**
   * Computes what streams of this kind will answer to their next windows, each stream once, which together takes less
   * time than one by one. Changes no answer: a stream that gets another window, or is reset, computes as without.
   */
  foresee?(next: readonly NextWindow[]): void;
}
