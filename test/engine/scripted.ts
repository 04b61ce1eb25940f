import { encodeMulaw } from '#engine/audio/mulaw.ts';
import { tone } from '#engine/audio/tone.ts';
import type { LanguageModel, ModelPart, ModelRequest } from '#engine/contracts/language-model.ts';
import type { MediaLeg } from '#engine/contracts/media.ts';
import type { Providers } from '#engine/contracts/providers.ts';
import type { SpeechToText, SpeechToTextOptions } from '#engine/contracts/speech-to-text.ts';
import type { SpeechPart, TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import type { VoiceActivity } from '#engine/contracts/voice-activity.ts';
import type { TurnNote } from '#engine/turns/events.ts';
import { DEFAULT_POLICY, type TurnPolicy } from '#engine/turns/policy.ts';
import { VoiceSession } from '#engine/voice-session.ts';
import { type ToolOutcome } from '#engine/contracts/tool-outcome.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** Speech is whatever is loud. */
const loudness: VoiceActivity = {
  id: 'loudness',
  open: () => ({
    process: (window) => (window.some((sample) => Math.abs(sample) > 1000) ? 1 : 0),
    reset: () => undefined,
  }),
};

/** A recogniser with scripted transcripts. */
export class ScriptedEar implements SpeechToText {
  readonly id: string;
  next: string | null = 'hello';
  delayMs = 100;
  opened = 0;
  utterances = 0;
  /** How much it was given in all, and when it was first told of speech. */
  givenMs = 0;
  beganMs: number | null = null;
  /** Breaks off so long into an utterance. */
  diesAfterMs = Infinity;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, id = 'ear') {
    this.#clock = clock;
    this.id = id;
  }

  open(options: SpeechToTextOptions): ReturnType<SpeechToText['open']> {
    this.opened++;
    let closed = false;
    let speaking: number | null = null;
    let spokenMs = 0;
    return {
      audio: (pcm) => {
        this.givenMs += pcm.length / 8;
        if (speaking === null || (spokenMs += pcm.length / 8) < this.diesAfterMs) return;
        const utterance = speaking;
        speaking = null;
        options.onPart({ type: 'error', utterance, message: 'broke off' });
      },
      begin: (utterance) => {
        this.utterances++;
        this.beganMs ??= this.#clock.nowMs();
        [speaking, spokenMs] = [utterance, 0];
      },
      end: (utterance) => {
        speaking = null;
        const text = this.next;
        if (text !== null)
          this.#clock.at(
            this.#clock.nowMs() + this.delayMs,
            () => closed || options.onPart({ type: 'transcript-final', utterance, text, confidence: 1 }),
          );
      },
      expect: () => undefined,
      close: () => (closed = true),
    };
  }
}

/** A model with a scripted answer; null never answers. */
export class ScriptedModel implements LanguageModel {
  readonly id: string;
  parts: readonly ModelPart[] | null = [
    { type: 'text', text: 'That costs ten dollars a month, all in.' },
    { type: 'done' },
  ];
  delayMs = 200;
  /** In place of `parts`: texts and when each comes, ms after the request. */
  stream: readonly (readonly [atMs: number, text: string])[] | null = null;
  readonly requests: ModelRequest[] = [];
  aborted = 0;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, id = 'model') {
    this.#clock = clock;
    this.id = id;
  }

  generate(request: ModelRequest, onPart: (part: ModelPart) => void): { abort(): void } {
    this.requests.push(request);
    const { parts, stream } = this;
    const after = (ms: number, task: () => void) => this.#clock.at(this.#clock.nowMs() + ms, task);
    const cancels = stream
      ? stream.map(([atMs, text], i) =>
          after(atMs, () => {
            onPart({ type: 'text', text });
            if (i === stream.length - 1) onPart({ type: 'done' });
          }),
        )
      : [
          after(this.delayMs, () => {
            for (const part of parts ?? []) onPart(part);
          }),
        ];
    return {
      abort: () => {
        this.aborted++;
        for (const cancel of cancels) cancel();
      },
    };
  }
}

/** 80 ms of tone for each letter; null never speaks. */
export class ScriptedVoice implements TextToSpeech {
  readonly id: string;
  mode: 'speak' | 'silent' | 'error' | 'dies' | 'stalls' | 'english' = 'speak';
  delayMs = 100;
  readonly said: string[] = [];
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, id = 'voice') {
    this.#clock = clock;
    this.id = id;
  }

  synthesize(request: { text: string }, onPart: (part: SpeechPart) => void): { abort(): void } {
    if (this.mode === 'silent') return { abort: () => undefined };
    const cancel = this.#clock.at(this.#clock.nowMs() + this.delayMs, () => {
      if (this.mode === 'error') return onPart({ type: 'error', message: 'no voice' });
      if (this.mode === 'english' && !/[a-z]/i.test(request.text))
        return onPart({ type: 'error', message: 'English only', unspeakable: true });
      this.said.push(request.text);
      if (this.mode === 'dies' || this.mode === 'stalls') {
        onPart({ type: 'audio', pcm: tone(300, request.text.length * 40), sampleRateHz: 8000 });
        if (this.mode === 'dies') onPart({ type: 'error', message: 'broke off' });
        return;
      }
      onPart({ type: 'audio', pcm: tone(300, request.text.length * 80), sampleRateHz: 8000 });
      onPart({ type: 'done' });
    });
    return { abort: cancel };
  }
}

/** The far end: what it was sent, and marks returned when they are played. */
export class ScriptedLine implements MediaLeg {
  readonly bufferMs = 0;
  readonly frames: { atMs: number }[] = [];
  clears = 0;
  closed = false;
  returnsMarks = true;
  #playEndMs = 0;
  #pending: { name: string; cancel: () => void }[] = [];
  readonly #clock: VirtualClock;
  onMark: (name: string) => void = () => undefined;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Audio sent and not yet played, ms. */
  get leadMs(): number {
    return Math.max(0, this.#playEndMs - this.#clock.nowMs());
  }

  send(): void {
    if (this.closed) throw new Error('sent after close');
    this.frames.push({ atMs: this.#clock.nowMs() });
    this.#playEndMs = Math.max(this.#playEndMs, this.#clock.nowMs()) + 20;
  }

  mark(name: string): void {
    if (!this.returnsMarks) return;
    const cancel = this.#clock.at(this.#playEndMs, () => this.#return(name));
    this.#pending.push({ name, cancel });
  }

  clear(): void {
    this.clears++;
    this.#playEndMs = this.#clock.nowMs();
    // As carriers do: all pending marks come back at once.
    for (const { name, cancel } of this.#pending.splice(0)) {
      cancel();
      this.#clock.at(this.#clock.nowMs() + 5, () => this.onMark(name));
    }
  }

  isAlive(): Promise<boolean> {
    return Promise.resolve(!this.closed);
  }

  close(): void {
    this.closed = true;
  }

  #return(name: string): void {
    this.#pending = this.#pending.filter((one) => one.name !== name);
    this.onMark(name);
  }
}

export interface Stage {
  readonly clock: VirtualClock;
  readonly ears: ScriptedEar[];
  readonly models: ScriptedModel[];
  readonly voices: ScriptedVoice[];
  readonly line: ScriptedLine;
  readonly session: VoiceSession;
  readonly notes: TurnNote[];
  readonly toolRuns: { key: string; name: string }[];
  readonly ends: string[];
  readonly hungUp: string[];
  tool: () => Promise<ToolOutcome>;
  /** The caller speaks for so long. */
  speak(ms: number, text: string | null): Promise<void>;
  silence(ms: number): Promise<void>;
  entries(role: string): string[];
}

const SILENCE = encodeMulaw(new Int16Array(160));
const SPEECH = encodeMulaw(tone(440, 20, 12_000));

/** A session with everything around it scripted, on a clock of the test's own. */
export function stage(
  policy: Partial<TurnPolicy> = {},
  chain = 1,
  wrapped: (providers: Providers, clock: VirtualClock) => Providers = (providers) => providers,
): Stage {
  const clock = new VirtualClock();
  const ears = Array.from({ length: chain }, (_, i) => new ScriptedEar(clock, `ear${i}`));
  const models = Array.from({ length: chain }, (_, i) => new ScriptedModel(clock, `model${i}`));
  const voices = Array.from({ length: chain }, (_, i) => new ScriptedVoice(clock, `voice${i}`));
  const line = new ScriptedLine(clock);
  const [notes, toolRuns, ends, hungUp]: [TurnNote[], { key: string; name: string }[], string[], string[]] = [
    [],
    [],
    [],
    [],
  ];
  const made: { -readonly [K in keyof Stage]?: Stage[K] } = {};
  const session = new VoiceSession({
    clock,
    providers: wrapped(
      { voiceActivity: loudness, speechToText: ears, languageModels: models, textToSpeech: voices },
      clock,
    ),
    policy: { ...DEFAULT_POLICY, firstMessage: 'Hello there.', ...policy },
    prompt: 'p',
    model: 'm',
    voiceId: 'v',
    tools: [],
    context: { phrases: [] },
    host: {
      runTool: (key, name) => {
        toolRuns.push({ key, name });
        return made.tool!();
      },
      note: (note) => void notes.push(note),
      agentFrame: () => undefined,
      agentCut: () => undefined,
      fellBack: () => undefined,
      hangUp: (reason) => void hungUp.push(reason),
      closed: (reason) => void ends.push(reason),
      failed: (error) => {
        throw error;
      },
    },
  });
  line.onMark = (name) => session.mark(name);
  const audio = async (ms: number, frame: Uint8Array) => {
    for (let at = 0; at < ms; at += 20) {
      await clock.advance(20);
      session.audio(frame);
    }
  };
  Object.assign(made, {
    clock,
    ears,
    models,
    voices,
    line,
    session,
    notes,
    toolRuns,
    ends,
    hungUp,
    tool: () => Promise.resolve({ status: 'ok', output: 'done' } as const),
    speak: async (ms: number, text: string | null) => {
      for (const ear of ears) ear.next = text;
      await audio(ms, SPEECH);
    },
    silence: (ms: number) => audio(ms, SILENCE),
    entries: (role: string) =>
      notes.flatMap((note) =>
        note.kind === 'entry' && note.item.role === role && 'text' in note.item ? [note.item.text] : [],
      ),
  });
  return made as Stage;
}
