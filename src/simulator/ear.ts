import { decodeMulaw } from '#engine/audio/mulaw.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { SpeechContext, SpeechToText, SpeechToTextStream } from '#engine/contracts/speech-to-text.ts';

/** The simulated line has no noise, so the level alone distinguishes speech from silence. */
const LOUD = 350;
const FRAMES_TO_BEGIN = 3;

export interface EarEvents {
  speechBegan(): void;
  /** What was understood, '' when nothing was, of speech that was last loud at `endedAtMs` of the call. */
  understood(text: string, endedAtMs: number): void;
}

/** The hearing of a simulated person, from the audio alone: words by its recogniser, or the level alone. */
export class Ear {
  readonly #stream: SpeechToTextStream | null;
  readonly #clock: CallClock;
  readonly #events: EarEvents;
  readonly #pauseMs: number;
  readonly #pcm = new Int16Array(160);
  #utterance = 0;
  #speaking = false;
  #loud = 0;
  #lastLoudMs = 0;
  /** End of the last recognised utterance. */
  #endedAtMs = 0;

  constructor(options: {
    recogniser: SpeechToText | null;
    clock: CallClock;
    context: SpeechContext;
    pauseMs: number;
    events: EarEvents;
  }) {
    this.#clock = options.clock;
    this.#events = options.events;
    this.#pauseMs = options.pauseMs;
    this.#stream =
      options.recogniser?.open({
        language: 'en',
        context: options.context,
        working: (budgetMs) => options.clock.working(budgetMs),
        onPart: (part) => {
          if (part.type === 'transcript-final') this.#events.understood(part.text, this.#endedAtMs);
          else if (part.type === 'error') this.#events.understood('', this.#endedAtMs);
        },
      }) ?? null;
  }

  /** Whether the other end is speaking, as far as heard. */
  get hearing(): boolean {
    return this.#speaking;
  }

  /** 20 ms of what is played to this person; null is silence. */
  frame(mulaw: Uint8Array | null): void {
    const pcm = mulaw ? decodeMulaw(mulaw, this.#pcm) : this.#pcm.fill(0);
    let sum = 0;
    for (let i = 0; i < pcm.length; i += 4) sum += Math.abs(pcm[i]!);
    const loud = sum / (pcm.length / 4) > LOUD;
    const now = this.#clock.nowMs();
    this.#loud = loud ? this.#loud + 1 : 0;
    if (loud) this.#lastLoudMs = now;
    if (!this.#speaking && this.#loud >= FRAMES_TO_BEGIN) {
      this.#speaking = true;
      this.#stream?.begin(++this.#utterance);
      this.#events.speechBegan();
    }
    this.#stream?.audio(pcm);
    if (this.#speaking && now - this.#lastLoudMs >= this.#pauseMs) {
      this.#speaking = false;
      this.#endedAtMs = this.#lastLoudMs;
      this.#stream?.end(this.#utterance);
    }
  }

  close(): void {
    this.#stream?.close();
  }
}
