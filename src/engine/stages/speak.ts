import { spokenLength, wordsIn } from '#core/kernel/text/words.ts';
import { SAMPLE_RATE, SAMPLES_PER_MS } from '../audio/format.ts';
import { Resampler } from '../audio/resampler.ts';
import type { CallClock } from '../contracts/clock.ts';
import type { Failure, ProviderRun } from '../contracts/failure.ts';
import type { SpeechPart, SpokenWord, TextToSpeech } from '../contracts/text-to-speech.ts';
import type { TurnEventBody } from '../turns/events.ts';
import type { Playout } from './playout.ts';

/** Estimated word times get this margin before the word counts as heard. */
const WORD_MARGIN_MS = 60;
const QUIET = 300;
const STALL_MS = 1200;

export interface SpeakOptions {
  readonly clock: CallClock;
  /** Voices in the order in which they are tried. */
  readonly chain: readonly TextToSpeech[];
  readonly voiceId: string;
  readonly playout: Playout;
  readonly post: (event: TurnEventBody) => void;
}

const LATE: Failure = { type: 'error', message: 'no audio in time' };

/** Turns clauses into audio on the playout line. */
export class Speak {
  readonly #options: SpeakOptions;
  readonly #running = new Map<number, ProviderRun>();
  #prepared: { readonly generation: number; readonly text: string; readonly voice: VoiceRun } | null = null;

  constructor(options: SpeakOptions) {
    this.#options = options;
  }

  /**
   * Asks the first voice for a clause that the model has likely finished, before it is certain: a word of the model
   * earlier. Null: this generation says none, or another.
   */
  prepare(generation: number, text: string | null): void {
    if (text === null && this.#prepared?.generation !== generation) return;
    this.#prepared?.voice.abort();
    this.#prepared = text === null ? null : { generation, text, voice: this.#ask(text, 1) };
  }

  start(segment: number, text: string, attempt: number): void {
    // A voice that still runs when the next one is tried has taken too long.
    this.#running.get(segment)?.abort(LATE);
    const job = new SegmentJob(this.#options, segment, text, () => this.#running.delete(segment));
    this.#running.set(segment, job);
    const isPrepared = attempt === 1 && this.#prepared?.text === text;
    const voice = isPrepared ? this.#prepared!.voice : this.#ask(text, attempt);
    if (isPrepared) this.#prepared = null;
    job.run = voice;
    voice.deliver((part) => job.part(part));
    if (job.over) this.#running.delete(segment);
  }

  /** `late`: the voice took too long. */
  stop(segment: number, late = false): void {
    this.#running.get(segment)?.abort(late ? LATE : undefined);
    this.#running.delete(segment);
    this.#options.playout.forget(segment);
  }

  close(): void {
    for (const job of this.#running.values()) job.abort();
    this.#running.clear();
    this.#prepared?.voice.abort();
    this.#prepared = null;
  }

  #ask(text: string, attempt: number): VoiceRun {
    const { chain, clock, voiceId } = this.#options;
    const provider = chain[Math.min(attempt, chain.length) - 1]!;
    return new VoiceRun((onPart) =>
      provider.synthesize({ text, voiceId, working: (budgetMs) => clock.working(budgetMs) }, onPart),
    );
  }
}

/** A request to a voice. Parts that come before `deliver` are kept for it. */
class VoiceRun implements ProviderRun {
  readonly #run: ProviderRun;
  readonly #kept: SpeechPart[] = [];
  #deliver: ((part: SpeechPart) => void) | null = null;

  constructor(start: (onPart: (part: SpeechPart) => void) => ProviderRun) {
    this.#run = start((part) => {
      if (this.#deliver) this.#deliver(part);
      else this.#kept.push(part.type === 'audio' ? { ...part, pcm: part.pcm.slice() } : part);
    });
  }

  deliver(to: (part: SpeechPart) => void): void {
    this.#deliver = to;
    for (const part of this.#kept.splice(0)) to(part);
  }

  abort(why?: Failure): void {
    this.#run.abort(why);
  }
}

class SegmentJob {
  readonly #options: SpeakOptions;
  readonly #segment: number;
  readonly #text: string;
  readonly #ended: () => void;
  #resampler: Resampler | null = null;
  #rate = 0;
  #samples = 0;
  #firstLoud = -1;
  #lastLoud = 0;
  #cancelStall: () => void = () => undefined;
  over = false;
  run: ProviderRun | null = null;

  constructor(options: SpeakOptions, segment: number, text: string, ended: () => void) {
    this.#options = options;
    this.#segment = segment;
    this.#text = text;
    this.#ended = ended;
  }

  abort(why?: Failure): void {
    this.over = true;
    this.#cancelStall();
    this.run?.abort(why);
  }

  part(part: SpeechPart): void {
    if (this.over) return;
    const { playout, post } = this.#options;
    const segment = this.#segment;
    if (part.type === 'audio') {
      this.#audio(part.pcm, part.sampleRateHz);
      return this.#expectMore();
    }
    this.over = true;
    this.#cancelStall();
    this.#ended();
    if (part.type === 'error' || this.#samples === 0) {
      // The audio before the failure is played to its end.
      if (this.#samples > 0) playout.complete(segment);
      const unspeakable = part.type === 'error' && part.unspeakable === true;
      return post({ type: 'synthesis-failed', segment, samples: this.#samples, unspeakable });
    }
    playout.complete(segment);
    post({ type: 'synthesis-done', segment, samples: this.#samples, words: this.#words(part.words) });
  }

  /** Starts the timeout for the next audio: a voice that stops in mid-sentence has failed. */
  #expectMore(): void {
    this.#cancelStall();
    const { clock } = this.#options;
    this.#cancelStall = clock.at(clock.nowMs() + STALL_MS, () => {
      const { run } = this;
      const silent: Failure = { type: 'error', message: `silent for ${STALL_MS} ms` };
      this.part(silent);
      run?.abort(silent);
    });
  }

  #audio(pcm: Int16Array, rate: number): void {
    const first = this.#samples === 0;
    const line = this.#toLineRate(pcm, rate);
    for (let i = 0; i < line.length; i += 8) {
      if (Math.abs(line[i]!) < QUIET) continue;
      if (this.#firstLoud < 0) this.#firstLoud = this.#samples + i;
      this.#lastLoud = this.#samples + i;
    }
    this.#samples += line.length;
    this.#options.playout.write(this.#segment, line);
    if (first && line.length > 0) this.#options.post({ type: 'synthesis-started', segment: this.#segment });
  }

  #toLineRate(pcm: Int16Array, rate: number): Int16Array {
    if (rate === SAMPLE_RATE) return pcm;
    if (!this.#resampler || this.#rate !== rate)
      [this.#resampler, this.#rate] = [new Resampler(rate, SAMPLE_RATE), rate];
    return this.#resampler.process(pcm);
  }

  #words(given: readonly SpokenWord[] | undefined): { text: string; endSample: number }[] {
    if (given) return given.map((word) => ({ text: word.text, endSample: Math.round(word.endMs * SAMPLES_PER_MS) }));
    const words = wordsIn(this.#text);
    const from = Math.max(0, this.#firstLoud);
    const length = Math.max(0, this.#lastLoud - from);
    // Each word weighs its letters and a little for its edges; punctuation is a pause.
    const weights = words.map((word) => spokenLength(word) + 1.5 + (/\p{P}$/u.test(word) ? 2 : 0));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let past = 0;
    return words.map((text, i) => {
      past += weights[i]!;
      return {
        text,
        endSample: Math.min(
          this.#samples,
          Math.round(from + (length * past) / total + WORD_MARGIN_MS * SAMPLES_PER_MS),
        ),
      };
    });
  }
}
