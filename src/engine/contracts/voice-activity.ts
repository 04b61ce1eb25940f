/** Speech probability per window. Each call has a stream; the weights are shared. */
export interface VoiceActivityStream {
  /** 256 samples (32 ms) of linear 8 kHz audio; answers the probability of speech, 0 to 1. */
  process(window: Int16Array): number;
  reset(): void;
}

export interface VoiceActivity {
  readonly id: string;
  open(): VoiceActivityStream;
}
