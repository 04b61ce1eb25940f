import type { EchoGuard } from '../audio/echo-guard.ts';
import { FRAME_SAMPLES, SAMPLES_PER_MS } from '../audio/format.ts';
import { decodeMulaw } from '../audio/mulaw.ts';
import { RecentAudio } from '../audio/recent-audio.ts';
import { ToneDetector } from '../audio/tone.ts';
import type { CallClock } from '../contracts/clock.ts';
import type { SpeechContext, SpeechToText, SpeechToTextStream, TranscriptPart } from '../contracts/speech-to-text.ts';
import type { NextWindow, VoiceActivity, VoiceActivityStream } from '../contracts/voice-activity.ts';
import { intakeOf, type AudioIntake, type Listener } from './audio-intake.ts';
import { SpeechDetector } from './speech-detector.ts';

/**
 * Silence before the recogniser is asked for the final; shorter than the endpoint wait, so that the wait decides the
 * turn.
 */
const LONGEST_HANG_MS = 200;
/** Shorter silence while a possible barge-in is being decided, because its text is needed at once. */
const SHORTEST_HANG_MS = 90;
/** Difference of audio time and clock beyond which the audio time is reset (a gap, or a burst after one). */
const DRIFT_MS = 300;
/** The first recogniser is tried again this long after a failure; the time doubles with each further failure. */
const BACK_AFTER_ERROR_MS = 2000;
const BACK_AFTER_SILENCE_MS = 30_000;
const LONGEST_AWAY_MS = 120_000;
/** The audio of an utterance is kept for another recogniser until this long after its end. */
const KEEP_AFTER_MS = 4000;

export interface ListenEvents {
  /** Speech may be starting; the next window decides. */
  speechSuspected(): void;
  speechStarted(utterance: number, onsetMs: number): void;
  /** Reports further speech, only while `urgent` is set. */
  speechGoesOn(ms: number): void;
  speechEnded(utterance: number, endMs: number): void;
  transcript(part: TranscriptPart): void;
  tone(what: 'started' | 'ended'): void;
  /** A recogniser was replaced by the next in the chain. */
  fellBack(from: string, to: string): void;
  /** An internal error. */
  failed(error: unknown): void;
}

export interface ListenOptions {
  readonly clock: CallClock;
  readonly voiceActivity: VoiceActivity;
  /** Recognises an echo of the agent's voice. */
  readonly echo: EchoGuard;
  /** Recognisers in the order in which they are tried. */
  readonly chain: readonly SpeechToText[];
  readonly context: SpeechContext;
  /** How long the turn waits after the end of speech, ms. */
  readonly endpointMs: number;
  readonly events: ListenEvents;
}

/** The caller's audio: detects speech in this process and passes audio to the recogniser. */
export class Listen implements Listener {
  readonly #options: ListenOptions;
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  readonly #mulaw = new Uint8Array(FRAME_SAMPLES);
  #frameFill = 0;
  /** Clock time of the end of the audio taken so far. */
  #audioMs = -1;
  #utterance = 0;
  readonly #intake: AudioIntake | null;
  readonly #activity: VoiceActivityStream;
  readonly #detector: SpeechDetector;
  #tones: ToneDetector | null = null;
  #stream: SpeechToTextStream;
  /** Number of the current stream; results of earlier streams are ignored. */
  #opened = 0;
  #provider = 0;
  #misses = 0;
  /** Consecutive failures of the first recogniser, and when it is tried again; Infinity: it is in use. */
  #failures = 0;
  #backAtMs = Infinity;
  readonly #recent = new RecentAudio();
  #keepUntilMs = Infinity;
  #expected: readonly string[] = [];
  #urgent = false;
  #closed = false;

  constructor(options: ListenOptions) {
    const { voiceActivity, echo, events } = options;
    this.#options = options;
    this.#stream = this.#open();
    this.#intake = intakeOf(voiceActivity, options.clock);
    this.#activity = voiceActivity.open();
    this.#detector = new SpeechDetector(() => voiceActivity.open(), this.#activity, echo, {
      suspected: () => events.speechSuspected(),
      started: (onsetMs) => this.#begin(onsetMs),
      sounding: (ms) => this.#urgent && events.speechGoesOn(ms),
      ended: (endMs) => this.#end(endMs),
    });
    this.urgent = false;
  }

  /** Whether to look for steady tones: only while a machine may have answered. */
  set detectTones(on: boolean) {
    this.#tones = on ? (this.#tones ?? new ToneDetector()) : null;
  }

  /** Set while a barge-in is being decided: every window of speech is reported, and the end of speech sooner. */
  set urgent(on: boolean) {
    this.#urgent = on;
    this.#detector.hangMs = on
      ? SHORTEST_HANG_MS
      : Math.max(SHORTEST_HANG_MS, Math.min(LONGEST_HANG_MS, this.#options.endpointMs));
  }

  /** Takes audio of any length, at once or together with what arrives for other calls. Does not throw. */
  push(mulaw: Uint8Array): void {
    if (this.#closed) return;
    if (this.#intake) return this.#intake.add(this, mulaw);
    try {
      this.take(mulaw);
    } catch (error) {
      this.failed(error);
    }
  }

  failed(error: unknown): void {
    if (!this.#closed) this.#options.events.failed(error);
  }

  nextWindow(mulaw: Uint8Array): NextWindow | null {
    if (this.#closed || this.#frameFill > 0 || mulaw.length !== FRAME_SAMPLES) return null;
    const window = this.#detector.nextWindow(decodeMulaw(mulaw, this.#frame));
    return window ? { stream: this.#activity, window } : null;
  }

  take(mulaw: Uint8Array): void {
    if (this.#closed) return;
    this.#keepTime(mulaw.length / SAMPLES_PER_MS);
    if (this.#frameFill === 0 && mulaw.length === FRAME_SAMPLES) return this.#onFrame(mulaw);
    for (let at = 0; at < mulaw.length;) {
      const n = Math.min(FRAME_SAMPLES - this.#frameFill, mulaw.length - at);
      this.#mulaw.set(mulaw.subarray(at, at + n), this.#frameFill);
      this.#frameFill += n;
      at += n;
      if (this.#frameFill === FRAME_SAMPLES) {
        this.#frameFill = 0;
        this.#onFrame(this.#mulaw);
      }
    }
  }

  expect(phrases: readonly string[]): void {
    this.#expected = phrases;
    this.#stream.expect(phrases);
  }

  /** Requests the final text of the speech so far. */
  flush(): void {
    if (!this.#detector.speaking) return;
    this.#detector.stop();
    this.#stream.end(this.#utterance);
  }

  /** Speech got no transcript. After two in a row, or an error, the next recogniser takes over with the kept audio. */
  missed(utterance: number, now = false): void {
    this.#misses++;
    if (this.#misses < 2 && !now) return;
    this.#misses = 0;
    const { chain, clock, events } = this.#options;
    const awayMs = (now ? BACK_AFTER_ERROR_MS : BACK_AFTER_SILENCE_MS) * 2 ** this.#failures++;
    const last = this.#provider + 1 >= chain.length;
    // After the last recogniser, the first is used again at the next speech.
    this.#backAtMs = clock.nowMs() + (last ? 0 : Math.min(LONGEST_AWAY_MS, awayMs));
    if (last) return;
    const from = chain[this.#provider]!.id;
    this.#use(this.#provider + 1);
    events.fellBack(from, chain[this.#provider]!.id);
    if (utterance !== this.#utterance) return;
    this.#giveKept(utterance);
    if (!this.#detector.speaking) this.#stream.end(utterance);
  }

  #use(provider: number): void {
    this.#stream.close();
    this.#provider = provider;
    this.#stream = this.#open();
    this.#stream.expect(this.#expected);
  }

  /** Passes the kept audio of the utterance to a new recogniser. */
  #giveKept(utterance: number): void {
    this.#stream.begin(utterance);
    for (const frame of this.#recent.frames()) this.#stream.audio(decodeMulaw(frame));
  }

  close(): void {
    this.#closed = true;
    this.#stream.close();
  }

  #open(): SpeechToTextStream {
    const { chain, clock, context } = this.#options;
    const provider = chain[this.#provider]!;
    const opened = ++this.#opened;
    return provider.open({
      language: 'en',
      context,
      working: (budgetMs) => clock.working(budgetMs),
      onPart: (part) => {
        if (this.#closed || opened !== this.#opened) return;
        if (part.type === 'error') return this.missed(part.utterance, true);
        if (part.type === 'transcript-final' && part.text !== '') {
          this.#misses = 0;
          if (this.#provider === 0) this.#failures = 0;
        }
        this.#options.events.transcript(part);
      },
    });
  }

  /** Advances the audio time by the audio's length; resets it to the clock only after a gap. */
  #keepTime(lengthMs: number): void {
    const now = this.#options.clock.nowMs();
    const ends = this.#audioMs + lengthMs;
    this.#audioMs = this.#audioMs < 0 || Math.abs(now - ends) > DRIFT_MS ? now : ends;
  }

  #onFrame(mulaw: Uint8Array): void {
    const frame = decodeMulaw(mulaw, this.#frame);
    const tone = this.#tones?.push(frame) ?? null;
    if (tone) this.#options.events.tone(tone);
    this.#detector.push(frame, this.#audioMs);
    this.#stream.audio(frame);
    this.#recent.push(mulaw);
    if (this.#audioMs < this.#keepUntilMs) return;
    this.#recent.release();
    this.#keepUntilMs = Infinity;
  }

  #begin(onsetMs: number): void {
    this.#utterance++;
    this.#recent.hold();
    this.#keepUntilMs = Infinity;
    if (this.#options.clock.nowMs() >= this.#backAtMs) {
      this.#backAtMs = Infinity;
      this.#use(0);
      this.#giveKept(this.#utterance);
    } else this.#stream.begin(this.#utterance);
    this.#options.events.speechStarted(this.#utterance, onsetMs);
  }

  #end(endMs: number): void {
    this.#keepUntilMs = this.#audioMs + KEEP_AFTER_MS;
    this.#stream.end(this.#utterance);
    this.#options.events.speechEnded(this.#utterance, endMs);
  }
}
