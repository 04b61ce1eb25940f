// The call that every bench plays, a minute long: six turns, and one that interrupts the agent. And the fixed fakes
// that answer in it: a recogniser, a model and a voice with the delays of good vendors.
import { FRAME_MS, FRAME_SAMPLES, SAMPLES_PER_MS } from '#engine/audio/format.ts';
import { Random } from '../../test/support/random.ts';
import * as sounds from '../corpus/sounds.ts';
import { say, voicesHere } from '../corpus/voices.ts';

export const CALL_MS = 60_000;

export interface CallerTurn {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Begins while the agent answers the turn before. */
  readonly bargeIn: boolean;
}

export interface Script {
  readonly sampleRate: number;
  readonly frames: readonly Int16Array[];
  readonly turns: readonly CallerTurn[];
}

const TURNS: readonly (readonly [text: string, start: number | 'barge-in'])[] = [
  ['I would like to book an appointment for tomorrow morning', 1000],
  ['can you tell me when the technician will come', 10_000],
  ['we are looking for a system for about twenty people', 19_500],
  ['I was charged twice for the same order', 29_000],
  ['that is not what I asked for', 'barge-in'],
  ['could you send me the invoice again', 42_500],
  ['the second one sounds good to me', 51_500],
];
const BARGE_IN_AFTER_MS = 2400;
/** In the worst case this turn is ten seconds of speech without a pause. */
const LONG_TURN_MS = 29_000;
const LONGEST_SPEECH_MS = 10_000;
const SILENCE_DB = -45;
/** Peak of a quiet line's noise, in steps of 16 bits: about -75 dBFS. */
const QUIET_PEAK = 8;

/** `noiseDb`: level of the noise under the whole call in dBFS; null is a quiet line. `worst`: with a turn of 10 s. */
export function makeScript(noiseDb: number | null, worst = false): Script {
  const clips = say(
    voicesHere()[2]!,
    TURNS.map(([text]) => text),
  );
  const pcm = sounds.silence(CALL_MS);
  const turns: CallerTurn[] = [];
  for (const [text, start] of TURNS) {
    // The turn after the long one comes too soon for its answer.
    if (worst && start === 42_500) continue;
    const clip = worst && start === LONG_TURN_MS ? withoutPauses(clips) : clips.get(text)!.pcm;
    const startMs = start === 'barge-in' ? turns.at(-1)!.endMs + BARGE_IN_AFTER_MS : start;
    // Speech ends with a frame, so that its end is known exactly.
    const endMs = startMs + Math.floor(clip.length / FRAME_SAMPLES) * FRAME_MS;
    sounds.mixIn(pcm, clip.subarray(0, (endMs - startMs) * SAMPLES_PER_MS), startMs);
    turns.push({ text, startMs, endMs, bargeIn: start === 'barge-in' });
  }
  const random = new Random(1);
  const white = sounds.whiteNoise(random);
  const level = noiseDb === null ? 0 : sounds.rmsOf(noiseDb);
  for (let i = 0; i < pcm.length; i++)
    pcm[i] = sounds.clipped(pcm[i]! + (noiseDb === null ? random.between(-QUIET_PEAK, QUIET_PEAK) : white() * level));
  return {
    sampleRate: 8000,
    frames: Array.from({ length: CALL_MS / FRAME_MS }, (_, i) => pcm.slice(i * FRAME_SAMPLES, (i + 1) * FRAME_SAMPLES)),
    turns,
  };
}

/** All clips one after the other, again and again, without the silence at their ends. */
function withoutPauses(clips: ReturnType<typeof say>): Int16Array {
  const trimmed = [...clips.values()].map(({ pcm }) => {
    const loud = (sample: number) => Math.abs(sample) > sounds.rmsOf(SILENCE_DB);
    return pcm.subarray(pcm.findIndex(loud), pcm.findLastIndex(loud) + 1);
  });
  const samples = trimmed.reduce((sum, clip) => sum + clip.length, 0);
  const once = sounds.join(...trimmed);
  const length = LONGEST_SPEECH_MS * SAMPLES_PER_MS;
  return Int16Array.from({ length }, (_, i) => once[i % samples]!);
}

export const DELAYS = {
  finalMs: 100,
  partialEveryMs: 400,
  firstTokenMs: 200,
  tokenMs: 20,
  sentences: [8, 10, 12],
  firstAudioMs: 100,
  chunkMs: 100,
  chunkEveryMs: 25,
  msPerToken: 130,
  rate: 24_000,
} as const;
/** From the request to the first sentence: all of its tokens. */
export const FIRST_SENTENCE_MS = DELAYS.firstTokenMs + (DELAYS.sentences[0] - 1) * DELAYS.tokenMs;
/** The least that lies between a final text and the agent's first audio. */
export const ANSWER_MS = FIRST_SENTENCE_MS + DELAYS.firstAudioMs;

interface Heard {
  readonly type: 'interim' | 'final';
  readonly text: string;
  readonly turn: number;
}

/** Knows the script, and where in it the audio is by what it is given. */
class FakeStt {
  readonly #script: Script;
  readonly #emit: (heard: Heard) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  #atMs: number;
  #turn = 0;
  #partials = 0;

  constructor(script: Script, startMs: number, emit: (heard: Heard) => void) {
    this.#script = script;
    this.#atMs = startMs;
    this.#emit = emit;
  }

  push(ms: number): void {
    this.#atMs += ms;
    const turn = this.#script.turns[this.#turn];
    if (!turn || this.#atMs < turn.startMs) return;
    if (this.#atMs >= turn.endMs - 0.5) {
      const number = this.#turn++;
      this.#partials = 0;
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#emit({ type: 'final', text: turn.text, turn: number });
      }, DELAYS.finalMs);
      this.#timers.add(timer);
    } else if (this.#atMs - turn.startMs >= (this.#partials + 1) * DELAYS.partialEveryMs) {
      this.#partials++;
      const words = turn.text.split(' ');
      const known = Math.max(1, Math.floor((words.length * (this.#atMs - turn.startMs)) / (turn.endMs - turn.startMs)));
      this.#emit({ type: 'interim', text: words.slice(0, known).join(' '), turn: this.#turn });
    }
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

const TOKENS = DELAYS.sentences.flatMap((count, s) =>
  Array.from(
    { length: count },
    (_, i) => `${s + i === 0 ? '' : ' '}${i === 0 ? 'Sure' : 'word'}${i === count - 1 ? '.' : ''}`,
  ),
);

function fakeLlm(onToken: (text: string) => void, onDone: () => void): { abort(): void } {
  const began = performance.now();
  let next = 0;
  let timer = setTimeout(step, DELAYS.firstTokenMs);
  function step(): void {
    while (next < TOKENS.length && performance.now() >= began + DELAYS.firstTokenMs + next * DELAYS.tokenMs - 0.5)
      onToken(TOKENS[next++]!);
    if (next === TOKENS.length) return onDone();
    timer = setTimeout(step, Math.max(0, began + DELAYS.firstTokenMs + next * DELAYS.tokenMs - performance.now()));
  }
  return { abort: () => clearTimeout(timer) };
}

const CHUNK = Int16Array.from({ length: (DELAYS.rate * DELAYS.chunkMs) / 1000 }, (_, i) =>
  Math.round(4000 * Math.sin((2 * Math.PI * 220 * i) / DELAYS.rate)),
);

/** One clause in, chunks of audio out, four times as fast as they play. */
class FakeTts {
  readonly #emit: (pcm: Int16Array, ms: number) => void;
  readonly #done: () => void;
  #leftMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(emit: (pcm: Int16Array, ms: number) => void, done: () => void) {
    this.#emit = emit;
    this.#done = done;
  }

  push(text: string): void {
    this.#leftMs += text.trim().split(/\s+/).length * DELAYS.msPerToken;
  }

  end(): void {
    this.#timer = setTimeout(() => this.#chunk(), DELAYS.firstAudioMs);
  }

  abort(): void {
    clearTimeout(this.#timer);
  }

  #chunk(): void {
    const ms = Math.min(DELAYS.chunkMs, this.#leftMs);
    this.#leftMs -= ms;
    this.#emit(ms === DELAYS.chunkMs ? CHUNK : CHUNK.subarray(0, (CHUNK.length * ms) / DELAYS.chunkMs), ms);
    if (this.#leftMs > 0) this.#timer = setTimeout(() => this.#chunk(), DELAYS.chunkEveryMs);
    else this.#done();
  }
}

/** The fakes as an engine's adapter takes them. */
export const fakes = { FakeStt, FakeTts, fakeLlm, PROVIDERS: { tts: { sampleRate: DELAYS.rate } } };
