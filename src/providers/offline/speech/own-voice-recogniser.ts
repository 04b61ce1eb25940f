import type { SpeechToText, SpeechToTextOptions, SpeechToTextStream } from '#engine/contracts/speech-to-text.ts';
import { SoundFollower, type Heard } from './sound-follower.ts';
import type { SpokenSounds } from './spoken-sounds.ts';

/** Speech that is found to have begun may have been heard for this long. */
const PRE_ROLL_FRAMES = 20;
/** So much speech that the offline voice did not say is another speaker's. A known sound is found after two frames. */
const UNKNOWN_FRAMES = 5;

/**
 * Understands what the offline voice says by its samples, at no cost and without an error. All other speech is left to
 * another recogniser.
 */
export class OwnVoiceRecogniser implements SpeechToText {
  readonly id: string;
  readonly #sounds: SpokenSounds;
  readonly #other: SpeechToText;

  constructor(sounds: SpokenSounds, other: SpeechToText) {
    this.id = other.id;
    this.#sounds = sounds;
    this.#other = other;
  }

  open(options: SpeechToTextOptions): SpeechToTextStream {
    return new Stream(this.#sounds, this.#other, options);
  }
}

class Stream implements SpeechToTextStream {
  readonly #follower: SoundFollower;
  readonly #other: SpeechToText;
  readonly #options: SpeechToTextOptions;
  /** Opened when it is first needed. It hears silence where the offline voice spoke. */
  #stream: SpeechToTextStream | null = null;
  #expected: readonly string[] = [];
  #utterance = 0;
  #hears: 'nothing' | 'own voice' | 'other' = 'nothing';
  /** Frames of an utterance that the other recogniser may need; before one, the last frames. */
  #held: Int16Array[] = [];
  /** Of the held frames: those from before the utterance. */
  #preRollFrames = 0;
  /** Words of the last frames before an utterance. */
  #early: (readonly string[])[] = [];
  /** Frames of speech since the offline voice was heard last. */
  #unknown = 0;
  #words: string[] = [];
  #closed = false;

  constructor(sounds: SpokenSounds, other: SpeechToText, options: SpeechToTextOptions) {
    this.#follower = new SoundFollower(sounds);
    this.#other = other;
    this.#options = options;
  }

  expect(phrases: readonly string[]): void {
    this.#expected = phrases;
    this.#stream?.expect(phrases);
  }

  audio(pcm: Int16Array): void {
    if (this.#closed) return;
    const heard = this.#follower.push(pcm);
    if (this.#hears === 'own voice') return this.#hold(pcm, heard);
    const words = this.#follower.take();
    if (this.#hears === 'other') return this.#stream!.audio(pcm);
    this.#early.push(words);
    if (this.#early.length > PRE_ROLL_FRAMES) this.#early.shift();
    if (this.#stream) return this.#stream.audio(pcm);
    this.#held.push(pcm.slice());
    if (this.#held.length > PRE_ROLL_FRAMES) this.#held.shift();
  }

  begin(utterance: number): void {
    this.#utterance = utterance;
    this.#hears = 'own voice';
    this.#unknown = 0;
    this.#preRollFrames = this.#held.length;
    this.#words = this.#early.splice(0).flat();
  }

  end(utterance: number): void {
    if (this.#closed || utterance !== this.#utterance) return;
    if (this.#hears === 'own voice') {
      this.#words.push(...this.#follower.take());
      if (this.#words.length === 0) this.#leaveToOther();
      else this.#finish();
    }
    if (this.#hears === 'other') this.#stream!.end(utterance);
    this.#hears = 'nothing';
  }

  close(): void {
    this.#closed = true;
    this.#stream?.close();
    this.#held = [];
  }

  #hold(pcm: Int16Array, heard: Heard): void {
    this.#held.push(pcm.slice());
    if (heard === 'known') this.#unknown = 0;
    else if (heard === 'unknown') this.#unknown++;
    if (this.#unknown > UNKNOWN_FRAMES) return this.#leaveToOther();
    const words = this.#follower.take();
    if (words.length === 0) return;
    this.#words.push(...words);
    this.#options.onPart({ type: 'transcript-partial', utterance: this.#utterance, text: this.#words.join(' ') });
  }

  #finish(): void {
    const utterance = this.#utterance;
    const text = this.#words.join(' ');
    if (this.#stream) for (const frame of this.#held.splice(0)) this.#stream.audio(frame.fill(0));
    else this.#held = this.#held.slice(-PRE_ROLL_FRAMES);
    const done = this.#options.working(0);
    queueMicrotask(() => {
      done();
      if (!this.#closed) this.#options.onPart({ type: 'transcript-final', utterance, text, confidence: 1 });
    });
  }

  #leaveToOther(): void {
    this.#hears = 'other';
    const held = this.#held.splice(0);
    if (!this.#stream) {
      this.#stream = this.#other.open(this.#options);
      this.#stream.expect(this.#expected);
    }
    for (const frame of held.slice(0, this.#preRollFrames)) this.#stream.audio(frame);
    this.#stream.begin(this.#utterance);
    for (const frame of held.slice(this.#preRollFrames)) this.#stream.audio(frame);
  }
}
