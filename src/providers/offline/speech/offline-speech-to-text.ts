import type { SpeechToText, SpeechToTextOptions, SpeechToTextStream } from '#engine/contracts/speech-to-text.ts';
import { classedWords } from './domain-english.ts';
import { likelyQuestions, unwrittenWords } from './likely-questions.ts';
import type { ListenerFinal, ListenerProgress, Phrase, ToListener } from './listener-messages.ts';
import { SupervisedWorker } from './supervised-worker.ts';
import { spokenSentences } from './text.ts';

/** How far behind a simulated call's clock lets recognition fall before it waits, ms. */
const AUDIO_BUDGET_MS = 400;
const FINAL_BUDGET_MS = 250;
const STUCK_MS = 20_000;
const FRAME_BATCH = 3;
const PRE_ROLL_FRAMES = 15;
const MAX_SENTENCES = 400;
const MAX_IN_QUESTIONS = 2000;
/** Below this probability of its least certain word, a short text is a guess about a noise. */
const GUESS = 0.5;

/** SoundSwallower on its 8 kHz telephone model, in worker threads with a fixed pool of decoders. */
export class OfflineSpeechToText implements SpeechToText {
  readonly id = 'offline-soundswallower';
  readonly #workers: SupervisedWorker[];
  readonly #streams = new Map<number, Stream>();
  #next = 0;

  constructor(flite: () => Promise<WebAssembly.Module>, workers: number, decodersPerWorker: number) {
    this.#workers = Array.from({ length: workers }, (_, i) => {
      const worker = new SupervisedWorker(
        new URL('./listener-worker.ts', import.meta.url),
        async () => ({ flite: await flite(), decoders: decodersPerWorker }),
        STUCK_MS,
        () => this.#restarted(i),
      );
      worker.onMessage = (progress: ListenerProgress) => this.#streams.get(progress.stream)?.progress(progress);
      return worker;
    });
  }

  get workers(): readonly SupervisedWorker[] {
    return this.#workers;
  }

  open(options: SpeechToTextOptions): SpeechToTextStream {
    const id = ++this.#next;
    const worker = id % this.#workers.length;
    const stream = new Stream(id, worker, this.#workers[worker]!, options, () => this.#streams.delete(id));
    this.#streams.set(id, stream);
    return stream;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  #restarted(worker: number): void {
    for (const stream of this.#streams.values()) if (stream.worker === worker) stream.replay();
  }
}

/** A pause up to this is within a sentence. */
const JOIN_FRAMES = 40;
const LONGEST_JOINED_FRAMES = 150;

interface Stretch {
  /** The first utterance of it. */
  readonly since: number;
  readonly audio: Int16Array[];
  /** What was understood. */
  words: readonly string[];
  pausedFrames: number;
}

class Stream implements SpeechToTextStream {
  readonly worker: number;
  readonly #id: number;
  readonly #thread: SupervisedWorker;
  readonly #options: SpeechToTextOptions;
  readonly #onClosed: () => void;
  readonly #context: readonly Phrase[];
  #expected: readonly (readonly string[])[] = [];
  /** The last frames before speech, and all frames during it, so that a new worker gets the whole utterance. */
  #kept: Int16Array[] = [];
  /** The utterance whose final text is being waited for. */
  #finishing: Int16Array[] | null = null;
  /** The stretch of speech before, while a short pause may yet join it to the next. */
  #before: Stretch | null = null;
  #utterance = 0;
  #speaking = false;
  #batch: Int16Array[] = [];
  #sent = 0;
  #partial = '';
  #behind: (() => void) | null = null;
  #closed = false;

  constructor(id: number, worker: number, thread: SupervisedWorker, options: SpeechToTextOptions, closed: () => void) {
    this.#id = id;
    this.worker = worker;
    this.#thread = thread;
    this.#options = options;
    this.#onClosed = closed;
    const { phrases } = options.context;
    const inQuestions = [...phrases.flatMap(likelyQuestions), ...phrases.flatMap(unwrittenWords).map((word) => [word])];
    this.#context = [
      ...phrases
        .flatMap(spokenSentences)
        .slice(0, MAX_SENTENCES)
        .map((words) => ({ words })),
      ...inQuestions.slice(0, MAX_IN_QUESTIONS).map((words): Phrase => ({ words, part: 'middle' })),
    ];
    this.#post({ type: 'context', context: id, sentences: this.#context });
  }

  expect(phrases: readonly string[]): void {
    this.#expected = phrases.map(classedWords).filter((words) => words.length > 0);
  }

  audio(pcm: Int16Array): void {
    if (this.#closed) return;
    const frame = pcm.slice();
    this.#kept.push(frame);
    if (!this.#speaking) {
      if (this.#before) this.#before.pausedFrames++;
      if (this.#kept.length > PRE_ROLL_FRAMES) this.#kept.shift();
      return;
    }
    this.#batch.push(frame);
    if (this.#batch.length >= FRAME_BATCH) this.#sendBatch();
  }

  begin(utterance: number): void {
    this.#utterance = utterance;
    this.#speaking = true;
    this.#finishing = null;
    // Speech after a short pause is understood together with what was before it.
    if (this.#before && this.#before.pausedFrames <= JOIN_FRAMES && this.#before.audio.length <= LONGEST_JOINED_FRAMES)
      this.#kept = [
        ...this.#before.audio,
        ...this.#kept.slice(Math.max(0, this.#kept.length - this.#before.pausedFrames)),
      ];
    else this.#before = null;
    this.#start(this.#kept);
  }

  end(utterance: number): void {
    if (this.#closed || !this.#speaking || utterance !== this.#utterance) return;
    this.#speaking = false;
    this.#sendBatch();
    this.#caughtUp();
    const whole = this.#kept;
    const before = this.#before;
    const stretch: Stretch = { since: before?.since ?? utterance, audio: whole, words: [], pausedFrames: 0 };
    this.#before = stretch;
    this.#finishing = whole;
    this.#kept = whole.slice(-PRE_ROLL_FRAMES);
    const ready = this.#options.working(FINAL_BUDGET_MS);
    this.#thread.request<ListenerFinal>({ type: 'end', stream: this.#id }).then(
      ({ text, confidence }) => {
        ready();
        if (this.#finishing === whole) this.#finishing = null;
        if (this.#closed) return;
        const guess = confidence !== null && confidence < GUESS && text.split(' ').length <= 2;
        const words = guess || text === '' ? [] : text.split(' ');
        stretch.words = words;
        // Heard with what follows, the words before may be others, and as many: the last one is said to be new.
        const known = before?.words ?? [];
        const isSame = words.join(' ') === known.join(' ');
        const own = isSame ? '' : words.slice(Math.min(known.length, words.length - 1)).join(' ');
        this.#options.onPart({
          type: 'transcript-final',
          utterance,
          text: own,
          confidence,
          ...(before && own !== '' ? { whole: { since: before.since, text } } : {}),
        });
      },
      (error: unknown) => {
        ready();
        if (!this.#closed)
          this.#options.onPart({
            type: 'error',
            utterance,
            message: error instanceof Error ? error.message : String(error),
          });
      },
    );
  }

  progress({ utterance, samples, text }: ListenerProgress): void {
    if (this.#closed || utterance !== this.#utterance || (!this.#speaking && !this.#finishing)) return;
    if (samples >= this.#sent - 1600) this.#caughtUp();
    if (text === this.#partial) return;
    this.#partial = text;
    const own = text
      .split(' ')
      .slice(this.#before && this.#before.audio !== this.#finishing ? this.#before.words.length : 0)
      .join(' ');
    if (own !== '') this.#options.onPart({ type: 'transcript-partial', utterance, text: own });
  }

  /** The worker was replaced: restores its state. */
  replay(): void {
    if (this.#closed) return;
    this.#post({ type: 'context', context: this.#id, sentences: this.#context });
    if (this.#speaking) this.#start(this.#kept);
    else if (this.#finishing) this.#start(this.#finishing);
  }

  close(): void {
    this.#closed = true;
    this.#caughtUp();
    this.#post({ type: 'cancel', stream: this.#id });
    this.#post({ type: 'forget', context: this.#id, stream: this.#id });
    this.#kept = [];
    this.#onClosed();
  }

  #start(audio: readonly Int16Array[]): void {
    this.#partial = '';
    this.#sent = 0;
    this.#batch = [...audio];
    this.#post({
      type: 'begin',
      stream: this.#id,
      utterance: this.#utterance,
      context: this.#id,
      expected: this.#expected,
    });
    this.#sendBatch();
  }

  #sendBatch(): void {
    if (this.#batch.length === 0) return;
    const pcm = new Int16Array(this.#batch.reduce((sum, frame) => sum + frame.length, 0));
    let at = 0;
    for (const frame of this.#batch) {
      pcm.set(frame, at);
      at += frame.length;
    }
    this.#batch = [];
    this.#sent += pcm.length;
    this.#post({ type: 'audio', stream: this.#id, pcm });
    this.#behind ??= this.#options.working(AUDIO_BUDGET_MS);
  }

  #caughtUp(): void {
    this.#behind?.();
    this.#behind = null;
  }

  #post(message: ToListener): void {
    this.#thread.post(message);
  }
}
