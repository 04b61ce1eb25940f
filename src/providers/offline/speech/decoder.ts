import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { SAMPLE_RATE } from '#engine/audio/format.ts';
import { END, START, type Bigram, type WordClasses } from './bigram.ts';
import { ChannelMeanAccess, UNKNOWN_CHANNEL, type ChannelMean } from './channel-mean.ts';

// SoundSwallower decodes grammars; its WASM also exports the C functions below, with which a bigram back-off model can
// be given to it as a finite state grammar. They are not documented, hence the exact version in package.json.

interface Native {
  readonly Decoder: new (config: Record<string, string | number>) => NativeDecoder;
  readonly HEAPU8: Uint8Array;
  _acmod_reinit_feat(acousticModel: number, frontEnd: number, features: number): number;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _decoder_logmath(decoder: number): number;
  _decoder_set_fsg(decoder: number, fsg: number): number;
  _fsg_model_init(name: number, logmath: number, weight: number, states: number): number;
  _fsg_model_word_add(fsg: number, word: number): number;
  _fsg_model_trans_add(fsg: number, from: number, to: number, logProbability: number, word: number): void;
  _fsg_model_null_trans_add(fsg: number, from: number, to: number, logProbability: number): number;
  _fsg_set_states(fsg: number, start: number, final: number): void;
  _logmath_log(logmath: number, probability: number): number;
}

interface NativeDecoder {
  readonly cdecoder: number;
  readonly cacmod: number;
  initialize(): Promise<unknown>;
  init_fe(): Promise<number>;
  init_feat(): Promise<number>;
  start(): void;
  stop(): void;
  process_audio(pcm: Float32Array): number;
  get_text(): string | null;
  get_alignment(): { w?: readonly { t: string; p: number }[] };
  lookup_word(word: string): string | null;
  add_words(...words: readonly (readonly [string, string])[]): void;
}

const LANGUAGE_WEIGHT = 5;
/** Two Gaussians of four and narrow beams: as many words right on clean lines, for two thirds of the time. */
const SEARCH = { topn: 2, beam: 1e-40, pbeam: 1e-40, wbeam: 1e-30, wip: 0.2 };
const CONFIG = { samprate: SAMPLE_RATE, loglevel: 'FATAL', ...SEARCH };
const BATCH = 1600;
/** How often another sentence follows within an utterance. */
const ANOTHER_SENTENCE = 0.15;

let native: Promise<Native> | null = null;

/** The module resolves a relative model path against the working folder, so the path must be absolute. */
async function load(): Promise<Native> {
  const { default: create } = (await import('soundswallower')) as unknown as {
    default: (options: { modelBase: string }) => Promise<Native>;
  };
  return create({ modelBase: join(dirname(createRequire(import.meta.url).resolve('soundswallower')), 'model') + sep });
}

/** One recogniser. It leaks when it is made anew, so a fixed number of them is made and given new models. */
export class Decoder {
  readonly #native: Native;
  readonly #decoder: NativeDecoder;
  readonly #channel: ChannelMeanAccess;
  readonly #samples = new Float32Array(BATCH);
  #began = UNKNOWN_CHANNEL;
  /** Looking a word up in the dictionary is slow, and every model asks for the same ones. */
  readonly #known = new Set<string>();
  /** Which model it holds. */
  model = '';

  private constructor(library: Native, decoder: NativeDecoder, features: number) {
    this.#native = library;
    this.#decoder = decoder;
    this.#channel = new ChannelMeanAccess(() => library.HEAPU8, features);
  }

  static async create(): Promise<Decoder> {
    const library = await (native ??= load());
    const decoder = new library.Decoder(CONFIG);
    await decoder.initialize();
    // The decoder does not hand out its feature extraction, which holds the channel mean, so it is given one.
    const frontEnd = await decoder.init_fe();
    const features = await decoder.init_feat();
    if (library._acmod_reinit_feat(decoder.cacmod, frontEnd, features) < 0)
      throw new Error('the recogniser refused its feature extraction');
    return new Decoder(library, decoder, features);
  }

  knows(word: string): boolean {
    if (this.#known.has(word)) return true;
    if (this.#decoder.lookup_word(word) === null) return false;
    this.#known.add(word);
    return true;
  }

  addWord(word: string, phones: string): void {
    this.#decoder.add_words([word, phones]);
  }

  /** Words that the dictionary lacks are left out. A class in the model stands for each of its members alike. */
  use(model: Bigram, classes: WordClasses, name: string): void {
    const n = this.#native;
    const logmath = n._decoder_logmath(this.#decoder.cdecoder);
    const words = [...model.unigrams.keys()].filter((word) => word !== END && (classes.has(word) || this.knows(word)));
    // State 0 begins a sentence, 1 backs off to any word, the last one ends; each word has a state of its own between.
    const stateOf = new Map(words.map((word, i) => [word, i + 2]));
    // A class has a second state, from which its members lead to the first.
    const used = words.filter((word) => classes.has(word));
    const entryOf = new Map(used.map((word, i) => [word, words.length + 2 + i]));
    const members = used.flatMap((word) => classes.get(word)!.filter((one) => this.knows(one)));
    const final = words.length + used.length + 2;
    const withText = <T>(text: string, use: (pointer: number) => T): T => {
      const bytes = new TextEncoder().encode(`${text}\0`);
      const pointer = n._malloc(bytes.length);
      n.HEAPU8.set(bytes, pointer);
      const result = use(pointer);
      n._free(pointer);
      return result;
    };
    const fsg = withText('bigram', (pointer) => n._fsg_model_init(pointer, logmath, LANGUAGE_WEIGHT, final + 1));
    const spoken = new Set([...words.filter((word) => !classes.has(word)), ...members]);
    const idOf = new Map(
      [...spoken].map((word) => [word, withText(word, (pointer) => n._fsg_model_word_add(fsg, pointer))]),
    );
    const log = (probability: number) =>
      Math.round(n._logmath_log(logmath, Math.max(probability, 1e-9)) * LANGUAGE_WEIGHT);
    const jump = (from: number, to: number, probability: number) =>
      n._fsg_model_null_trans_add(fsg, from, to, log(probability));
    const say = (from: number, word: string, probability: number) => {
      const to = stateOf.get(word);
      const entry = entryOf.get(word);
      if (entry !== undefined) jump(from, entry, probability);
      else if (word === END) jump(from, final, probability);
      else if (to !== undefined) n._fsg_model_trans_add(fsg, from, to, log(probability), idOf.get(word)!);
    };
    for (const [word, probability] of model.unigrams) if (word !== END && !classes.has(word)) say(1, word, probability);
    for (const [word, entry] of entryOf) {
      const known = classes.get(word)!.filter((one) => idOf.has(one));
      for (const one of known)
        n._fsg_model_trans_add(fsg, entry, stateOf.get(word)!, log(1 / known.length), idOf.get(one)!);
    }
    for (const word of [START, ...words]) {
      const state = word === START ? 0 : stateOf.get(word)!;
      const after = model.histories.get(word);
      for (const [next, probability] of after?.arcs ?? []) say(state, next, probability);
      jump(state, 1, after?.backoff ?? 0.9);
      const ends = after?.arcs.find(([next]) => next === END)?.[1];
      if (state !== 0 && ends !== undefined) jump(state, 0, ends * ANOTHER_SENTENCE);
      if (state !== 0 && !after?.arcs.some(([next]) => next === END)) jump(state, final, after ? 0.02 : 0.1);
    }
    n._fsg_set_states(fsg, 0, final);
    if (n._decoder_set_fsg(this.#decoder.cdecoder, fsg) < 0)
      throw new Error('the recogniser refused the language model');
    this.model = name;
  }

  /** Begins an utterance of a caller with this channel mean, or of a caller who was not heard before. */
  start(channel: ChannelMean = UNKNOWN_CHANNEL): void {
    this.#began = channel;
    this.#channel.write(channel);
    this.#decoder.start();
  }

  push(pcm: Int16Array): void {
    for (let at = 0; at < pcm.length; at += BATCH) {
      const n = Math.min(BATCH, pcm.length - at);
      for (let i = 0; i < n; i++) this.#samples[i] = pcm[at + i]! / 32768;
      this.#decoder.process_audio(this.#samples.subarray(0, n));
    }
  }

  /** Begins the utterance anew with the channel mean of what was pushed so far, which is to be pushed again. */
  restart(): void {
    const { sum, frames } = this.#channel.read();
    this.#decoder.stop();
    this.start({ ...this.#began, mean: sum.map((one) => one / frames) });
  }

  /** The channel mean after an utterance. */
  channel(): ChannelMean {
    return this.#channel.read();
  }

  /** What is understood so far. */
  text(): string {
    return this.#decoder.get_text() ?? '';
  }

  /** The final text, and the least certain word's probability. */
  stop(): { text: string; confidence: number | null } {
    this.#decoder.stop();
    const text = this.text();
    if (text === '') return { text, confidence: null };
    const words = (this.#decoder.get_alignment().w ?? []).filter((word) => !word.t.startsWith('<'));
    return { text, confidence: words.length > 0 ? Math.min(...words.map((word) => word.p)) : null };
  }
}
