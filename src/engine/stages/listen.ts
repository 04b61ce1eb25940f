import { FRAME_MS, FRAME_SAMPLES, SAMPLES_PER_MS } from '../audio/format.ts';
import { decodeMulaw } from '../audio/mulaw.ts';
import { ToneDetector } from '../audio/tone.ts';
import type { CallClock } from '../contracts/clock.ts';
import type { SpeechContext, SpeechToText, SpeechToTextStream, TranscriptPart } from '../contracts/speech-to-text.ts';
import type { VoiceActivityStream } from '../contracts/voice-activity.ts';

const WINDOW = 256;
const WINDOW_MS = WINDOW / SAMPLES_PER_MS;
const ON = 0.5;
const SURE = 0.85;
const OFF = 0.35;
/** Below this mean level (of 32768) nobody speaks, and the kernel need not look. */
const GATE_LEVEL = 40;
/** Louder parts of the last window still belong to the speech that ended in it. */
const BLOCK = 40;
/** Audio and clock may differ by so much before the audio is said to be elsewhere (a gap, or a burst after one). */
const DRIFT_MS = 300;
/** Audio of the current utterance is kept for another recogniser, up to this. */
const KEEP_MS = 15_000;

export interface ListenEvents {
  speechStarted(utterance: number, onsetMs: number): void;
  speechEnded(utterance: number, endMs: number): void;
  transcript(part: TranscriptPart): void;
  toneEnded(): void;
  /** A recogniser was given up for the next in the chain. */
  fellBack(from: string, to: string): void;
}

export interface ListenOptions {
  readonly clock: CallClock;
  readonly voiceActivity: VoiceActivityStream;
  /** Recognisers in the order in which they are tried. */
  readonly chain: readonly SpeechToText[];
  readonly context: SpeechContext;
  readonly events: ListenEvents;
}

/** The caller's audio on its way in: voice activity in place, recognition wherever the provider does it. */
export class Listen {
  /** Silence after which an utterance is over for the recogniser, ms. */
  hangMs = 260;
  readonly #options: ListenOptions;
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  readonly #mulaw = new Uint8Array(FRAME_SAMPLES);
  readonly #window = new Int16Array(WINDOW);
  #frameFill = 0;
  #windowFill = 0;
  /** Clock time of the end of the audio taken so far. */
  #audioMs = -1;
  #speaking = false;
  #positives = 0;
  #onsetMs = 0;
  #lastSpeechMs = 0;
  #utterance = 0;
  #quietWindows = 0;
  #tones: ToneDetector | null = null;
  #stream: SpeechToTextStream;
  #provider = 0;
  #misses = 0;
  #kept: Int16Array[] = [];
  #expected: readonly string[] = [];
  #closed = false;

  constructor(options: ListenOptions) {
    this.#options = options;
    this.#stream = this.#open();
  }

  /** Whether to look for steady tones: only while a machine may have answered. */
  set detectTones(on: boolean) {
    this.#tones = on ? (this.#tones ?? new ToneDetector()) : null;
  }

  push(mulaw: Uint8Array): void {
    if (this.#closed) return;
    this.#keepTime(mulaw.length / SAMPLES_PER_MS);
    for (let at = 0; at < mulaw.length; ) {
      const n = Math.min(FRAME_SAMPLES - this.#frameFill, mulaw.length - at);
      this.#mulaw.set(mulaw.subarray(at, at + n), this.#frameFill);
      this.#frameFill += n;
      at += n;
      if (this.#frameFill === FRAME_SAMPLES) {
        this.#frameFill = 0;
        this.#onFrame();
      }
    }
  }

  expect(phrases: readonly string[]): void {
    this.#expected = phrases;
    this.#stream.expect(phrases);
  }

  /** Final texts are wanted now for whatever is being said. */
  flush(): void {
    if (!this.#speaking) return;
    this.#speaking = false;
    this.#stream.end(this.#utterance);
  }

  /** Speech went by without a transcript: twice in a row, or an error, and the next recogniser takes over with the audio kept. */
  missed(utterance: number, now = false): void {
    this.#misses++;
    if (this.#misses < 2 && !now) return;
    this.#misses = 0;
    const { chain, events } = this.#options;
    if (this.#provider + 1 >= chain.length) return;
    const from = chain[this.#provider]!.id;
    this.#provider++;
    this.#stream.close();
    this.#stream = this.#open();
    this.#stream.expect(this.#expected);
    events.fellBack(from, chain[this.#provider]!.id);
    if (this.#kept.length === 0 || utterance !== this.#utterance) return;
    this.#stream.begin(utterance);
    for (const frame of this.#kept) this.#stream.audio(frame);
    if (!this.#speaking) this.#stream.end(utterance);
  }

  close(): void {
    this.#closed = true;
    this.#stream.close();
    this.#kept = [];
  }

  #open(): SpeechToTextStream {
    const { chain, clock, context } = this.#options;
    const provider = chain[this.#provider]!;
    const index = this.#provider;
    return provider.open({
      language: 'en',
      context,
      working: (budgetMs) => clock.working(budgetMs),
      onPart: (part) => {
        if (this.#closed || index !== this.#provider) return;
        if (part.type === 'error') return this.missed(part.utterance, true);
        if (part.type === 'transcript-final' && part.text !== '') this.#misses = 0;
        this.#options.events.transcript(part);
      },
    });
  }

  /** The audio's own time: it runs on evenly, and is set anew only after a gap. */
  #keepTime(lengthMs: number): void {
    const now = this.#options.clock.nowMs();
    const ends = this.#audioMs + lengthMs;
    this.#audioMs = this.#audioMs < 0 || Math.abs(now - ends) > DRIFT_MS ? now : ends;
  }

  #onFrame(): void {
    const frame = decodeMulaw(this.#mulaw, this.#frame);
    if (this.#tones?.push(frame)) this.#options.events.toneEnded();
    let at = 0;
    while (at < FRAME_SAMPLES) {
      const n = Math.min(WINDOW - this.#windowFill, FRAME_SAMPLES - at);
      this.#window.set(frame.subarray(at, at + n), this.#windowFill);
      this.#windowFill += n;
      at += n;
      if (this.#windowFill === WINDOW) {
        this.#windowFill = 0;
        this.#onWindow(this.#audioMs - (FRAME_SAMPLES - at) / SAMPLES_PER_MS);
      }
    }
    this.#stream.audio(frame);
    if (this.#speaking || this.#kept.length < 400 / FRAME_MS) this.#kept.push(frame.slice());
    if (this.#kept.length > (this.#speaking ? KEEP_MS / FRAME_MS : 400 / FRAME_MS)) this.#kept.shift();
  }

  #onWindow(endMs: number): void {
    const probability = this.#probability();
    if (probability >= ON) {
      if (this.#positives === 0) this.#onsetMs = endMs - WINDOW_MS;
      this.#positives++;
      this.#lastSpeechMs = endMs;
      if (!this.#speaking && (this.#positives >= 2 || probability >= SURE)) this.#begin();
      return;
    }
    this.#positives = 0;
    if (!this.#speaking) return;
    if (probability >= OFF) {
      this.#lastSpeechMs = endMs;
    } else {
      // Speech may have ended inside this window: the last loud block tells where.
      if (this.#lastSpeechMs >= endMs - WINDOW_MS - 1) this.#lastSpeechMs = Math.max(this.#lastSpeechMs, endMs - this.#quietTailMs());
      if (endMs - this.#lastSpeechMs >= this.hangMs) this.#end();
    }
  }

  #probability(): number {
    let sum = 0;
    for (let i = 0; i < WINDOW; i += 2) sum += Math.abs(this.#window[i]!);
    if (!this.#speaking && sum < (GATE_LEVEL * WINDOW) / 2) {
      // The kernel keeps its memory for a short pause and starts afresh after a long one.
      if (++this.#quietWindows === 16) this.#options.voiceActivity.reset();
      return 0;
    }
    this.#quietWindows = 0;
    return this.#options.voiceActivity.process(this.#window);
  }

  #quietTailMs(): number {
    let loudest = 1;
    for (let i = 0; i < WINDOW; i++) loudest = Math.max(loudest, Math.abs(this.#window[i]!));
    if (loudest < 4 * GATE_LEVEL) return WINDOW_MS;
    for (let block = WINDOW / BLOCK - 1; block >= 0; block--) {
      const from = Math.floor(block) * BLOCK;
      for (let i = from; i < Math.min(WINDOW, from + BLOCK); i++) if (Math.abs(this.#window[i]!) > loudest / 4) return (WINDOW - Math.min(WINDOW, from + BLOCK)) / SAMPLES_PER_MS;
    }
    return WINDOW_MS;
  }

  #begin(): void {
    this.#speaking = true;
    this.#utterance++;
    this.#stream.begin(this.#utterance);
    this.#options.events.speechStarted(this.#utterance, this.#onsetMs);
  }

  #end(): void {
    this.#speaking = false;
    this.#stream.end(this.#utterance);
    this.#options.events.speechEnded(this.#utterance, this.#lastSpeechMs);
  }
}
