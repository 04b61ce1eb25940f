import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { NextWindow, VoiceActivity, VoiceActivityStream } from '#engine/contracts/voice-activity.ts';
import { ForwardPass, Memory, WINDOW, type Pass } from './forward-pass.ts';
import { loadNetwork } from './network.ts';

export type SileroVersion = 'v5' | 'v6';

/** Holds two memories: that of now, and that after the next window. */
class Stream implements VoiceActivityStream, Pass {
  readonly #pass: ForwardPass;
  readonly window = new Int16Array(WINDOW);
  from = new Memory();
  to = new Memory();
  probability = 0;
  /** Whether `probability` and `to` are those of `window`. */
  #known = false;

  constructor(pass: ForwardPass) {
    this.#pass = pass;
  }

  reset(): void {
    this.from.clear();
    this.#known = false;
  }

  process(window: Int16Array): number {
    if (!this.#known || !this.#isForeseen(window)) {
      this.foresee(window);
      this.#pass.run([this]);
    }
    this.#known = false;
    [this.from, this.to] = [this.to, this.from];
    return this.probability;
  }

  foresee(window: Int16Array): void {
    this.window.set(window);
    this.#known = true;
  }

  #isForeseen(window: Int16Array): boolean {
    for (let i = 0; i < WINDOW; i++) if (window[i] !== this.window[i]) return false;
    return true;
  }
}

/** Silero voice activity at 8 kHz. Weights are loaded once a process; a stream is 3 KB. */
export function makeSilero(version: SileroVersion = 'v5'): VoiceActivity {
  const entry = createRequire(import.meta.url).resolve('@ricky0123/vad-web');
  const pass = new ForwardPass(loadNetwork(join(dirname(entry), `silero_vad_${version}.onnx`)));
  return {
    id: `silero-${version}`,
    open: () => new Stream(pass),
    foresee(next: readonly NextWindow[]) {
      const streams = next.map(({ stream, window }) => {
        if (!(stream instanceof Stream)) throw new Error('a stream of another kind of voice activity');
        stream.foresee(window);
        return stream;
      });
      pass.run(streams);
    },
  };
}
