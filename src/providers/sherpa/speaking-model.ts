import type { FromModel, ModelSpec, ToModel } from './model-messages.ts';
import { pcmOf, type Sherpa } from './sherpa-onnx.ts';

type Speak = Extract<ToModel, { readonly type: 'speak' }>;

/** One voice model: says one text after the other, each in as many pieces as it has sentences. */
export class SpeakingModel {
  readonly #model: InstanceType<Sherpa['OfflineTts']>;
  readonly #say: (message: FromModel) => void;
  readonly #waiting: Speak[] = [];
  readonly #dropped = new Set<number>();
  #current: number | null = null;

  constructor({ OfflineTts }: Sherpa, { engine, threads }: ModelSpec, say: (message: FromModel) => void) {
    this.#model = new OfflineTts({
      model: { numThreads: threads, provider: 'cpu', debug: false, ...(engine as object) },
      maxNumSentences: 1,
    });
    this.#say = say;
  }

  speak(request: Speak): void {
    this.#waiting.push(request);
    if (this.#current === null) void this.#workOff();
  }

  drop(id: number): void {
    const at = this.#waiting.findIndex((one) => one.id === id);
    if (at >= 0) this.#waiting.splice(at, 1);
    else if (this.#current === id) this.#dropped.add(id);
  }

  async #workOff(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const { id, text, speaker } = next;
      this.#current = id;
      try {
        await this.#model.generateAsync({
          text,
          sid: speaker,
          speed: 1,
          enableExternalBuffer: false,
          onProgress: ({ samples }) => {
            if (this.#dropped.has(id)) return false;
            this.#say({ type: 'audio', id, pcm: pcmOf(samples), sampleRateHz: this.#model.sampleRate });
            return true;
          },
        });
        this.#say({ type: 'reply', id });
      } catch (error) {
        this.#say({ type: 'reply', id, error: String(error) });
      }
      this.#dropped.delete(id);
    }
    this.#current = null;
  }
}
