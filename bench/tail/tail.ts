// Calls with providers whose delays have a tail: how long after the caller's last word the agent is heard, with each
// measure against the tail switched off in turn. On a virtual clock, in audio, through the whole engine.
import { Hedging } from '#agent-mind/hedging.ts';
import { ReadySpeech } from '#agent-mind/ready-speech.ts';
import { FRAME_MS, FRAME_SAMPLES, SAMPLES_PER_MS } from '#engine/audio/format.ts';
import { encodeMulaw } from '#engine/audio/mulaw.ts';
import type { MediaLeg } from '#engine/contracts/media.ts';
import { DEFAULT_POLICY, type TurnPolicy } from '#engine/turns/policy.ts';
import { VoiceSession } from '#engine/voice-session.ts';
import { makeSilero } from '#providers/offline/silero/silero.ts';
import { Random } from '../../test/support/random.ts';
import { VirtualClock } from '../../test/support/virtual-clock.ts';
import { say, voicesHere } from '../corpus/voices.ts';
import { percentile, rounded } from '../statistics.ts';
import type { AgentTurn } from '#engine/turns/state.ts';
import { drawer, TAIL, type Delay } from './delays.ts';
import { ANSWERS, tailModel, tailRecogniser, tailVoice, type Load, type Spoken } from './providers.ts';

const CALLER_SAYS = [
  'I would like to book an appointment for tomorrow morning',
  'can you tell me when the technician will come',
  'we are looking for a system for about twenty people',
  'I was charged twice for the same order',
  'could you send me the invoice again',
  'the second one sounds good to me',
];
/** Turns before those that are measured: the second requests' limit is learned from them. */
const WARM_UP = 60;
const SILENCE_BEFORE_MS = 400;
const LONGEST_MS = 20_000;
const NOISE_PEAK = 8;
/** A call's timers are over by then. */
const HANG_UP_MS = 5000;

/** What is done against the tail. */
interface Measures {
  readonly speculates: boolean;
  readonly firstClauseLetters: number | null;
  readonly openingAfterMs: number | null;
  /** Opening words that were said once are kept. */
  readonly ready: boolean;
  readonly hedgedShare: number;
}

export interface TailRow {
  readonly name: string;
  /** From the caller's last word to the agent's first frame. */
  readonly firstFrameMs: readonly [p50: number, p90: number, p95: number];
  /** The same to the first frame of the answer itself. */
  readonly answerMs: readonly [p50: number, p90: number, p95: number];
  /** Of 100 turns. */
  readonly openings: number;
  readonly requestsPerTurn: number;
}

const percentiles = (values: readonly number[]) =>
  [0.5, 0.9, 0.95].map((share) => rounded(percentile(values, share), 0)) as [number, number, number];

interface Heard {
  readonly firstFrameMs: number;
  readonly answerMs: number;
  readonly opened: boolean;
}

const ALL: Measures = {
  speculates: true,
  firstClauseLetters: 40,
  openingAfterMs: 1100,
  ready: true,
  hedgedShare: 0.2,
};
const NONE: Measures = {
  speculates: false,
  firstClauseLetters: null,
  openingAfterMs: null,
  ready: false,
  hedgedShare: 0,
};
/** All of them, each switched off, and each alone. A server says opening words only with `ANSWERS_OPENING_MS`. */
const ROWS: readonly (readonly [name: string, measures: Measures])[] = [
  ['all', ALL],
  ['without speculation', { ...ALL, speculates: false }],
  ['without a first clause', { ...ALL, firstClauseLetters: null }],
  ['without sentences kept ready', { ...ALL, ready: false }],
  ['without opening words, as a server has them', { ...ALL, openingAfterMs: null }],
  ['without second requests', { ...ALL, hedgedShare: 0 }],
  ['none', NONE],
  ['speculation alone', { ...NONE, speculates: true }],
  ['first clause alone', { ...NONE, firstClauseLetters: 40 }],
  ...[10, 20, 33, 50].map((percent): [string, Measures] => [
    `second requests for ${percent} of 100 alone`,
    { ...NONE, hedgedShare: percent / 100 },
  ]),
];

/** Every row, with so many turns each. */
export const measureTail = (turns: number): TailRow[] => ROWS.map(([name, measures]) => row(name, measures, turns));

function row(name: string, measures: Measures, turns: number): TailRow {
  const bench = new TailBench(measures);
  const heard: Heard[] = [];
  let before = 0;
  for (let turn = 0; turn < WARM_UP + turns; turn++) {
    if (turn === WARM_UP) before = bench.load.requests;
    const one = bench.turn(turn);
    if (turn >= WARM_UP) heard.push(one);
  }
  return {
    name,
    firstFrameMs: percentiles(heard.map((one) => one.firstFrameMs)),
    answerMs: percentiles(heard.map((one) => one.answerMs)),
    openings: rounded((100 * heard.filter((one) => one.opened).length) / turns, 1),
    requestsPerTurn: rounded((bench.load.requests - before) / turns, 2),
  };
}

/** What the far end of one call hears first. */
class FirstFrames {
  frameMs = NaN;
  answerMs = NaN;
  opened = false;

  frame(turn: AgentTurn | null, playAtMs: number): void {
    if (Number.isNaN(this.frameMs)) {
      this.frameMs = playAtMs;
      this.opened = turn?.segments[0]?.opening ?? false;
    }
    // A segment counts as started after its first frame.
    const playing = turn?.segments.findLast((one) => one.started);
    if (!this.opened) this.answerMs = this.frameMs;
    else if (Number.isNaN(this.answerMs) && playing && !playing.opening) this.answerMs = playAtMs - FRAME_MS;
  }
}

const LINE: MediaLeg = {
  bufferMs: 0,
  send: () => undefined,
  mark: () => undefined,
  clear: () => undefined,
  close: () => undefined,
  isAlive: () => Promise.resolve(true),
};

class TailBench {
  readonly load: Load = { requests: 0 };
  readonly #measures: Measures;
  readonly #silero = makeSilero();
  readonly #clock = new VirtualClock();
  readonly #hedging: Hedging;
  readonly #ready = new ReadySpeech();
  readonly #clips = say(voicesHere()[2]!, CALLER_SAYS);

  constructor(measures: Measures) {
    this.#measures = measures;
    this.#hedging = new Hedging(measures.hedgedShare);
  }

  /** One call of one turn. Its delays depend on its number alone, so that all rows are measured with the same. */
  turn(number: number): Heard {
    const clock = this.#clock;
    const random = new Random(number * 7919 + 1);
    const text = random.pick(CALLER_SAYS);
    const answer = random.pick(ANSWERS);
    const pcm = this.#clips.get(text)!.pcm;
    const startMs = clock.nowMs() + SILENCE_BEFORE_MS;
    const spoken: Spoken = { text, startMs, endMs: startMs + pcm.length / SAMPLES_PER_MS };
    const heard = new FirstFrames();
    const session = this.#session(number, answer, spoken, (playAtMs) => heard.frame(session.state.turn, playAtMs));
    session.start(LINE);
    const frame = new Int16Array(FRAME_SAMPLES);
    for (const endMs = clock.nowMs() + LONGEST_MS; Number.isNaN(heard.answerMs) && clock.nowMs() < endMs;) {
      clock.advanceAtOnce(FRAME_MS);
      const from = Math.round((clock.nowMs() - FRAME_MS - startMs) * SAMPLES_PER_MS);
      for (let i = 0; i < FRAME_SAMPLES; i++)
        frame[i] = (from + i >= 0 ? (pcm[from + i] ?? 0) : 0) + random.between(-NOISE_PEAK, NOISE_PEAK);
      session.audio(encodeMulaw(frame));
    }
    session.hungUp('over');
    clock.advanceAtOnce(HANG_UP_MS);
    return {
      firstFrameMs: heard.frameMs - spoken.endMs,
      answerMs: heard.answerMs - spoken.endMs,
      opened: heard.opened,
    };
  }

  #session(number: number, answer: string, spoken: Spoken, frame: (playAtMs: number) => void): VoiceSession {
    const clock = this.#clock;
    const { speculates, firstClauseLetters, openingAfterMs, ready } = this.#measures;
    const policy: TurnPolicy = { ...DEFAULT_POLICY, idleMs: 3_600_000, speculates, firstClauseLetters, openingAfterMs };
    const draw = (of: Delay, part: number) => drawer(of, number * 31 + part);
    const { openings } = policy.phrases;
    const plain = tailVoice(clock, draw(TAIL.firstAudio, 3));
    const voice = ready ? this.#ready.voice(plain, new Set(openings)) : plain;
    const model = tailModel(clock, draw(TAIL.firstToken, 2), answer, this.load);
    return new VoiceSession({
      clock,
      policy,
      prompt: 'p',
      model: 'm',
      voiceId: 'v',
      tools: [],
      context: { phrases: [] },
      providers: {
        voiceActivity: this.#silero,
        speechToText: [tailRecogniser(clock, draw(TAIL.speechToText, 1), spoken)],
        languageModels: [this.#hedging.model(model, clock)],
        textToSpeech: [voice],
      },
      host: {
        runTool: () => Promise.resolve({ status: 'failed', output: '' }),
        note: () => undefined,
        agentFrame: (_frame, playAtMs) => frame(playAtMs),
        agentCut: () => undefined,
        fellBack: () => undefined,
        hangUp: () => undefined,
        closed: () => undefined,
        failed: (error) => {
          throw error;
        },
      },
    });
  }
}
