/** What we use of the package `sherpa-onnx-node`, which has no types. */
export interface Sherpa {
  readonly OfflineTts: new (config: object) => {
    readonly sampleRate: number;
    generateAsync(request: {
      readonly text: string;
      readonly sid: number;
      readonly speed: number;
      readonly enableExternalBuffer: boolean;
      /** What was made since the last call; false ends the speech. */
      readonly onProgress: (made: { readonly samples: Float32Array }) => boolean;
    }): Promise<unknown>;
  };
  readonly OfflineRecognizer: new (config: object) => {
    createStream(): SherpaStream;
    decodeAsync(stream: SherpaStream): Promise<{ readonly text: string }>;
  };
  readonly OnlineRecognizer: new (config: object) => {
    createStream(): SherpaStream & { inputFinished(): void };
    isReady(stream: SherpaStream): boolean;
    decode(stream: SherpaStream): void;
    getResult(stream: SherpaStream): { readonly text: string };
  };
}

export interface SherpaStream {
  acceptWaveform(wave: { readonly samples: Float32Array; readonly sampleRate: number }): void;
}

/** 16-bit samples as sherpa-onnx takes them. */
export function floatsOf(pcm: Int16Array): Float32Array {
  return Float32Array.from(pcm, (sample) => sample / 32_768);
}

export function pcmOf(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_767))));
}

/** Models of capitals only are read as words. */
export function spokenText(text: string): string {
  const plain = text.trim();
  return plain === plain.toUpperCase() ? plain.toLowerCase() : plain;
}
