// Our real engine (VoiceSession with its real clock, voice activity, playout) as a voice-engine bench drives it: fake
// providers with fixed delays behind our own contracts, mu-law in and out as on a media socket. The bench hands its
// module in; nothing of it is imported here.
import { SAMPLES_PER_MS } from '#engine/audio/format.ts';
import { encodeMulaw } from '#engine/audio/mulaw.ts';
import type { LanguageModel } from '#engine/contracts/language-model.ts';
import type { MediaLeg } from '#engine/contracts/media.ts';
import type { SpeechToText, SpeechToTextOptions, SpeechToTextStream } from '#engine/contracts/speech-to-text.ts';
import type { TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import { RealClock } from '#engine/real-clock.ts';
import { DEFAULT_POLICY, type TurnPolicy } from '#engine/turns/policy.ts';
import type { TurnTiming } from '#engine/turns/state.ts';
import { VoiceSession } from '#engine/voice-session.ts';
import { type Providers } from '#engine/contracts/providers.ts';
import { makeSilero, type SileroVersion } from '#providers/offline/silero/silero.ts';

/** As much of the bench's module as is used. */
interface Scenario<Script> {
  readonly FakeStt: new (
    script: Script,
    startMs: number,
    emit: (event: { readonly type: 'interim' | 'final'; readonly text: string; readonly turn: number }) => void,
  ) => { push(ms: number): void; close(): void };
  readonly FakeTts: new (
    emit: (pcm: Int16Array, ms: number) => void,
    done: () => void,
  ) => { push(text: string): void; end(): void; abort(): void };
  fakeLlm(onToken: (text: string) => void, onDone: () => void): { abort(): void };
  readonly PROVIDERS: { readonly tts: { readonly sampleRate: number } };
}
interface Sink {
  audio(ms: number): void;
  endReply(): void;
  stop(kind: 'pause' | 'clear'): void;
  readonly queuedMs: number;
  /** Only our own bench asks: the instants of an answer, ms from the start of the call. */
  answered?(timing: TurnTiming): void;
}
interface CallIO<Script> {
  readonly script: Script;
  /** Of the script's first speech, where a call is connected at an unknown time before; left out: at its start. */
  readonly firstSpeechMs?: number;
  readonly sink: Sink;
  fedMs(): number;
}

const FRAME_MS = 20;
const SPEECH_PEAK = 500;

/** What one bench drives: `--endpoint MS`, `--vad v5|v6`, `--marks false` for a carrier without marks. */
export function makeAdapter<Script>(scenario: Scenario<Script>, options: Readonly<Record<string, string | undefined>>) {
  const endpointMs = Number(options['endpoint'] ?? DEFAULT_POLICY.endpointMs);
  const version: SileroVersion = options['vad'] === 'v6' ? 'v6' : 'v5';
  const marks = options['marks'] !== 'false';
  const clock = new RealClock();
  // The script's caller is silent for longer than a person would be.
  const policy: TurnPolicy = { ...DEFAULT_POLICY, firstMessage: null, screen: false, endpointMs, idleMs: 3_600_000 };
  const silero = makeSilero(version);
  return {
    name: 'trunkline',
    settings: { endpointMs, vad: `silero ${version}`, marks },
    policy: { endpointMs, preemptive: 'llm+tts' as const },
    sampleRate: 8000,
    // The weights are read here, not when the first call comes.
    setup: () => Promise.resolve(void silero.open().process(new Int16Array(256))),
    startCall: (io: CallIO<Script>) => Promise.resolve(startCall(scenario, io, { clock, policy, silero, marks })),
  };
}

function startCall<Script>(
  scenario: Scenario<Script>,
  io: CallIO<Script>,
  shared: { clock: RealClock; policy: TurnPolicy; silero: Providers['voiceActivity']; marks: boolean },
) {
  let closed = false;
  const session: VoiceSession = new VoiceSession({
    clock: shared.clock,
    policy: shared.policy,
    prompt: 'You help.',
    model: 'fake',
    voiceId: 'fake',
    tools: [],
    context: { phrases: [] },
    providers: fakeProviders(scenario, shared.silero, io),
    host: {
      runTool: () => Promise.resolve({ status: 'failed', output: 'none' }),
      note: (note) => {
        if (note.kind !== 'entry' || note.item.role !== 'agent') return;
        io.sink.endReply();
        io.sink.answered?.(note.item.timing);
      },
      agentFrame: () => undefined,
      agentCut: () => undefined,
      fellBack: () => undefined,
      hangUp: () => undefined,
      closed: () => undefined,
      failed: (error) => console.error(error),
    },
  });
  const leg: MediaLeg = {
    bufferMs: 0,
    send: () => io.sink.audio(FRAME_MS),
    // What has been handed over has been played when the sink has nothing left of it.
    mark: (name) => {
      if (shared.marks) setTimeout(() => closed || session.mark(name), io.sink.queuedMs);
    },
    clear: () => io.sink.stop('clear'),
    close: () => undefined,
    isAlive: () => Promise.resolve(!closed),
  };
  session.start(leg);
  return {
    pushAudio: (frame: Int16Array) => session.audio(encodeMulaw(frame)),
    close: () => {
      closed = true;
      session.hungUp('over');
    },
  };
}

/** The bench's fakes behind our contracts. */
export function fakeProviders<Script>(
  scenario: Scenario<Script>,
  voiceActivity: Providers['voiceActivity'],
  io: Pick<CallIO<Script>, 'script' | 'fedMs' | 'firstSpeechMs'>,
): Providers {
  return {
    voiceActivity,
    speechToText: [recogniser(scenario, io)],
    languageModels: [languageModel(scenario)],
    textToSpeech: [voice(scenario)],
  };
}

/**
 * A streaming vendor: it finds the ends of sentences itself, and gets the speech found by our voice activity detection.
 */
function recogniser<Script>(
  scenario: Scenario<Script>,
  io: Pick<CallIO<Script>, 'script' | 'fedMs' | 'firstSpeechMs'>,
): SpeechToText {
  return { id: 'fake', open: (options) => new FakeStream(scenario, io, options) };
}

class FakeStream<Script> implements SpeechToTextStream {
  readonly #fake: { push(ms: number): void; close(): void };
  readonly #onPart: SpeechToTextOptions['onPart'];
  #begun = false;
  /** Of the script's turn that is being said: its utterances so far that have no final. */
  #open: number[] = [];
  #text = '';
  /** Nothing was said yet; then it is this time of the script. */
  #waitsForMs: number | null;

  constructor(
    scenario: Scenario<Script>,
    io: Pick<CallIO<Script>, 'script' | 'fedMs' | 'firstSpeechMs'>,
    { onPart }: SpeechToTextOptions,
  ) {
    this.#onPart = onPart;
    this.#waitsForMs = io.firstSpeechMs ?? null;
    this.#fake = new scenario.FakeStt(io.script, Math.max(0, io.fedMs()), ({ type, text }) => {
      if (type === 'interim') this.#partial(text);
      else this.#final(text);
    });
  }

  audio(pcm: Int16Array): void {
    // Digital silence comes only before the script: its quiet line has a little noise.
    if (!this.#begun && pcm.every((sample) => sample === 0)) return;
    if (this.#waitsForMs !== null) {
      if (!pcm.some((sample) => Math.abs(sample) > SPEECH_PEAK)) return;
      this.#fake.push(this.#waitsForMs);
      this.#waitsForMs = null;
    }
    this.#begun = true;
    this.#fake.push(pcm.length / SAMPLES_PER_MS);
  }

  begin(utterance: number): void {
    // Speech after a pause within one sentence: the vendor gives one text for both.
    const before = this.#open.at(-1);
    if (before !== undefined)
      this.#onPart({ type: 'transcript-final', utterance: before, text: this.#text, confidence: 1 });
    this.#open.push(utterance);
  }

  end(): void {
    // The vendor has its own idea of when a sentence is over; its final comes by itself.
  }

  expect(): void {
    // Nothing to expect.
  }

  close(): void {
    this.#fake.close();
  }

  #partial(text: string): void {
    this.#text = text;
    const utterance = this.#open.at(-1);
    if (utterance !== undefined) this.#onPart({ type: 'transcript-partial', utterance, text });
  }

  #final(text: string): void {
    const [first] = this.#open;
    const last = this.#open.at(-1);
    this.#text = '';
    this.#open = [];
    if (first === undefined || last === undefined) return;
    this.#onPart({
      type: 'transcript-final',
      utterance: last,
      text,
      confidence: 1,
      ...(first === last ? {} : { whole: { since: first, text } }),
    });
  }
}

function languageModel<Script>(scenario: Scenario<Script>): LanguageModel {
  return {
    id: 'fake',
    generate: (_request, onPart) =>
      scenario.fakeLlm(
        (text) => onPart({ type: 'text', text }),
        () => onPart({ type: 'done' }),
      ),
  };
}

function voice<Script>(scenario: Scenario<Script>): TextToSpeech {
  return {
    id: 'fake',
    synthesize: ({ text }, onPart) => {
      const fake = new scenario.FakeTts(
        (pcm) => onPart({ type: 'audio', pcm, sampleRateHz: scenario.PROVIDERS.tts.sampleRate }),
        () => onPart({ type: 'done' }),
      );
      fake.push(text);
      fake.end();
      return fake;
    },
  };
}
