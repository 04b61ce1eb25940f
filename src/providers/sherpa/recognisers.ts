import { SAMPLE_RATE } from '#engine/audio/format.ts';
import type { FromModel, ModelSpec } from './model-messages.ts';
import { floatsOf, spokenText, type Sherpa, type SherpaStream } from './sherpa-onnx.ts';

/** Recognises utterances, which are numbered by the server. */
export interface Recogniser {
  feed(utterance: number, pcm: Int16Array): void;
  /** The final text is the reply `id`. */
  finish(utterance: number, id: number): void;
  drop(utterance: number): void;
}

const featConfig = { sampleRate: 16_000, featureDim: 80 };
const modelConfig = ({ engine, threads }: ModelSpec) => ({
  numThreads: threads,
  provider: 'cpu',
  debug: 0,
  ...(engine as object),
});

/** Recognises while it hears. */
export class StreamingModel implements Recogniser {
  readonly #model: InstanceType<Sherpa['OnlineRecognizer']>;
  readonly #say: (message: FromModel) => void;
  readonly #streams = new Map<number, { readonly stream: SherpaStream & { inputFinished(): void }; text: string }>();

  constructor({ OnlineRecognizer }: Sherpa, spec: ModelSpec, say: (message: FromModel) => void) {
    this.#model = new OnlineRecognizer({ featConfig, modelConfig: modelConfig(spec) });
    this.#say = say;
  }

  feed(utterance: number, pcm: Int16Array): void {
    let heard = this.#streams.get(utterance);
    if (!heard) this.#streams.set(utterance, (heard = { stream: this.#model.createStream(), text: '' }));
    heard.stream.acceptWaveform({ samples: floatsOf(pcm), sampleRate: SAMPLE_RATE });
    const text = this.#decoded(heard.stream);
    if (text !== heard.text) this.#say({ type: 'partial', utterance, text: (heard.text = text) });
  }

  finish(utterance: number, id: number): void {
    const stream = this.#streams.get(utterance)?.stream;
    if (!stream) return this.#say({ type: 'reply', id, text: '' });
    // A model looks ahead: without audio behind it the last word is not decoded.
    stream.acceptWaveform({ samples: new Float32Array(SAMPLE_RATE / 2), sampleRate: SAMPLE_RATE });
    stream.inputFinished();
    const text = this.#decoded(stream);
    this.drop(utterance);
    this.#say({ type: 'reply', id, text });
  }

  drop(utterance: number): void {
    this.#streams.delete(utterance);
  }

  #decoded(stream: SherpaStream): string {
    while (this.#model.isReady(stream)) this.#model.decode(stream);
    return spokenText(this.#model.getResult(stream).text);
  }
}

/** More than this at once is beyond what models of utterances were trained on. */
const LONGEST = 24 * SAMPLE_RATE;
/** New audio before the text so far is looked at again. */
const PARTIAL_EVERY = 0.8 * SAMPLE_RATE;
/** Beyond this a look at the text so far costs too much. */
const LONGEST_PARTIAL = 12 * SAMPLE_RATE;
/** Quieter than any speech on a line: models make words of silence. */
const SILENT = 100;

interface Utterance {
  readonly number: number;
  audio: Int16Array[];
  samples: number;
  /** Samples at the last look. */
  looked: number;
  /** Text of audio that is recognised and gone. */
  text: string;
  looking: boolean;
  settling: boolean;
  over: boolean;
}

/** Recognises whole utterances; during a long one it looks at what was said so far. */
export class ListeningModel implements Recogniser {
  readonly #model: InstanceType<Sherpa['OfflineRecognizer']>;
  readonly #say: (message: FromModel) => void;
  readonly #utterances = new Map<number, Utterance>();
  /** What a caller waits for comes before looks at the text so far. */
  readonly #due: (() => Promise<void>)[] = [];
  readonly #looks: (() => Promise<void>)[] = [];
  #busy = false;

  constructor({ OfflineRecognizer }: Sherpa, spec: ModelSpec, say: (message: FromModel) => void) {
    this.#model = new OfflineRecognizer({ featConfig, modelConfig: modelConfig(spec) });
    this.#say = say;
  }

  feed(number: number, pcm: Int16Array): void {
    let heard = this.#utterances.get(number);
    if (!heard) {
      heard = { number, audio: [], samples: 0, looked: 0, text: '', looking: false, settling: false, over: false };
      this.#utterances.set(number, heard);
    }
    heard.audio.push(pcm);
    heard.samples += pcm.length;
    if (heard.samples >= LONGEST) {
      if (!heard.settling) this.#later(this.#due, () => this.#settle(heard));
      heard.settling = true;
    } else if (!heard.looking && heard.samples - heard.looked >= PARTIAL_EVERY && heard.samples < LONGEST_PARTIAL) {
      heard.looking = true;
      this.#later(this.#looks, () => this.#look(heard));
    }
  }

  finish(number: number, id: number): void {
    const heard = this.#utterances.get(number);
    this.#utterances.delete(number);
    if (!heard) return this.#say({ type: 'reply', id, text: '' });
    heard.over = true;
    this.#later(this.#due, async () => {
      await this.#settle(heard);
      this.#say({ type: 'reply', id, text: heard.text });
    });
  }

  drop(number: number): void {
    const heard = this.#utterances.get(number);
    if (heard) heard.over = true;
    this.#utterances.delete(number);
  }

  async #look(heard: Utterance): Promise<void> {
    heard.looking = false;
    if (heard.over) return;
    heard.looked = heard.samples;
    const text = joined(heard.text, await this.#textOf(heard.audio));
    if (!heard.over && text !== '') this.#say({ type: 'partial', utterance: heard.number, text });
  }

  /** Turns the audio so far into text. */
  async #settle(heard: Utterance): Promise<void> {
    const { audio } = heard;
    [heard.audio, heard.samples, heard.looked, heard.settling] = [[], 0, 0, false];
    heard.text = joined(heard.text, await this.#textOf(audio));
  }

  async #textOf(audio: readonly Int16Array[]): Promise<string> {
    if (!audio.some((pcm) => pcm.some((sample) => Math.abs(sample) > SILENT))) return '';
    const stream = this.#model.createStream();
    const pcm = new Int16Array(audio.reduce((sum, one) => sum + one.length, 0));
    let at = 0;
    for (const one of audio) {
      pcm.set(one, at);
      at += one.length;
    }
    stream.acceptWaveform({ samples: floatsOf(pcm), sampleRate: SAMPLE_RATE });
    return spokenText((await this.#model.decodeAsync(stream)).text);
  }

  #later(queue: (() => Promise<void>)[], work: () => Promise<void>): void {
    queue.push(work);
    if (!this.#busy) void this.#workOff();
  }

  async #workOff(): Promise<void> {
    this.#busy = true;
    for (let next = this.#next(); next; next = this.#next()) await next();
    this.#busy = false;
  }

  #next(): (() => Promise<void>) | undefined {
    return this.#due.shift() ?? this.#looks.shift();
  }
}

const joined = (before: string, after: string): string => [before, after].filter((part) => part !== '').join(' ');
