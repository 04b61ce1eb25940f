import { FRAME_SAMPLES, SILENCE } from '#engine/audio/format.ts';
import { encodeMulaw } from '#engine/audio/mulaw.ts';
import { tone } from '#engine/audio/tone.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { MediaEvents, MediaLeg } from '#engine/contracts/media.ts';
import type { SpeechToText } from '#engine/contracts/speech-to-text.ts';
import type { TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import { Ear } from './ear.ts';
import type { Persona, Reaction } from './personas.ts';

/** People take their time to answer. */
const REACTION_MS = 450;
const HELLO_AFTER_MS = 500;
/** A pause after which the person considers the agent's turn finished. */
const PAUSE_MS = 700;
const BEEP_MS = 600;
const BEEP_AFTER_MS = 700;
const PATIENCE_MS = 15_000;

export interface PersonOptions {
  readonly persona: Persona;
  readonly clock: CallClock;
  readonly recogniser: SpeechToText;
  readonly voice: TextToSpeech;
  readonly hints: readonly string[];
  /** The person is gone: nothing comes from them any more. */
  readonly onGone: () => void;
}

/**
 * A simulated person, as a media leg like any carrier's: 20 ms mu-law frames, marks returned when played, and all marks
 * at once after a clear.
 */
export class SimulatedPerson implements MediaLeg {
  readonly bufferMs = 0;
  readonly #options: PersonOptions;
  readonly #ear: Ear;
  readonly #silence = new Uint8Array(FRAME_SAMPLES).fill(SILENCE);
  #events: MediaEvents | null = null;
  #incoming: (Uint8Array | string)[] = [];
  #outgoing: Uint8Array | null = null;
  #outgoingAt = 0;
  #afterSpeech: (() => void) | null = null;
  #turn = 0;
  #interruptions = 0;
  #hearingSinceMs: number | null = null;
  #lastActiveMs = 0;
  #saying = false;
  /** From when to when this person last spoke over the agent, ms of the call. */
  #spokeOver: { readonly fromMs: number; untilMs: number } | null = null;
  #heardText = '';
  #replyAt: (() => void) | null = null;
  #endFrames: (() => void) | null = null;
  #gone = false;

  constructor(options: PersonOptions) {
    this.#options = options;
    this.#ear = new Ear({
      recogniser: options.persona.react && options.recogniser,
      clock: options.clock,
      context: { phrases: options.hints },
      pauseMs: PAUSE_MS,
      events: {
        speechBegan: () => this.#agentSpeaks(),
        understood: (text, endedAtMs) => this.#understood(text, endedAtMs),
      },
    });
  }

  /** Picks up: from now on audio goes both ways. */
  answer(events: MediaEvents): void {
    const { clock, persona } = this.#options;
    this.#events = events;
    this.#lastActiveMs = clock.nowMs();
    this.#endFrames = clock.everyFrame(() => this.#frame());
    if (persona.machine) {
      const { greeting, beepHz } = persona.machine;
      this.#later(HELLO_AFTER_MS, () =>
        this.#speak(greeting, () =>
          this.#later(BEEP_AFTER_MS, () => this.#play(encodeMulaw(tone(beepHz, BEEP_MS)), null)),
        ),
      );
    } else if (persona.hello !== null) {
      const { hello } = persona;
      this.#later(HELLO_AFTER_MS, () => this.#speak(hello, null));
    }
    const { presses } = persona;
    if (presses) this.#later(presses.afterMs, () => this.#events?.dtmf(presses.digit));
    if (persona.leavesAfterMs !== undefined) this.#later(persona.leavesAfterMs, () => this.#leave());
  }

  send(frame: Uint8Array): void {
    if (!this.#gone) this.#incoming.push(frame.slice());
  }

  mark(name: string): void {
    if (!this.#gone) this.#incoming.push(name);
  }

  clear(): void {
    const marks = this.#incoming.filter((one) => typeof one === 'string');
    this.#incoming = [];
    for (const name of marks) this.#later(0, () => this.#events?.mark(name));
  }

  /** The other side hung up. */
  close(): void {
    this.#end();
  }

  isAlive(): Promise<boolean> {
    return Promise.resolve(!this.#gone);
  }

  #later(ms: number, fn: () => void): () => void {
    return this.#options.clock.at(this.#options.clock.nowMs() + ms, () => {
      if (!this.#gone) fn();
    });
  }

  /** 20 ms of the call, both ways. */
  #frame(): void {
    if (this.#gone) return;
    let heard: Uint8Array | null = null;
    for (let next = this.#incoming[0]; next !== undefined; next = this.#incoming[0]) {
      if (typeof next !== 'string' && heard) break;
      this.#incoming.shift();
      if (typeof next === 'string') this.#events?.mark(next);
      else heard = next;
    }
    this.#ear.frame(heard);
    this.#maybeInterrupt();
    this.#events?.audio(this.#nextFrame());
    if (this.#gone) return;
    const now = this.#options.clock.nowMs();
    if (this.#ear.hearing || this.#outgoing) this.#lastActiveMs = now;
    else if (
      this.#turn > 0 &&
      now - this.#lastActiveMs > PATIENCE_MS &&
      this.#options.persona.leavesAfterMs === undefined &&
      this.#options.persona.hello !== null
    ) {
      this.#lastActiveMs = now;
      this.#speak('Hello? Are you still there?', null);
    }
  }

  #nextFrame(): Uint8Array {
    if (!this.#outgoing) return this.#silence;
    const frame = new Uint8Array(FRAME_SAMPLES).fill(SILENCE);
    frame.set(this.#outgoing.subarray(this.#outgoingAt, this.#outgoingAt + FRAME_SAMPLES));
    this.#outgoingAt += FRAME_SAMPLES;
    if (this.#outgoingAt >= this.#outgoing.length) {
      this.#outgoing = null;
      this.#saying = false;
      const then = this.#afterSpeech;
      this.#afterSpeech = null;
      if (then) this.#later(0, then);
    }
    return frame;
  }

  #speak(text: string, then: (() => void) | null): void {
    if (this.#gone || this.#saying) return;
    this.#saying = true;
    const { voice, clock, persona } = this.#options;
    const chunks: Int16Array[] = [];
    voice.synthesize({ text, voiceId: persona.voiceId, working: () => clock.working(0) }, (part) => {
      if (this.#gone) return;
      if (part.type === 'audio') chunks.push(part.pcm);
      else if (part.type === 'done')
        this.#play(encodeMulaw(Int16Array.from(chunks.flatMap((chunk) => [...chunk]))), then);
      else this.#saying = false;
    });
  }

  #play(mulaw: Uint8Array, then: (() => void) | null): void {
    this.#outgoing = mulaw;
    this.#outgoingAt = 0;
    this.#afterSpeech = then;
  }

  #agentSpeaks(): void {
    this.#hearingSinceMs = this.#options.clock.nowMs();
    this.#replyAt?.();
    this.#replyAt = null;
  }

  #maybeInterrupt(): void {
    const { persona, clock } = this.#options;
    const { interrupts } = persona;
    if (!interrupts || this.#saying || !this.#ear.hearing || this.#hearingSinceMs === null) return;
    if (this.#interruptions >= interrupts.words.length || clock.nowMs() - this.#hearingSinceMs < interrupts.afterMs)
      return;
    const over = { fromMs: clock.nowMs(), untilMs: Infinity };
    this.#spokeOver = over;
    this.#speak(interrupts.words[this.#interruptions++]!, () => (over.untilMs = clock.nowMs()));
  }

  #understood(text: string, endedAtMs: number): void {
    const { react } = this.#options.persona;
    if (this.#gone || text === '' || !react) return;
    // A person who fell silent when interrupted needs no further reaction.
    const over = this.#spokeOver;
    if (over && endedAtMs >= over.fromMs && endedAtMs <= over.untilMs) return;
    this.#heardText = [this.#heardText, text].filter(Boolean).join(' ');
    this.#replyAt?.();
    this.#replyAt = this.#later(REACTION_MS, () => {
      this.#replyAt = null;
      if (this.#saying || this.#ear.hearing) return;
      const heard = this.#heardText;
      this.#heardText = '';
      const reaction = react(heard, this.#turn++);
      if (reaction) this.#respond(reaction);
    });
  }

  #respond(reaction: Reaction): void {
    this.#speak(reaction.say, reaction.hangUp ? () => this.#later(300, () => this.#hangUp()) : null);
  }

  #leave(): void {
    const { farewell } = this.#options.persona;
    if (farewell === undefined || this.#saying) this.#hangUp();
    else this.#speak(farewell, () => this.#hangUp());
  }

  #hangUp(): void {
    const events = this.#events;
    this.#end();
    events?.hungUp();
  }

  #end(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#endFrames?.();
    this.#ear.close();
    this.#incoming = [];
    this.#events = null;
    this.#options.onGone();
  }
}
