import { FRAME_MS, FRAME_SAMPLES } from '#engine/audio/format.ts';
import type { Failure } from '#engine/contracts/failure.ts';
import type { SpeechToText, SpeechToTextOptions, SpeechToTextStream } from '#engine/contracts/speech-to-text.ts';
import { errorPart, vendorWork } from '../kit/http.ts';
import type { ModelProcess } from './model-process.ts';

const PRE_ROLL_FRAMES = 400 / FRAME_MS;
const BATCH_FRAMES = 5;
/** Utterances at once, over all calls; a further one is left to the next recogniser. */
const MOST_UTTERANCES = 100;

/** A recognising model, in its process. Each utterance is apart: a process that ends costs those that are under way. */
export class LocalSpeechToText implements SpeechToText {
  readonly id = 'sherpa';
  readonly #process: ModelProcess;
  readonly #utterances = new Map<number, LocalStream>();
  #next = 1;

  constructor(process: ModelProcess) {
    this.#process = process;
    process.onMessage = (message) => {
      if (message.type === 'partial') this.#utterances.get(message.utterance)?.partial(message.text);
    };
    process.onLost = (error) => {
      const lost = new Set(this.#utterances.values());
      this.#utterances.clear();
      for (const stream of lost) stream.lost(error);
    };
  }

  open(options: SpeechToTextOptions): SpeechToTextStream {
    return new LocalStream(this.#process, options, {
      begun: (stream) => {
        if (this.#utterances.size >= MOST_UTTERANCES) throw new Error('is busy');
        const key = this.#next++;
        this.#utterances.set(key, stream);
        return key;
      },
      over: (key) => this.#utterances.delete(key),
    });
  }
}

interface Registry {
  /** @throws Error where there are too many */
  begun(stream: LocalStream): number;
  over(key: number): void;
}

interface Speech {
  readonly utterance: number;
  readonly key: number;
  finishing: boolean;
}

class LocalStream implements SpeechToTextStream {
  readonly #process: ModelProcess;
  readonly #options: SpeechToTextOptions;
  readonly #registry: Registry;
  /** The last frames, and from the beginning of speech on those that were not passed on. */
  #frames: Int16Array[] = [];
  #speech: Speech | null = null;
  #closed = false;

  constructor(process: ModelProcess, options: SpeechToTextOptions, registry: Registry) {
    this.#process = process;
    this.#options = options;
    this.#registry = registry;
  }

  audio(pcm: Int16Array): void {
    if (this.#closed) return;
    this.#frames.push(pcm.slice());
    if (!this.#hearing) {
      if (this.#frames.length > PRE_ROLL_FRAMES) this.#frames.shift();
    } else if (this.#frames.length >= BATCH_FRAMES) this.#try(() => this.#feed());
  }

  begin(utterance: number): void {
    if (this.#closed) return;
    this.#drop();
    try {
      this.#speech = { utterance, key: this.#registry.begun(this), finishing: false };
      this.#feed();
    } catch (error) {
      this.#fail(utterance, errorPart(error));
    }
  }

  end(utterance: number): void {
    const speech = this.#speech;
    if (this.#closed || speech?.utterance !== utterance || speech.finishing) return;
    const ready = vendorWork(this.#options.working);
    speech.finishing = true;
    this.#try(() => this.#feed());
    const { reply } = this.#process.request({ type: 'finish', utterance: speech.key });
    void reply
      .then(
        ({ text = '' }) => {
          if (this.#speech !== speech) return;
          this.#over();
          this.#options.onPart({ type: 'transcript-final', utterance, text, confidence: null });
        },
        (error: unknown) => this.#speech === speech && this.#fail(utterance, errorPart(error)),
      )
      .finally(ready);
  }

  expect(): void {
    // These models take no phrases.
  }

  close(): void {
    this.#drop();
    this.#closed = true;
  }

  partial(text: string): void {
    const { utterance, finishing } = this.#speech ?? { finishing: true, utterance: 0 };
    if (!finishing && text !== '') this.#options.onPart({ type: 'transcript-partial', utterance, text });
  }

  lost(error: Error): void {
    if (this.#speech) this.#fail(this.#speech.utterance, errorPart(error));
  }

  get #hearing(): boolean {
    return this.#speech !== null && !this.#speech.finishing;
  }

  #feed(): void {
    const frames = this.#frames.splice(0);
    if (!this.#speech || frames.length === 0) return;
    const pcm = new Int16Array(frames.length * FRAME_SAMPLES);
    for (const [i, frame] of frames.entries()) pcm.set(frame, i * FRAME_SAMPLES);
    this.#process.post({ type: 'feed', utterance: this.#speech.key, pcm });
  }

  #try(feed: () => void): void {
    try {
      feed();
    } catch (error) {
      if (this.#speech) this.#fail(this.#speech.utterance, errorPart(error));
    }
  }

  /** Leaves an utterance whose text is not wanted any more. */
  #drop(): void {
    if (!this.#speech) return;
    this.#try(() => this.#process.post({ type: 'drop', utterance: this.#speech!.key }));
    this.#over();
  }

  #over(): void {
    if (this.#speech) this.#registry.over(this.#speech.key);
    this.#speech = null;
  }

  #fail(utterance: number, failure: Failure): void {
    this.#over();
    setImmediate(() => this.#closed || this.#options.onPart({ ...failure, utterance }));
  }
}
