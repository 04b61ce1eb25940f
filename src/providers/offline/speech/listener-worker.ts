// Worker thread: a fixed pool of decoders, each lent to one utterance at a time.
import { parentPort, workerData } from 'node:worker_threads';
import { runBehindMedia } from './behind-media.ts';
import { buildBigram, type Weighted } from './bigram.ts';
import type { ChannelMean } from './channel-mean.ts';
import { Decoder } from './decoder.ts';
import { CLASSES, domainSentences } from './domain-english.ts';
import { flitePronounce } from './flite.ts';
import type { ListenerFinal, ListenerProgress, Phrase, ToListener } from './listener-messages.ts';

runBehindMedia();

const { flite, decoders } = workerData as { flite: WebAssembly.Module; decoders: number };

const CONTEXT_WEIGHT = 6;
const EXPECTED_WEIGHT = 30;
const PARTIAL_EVERY = 800;
/** Audio that is enough to measure a caller's channel mean from: 3 s, in samples and in the recogniser's frames. */
const MEASURED_SAMPLES = 24_000;
const MEASURED_FRAMES = 300;
/** Samples per turn; calls take turns. */
const TURN_SAMPLES = 1600;

/** Sounds that are words on the phone, and no dictionary has. */
const SOUNDS: Readonly<Record<string, string>> = {
  mhm: 'M HH M',
  mm: 'M',
  hmm: 'HH M',
  uhhuh: 'AH HH AH',
  aha: 'AH HH AA',
  um: 'AH M',
  uh: 'AH',
};

interface Utterance {
  readonly stream: number;
  readonly utterance: number;
  readonly model: string;
  readonly sentences: () => Weighted[];
  decoder: Decoder | null;
  /** While the channel mean is unknown: the audio so far, to be decoded again with the mean measured from it. */
  unmeasured: Int16Array[] | null;
  waiting: Int16Array[];
  samples: number;
  reportedAt: number;
  ended: number | null;
}

const contexts = new Map<number, readonly Phrase[]>();
/** Of each stream, so that a caller is not heard through the line of whom the decoder heard before. */
const channels = new Map<number, ChannelMean>();
const open = new Map<number, Utterance>();
const queue: Utterance[] = [];
const pool: Decoder[] = [];
const free: Decoder[] = [];
/** Utterances with a decoder and audio to decode, or an end to tell; the first has the next turn. */
const turns = new Set<Utterance>();
let atWork = false;
let making = 0;
const pronounced = new Map<string, string>();
const domain: Weighted[] = domainSentences();

parentPort!.on('message', (message: ToListener) => {
  switch (message.type) {
    case 'context':
      return void contexts.set(message.context, message.sentences);
    case 'forget':
      contexts.delete(message.context);
      return void channels.delete(message.stream);
    case 'begin':
      return begin(message);
    case 'audio':
      return audio(message.stream, message.pcm);
    case 'cancel':
      return cancel(message.stream);
    case 'end': {
      const utterance = open.get(message.stream);
      if (!utterance)
        return parentPort!.postMessage({ id: message.id, text: '', confidence: null } satisfies ListenerFinal);
      utterance.ended = message.id;
      if (utterance.decoder) takeTurns(utterance);
    }
  }
});

void Decoder.create().then((decoder) => {
  pool.push(decoder);
  // Building one model warms the code that a first utterance would wait for.
  decoder.use(buildBigram(domain), CLASSES, 'warm');
  give(decoder);
});

function begin(message: Extract<ToListener, { type: 'begin' }>): void {
  cancel(message.stream);
  const { context, expected } = message;
  const utterance: Utterance = {
    stream: message.stream,
    utterance: message.utterance,
    model: `${context}:${expected.map((words) => words.join(' ')).join('|')}`,
    sentences: () => [
      ...domain,
      ...(contexts.get(context) ?? []).map((phrase) => ({ ...phrase, weight: CONTEXT_WEIGHT })),
      ...expected.map((words) => ({ words, weight: EXPECTED_WEIGHT })),
    ],
    decoder: null,
    unmeasured: null,
    waiting: [],
    samples: 0,
    reportedAt: 0,
    ended: null,
  };
  open.set(message.stream, utterance);
  queue.push(utterance);
  serve();
}

/** Lends decoders to waiting utterances: best one that holds the right model already, else any, else a new one. */
function serve(): void {
  while (queue.length > 0) {
    if (free.length === 0) {
      if (pool.length + making < decoders && pool.length > 0) {
        making++;
        void Decoder.create().then((decoder) => {
          making--;
          pool.push(decoder);
          give(decoder);
        });
      }
      return;
    }
    const utterance = queue.shift()!;
    const fitting = Math.max(
      0,
      free.findIndex((decoder) => decoder.model === utterance.model),
    );
    const decoder = free.splice(fitting, 1)[0]!;
    if (decoder.model !== utterance.model) prepare(decoder, utterance);
    utterance.decoder = decoder;
    const channel = channels.get(utterance.stream);
    utterance.unmeasured = channel && channel.frames >= MEASURED_FRAMES ? null : [];
    decoder.start(channel);
    takeTurns(utterance);
  }
}

function prepare(decoder: Decoder, utterance: Utterance): void {
  const sentences = utterance.sentences();
  pronounce(decoder, sentences);
  decoder.use(buildBigram(sentences), CLASSES, utterance.model);
}

/** Adds the words that the dictionary lacks. */
function pronounce(decoder: Decoder, sentences: readonly Weighted[]): void {
  for (const { words } of sentences) {
    for (const word of words.flatMap((one) => CLASSES.get(one) ?? [one])) {
      if (decoder.knows(word)) continue;
      let phones = pronounced.get(word);
      if (phones === undefined) pronounced.set(word, (phones = SOUNDS[word] ?? flitePronounce(flite, word)));
      if (phones !== '') decoder.addWord(word, phones);
    }
  }
}

function give(decoder: Decoder): void {
  free.push(decoder);
  serve();
}

function audio(stream: number, pcm: Int16Array): void {
  const utterance = open.get(stream);
  if (!utterance) return;
  for (let at = 0; at < pcm.length; at += TURN_SAMPLES) utterance.waiting.push(pcm.subarray(at, at + TURN_SAMPLES));
  if (utterance.decoder) takeTurns(utterance);
}

function takeTurns(utterance: Utterance): void {
  turns.add(utterance);
  if (atWork) return;
  atWork = true;
  setImmediate(nextTurn);
}

/** One piece of one utterance; then messages are read, and the next utterance has its turn. */
function nextTurn(): void {
  const [utterance] = turns;
  atWork = utterance !== undefined;
  if (!utterance) return;
  turns.delete(utterance);
  const pcm = utterance.waiting.shift();
  if (pcm) decode(utterance, pcm);
  if (utterance.waiting.length === 0 && utterance.ended !== null) decodeAgain(utterance);
  if (utterance.waiting.length > 0) turns.add(utterance);
  else if (utterance.ended !== null) finish(utterance);
  setImmediate(nextTurn);
}

function decode(utterance: Utterance, pcm: Int16Array): void {
  utterance.decoder!.push(pcm);
  utterance.samples += pcm.length;
  utterance.unmeasured?.push(pcm);
  if (utterance.samples >= MEASURED_SAMPLES) decodeAgain(utterance);
  if (utterance.samples - utterance.reportedAt < PARTIAL_EVERY) return;
  utterance.reportedAt = utterance.samples;
  parentPort!.postMessage({
    stream: utterance.stream,
    utterance: utterance.utterance,
    samples: utterance.samples,
    text: utterance.decoder!.text(),
  } satisfies ListenerProgress);
}

/** Decodes the utterance from its beginning, with the channel mean measured from it. */
function decodeAgain(utterance: Utterance): void {
  if (!utterance.unmeasured) return;
  utterance.decoder!.restart();
  utterance.waiting.unshift(...utterance.unmeasured);
  utterance.unmeasured = null;
  utterance.samples = 0;
  utterance.reportedAt = 0;
}

function finish(utterance: Utterance): void {
  const { decoder, ended } = utterance;
  open.delete(utterance.stream);
  const result = decoder!.stop();
  channels.set(utterance.stream, decoder!.channel());
  parentPort!.postMessage({ id: ended!, ...result } satisfies ListenerFinal);
  give(decoder!);
}

function cancel(stream: number): void {
  const utterance = open.get(stream);
  if (!utterance) return;
  open.delete(stream);
  turns.delete(utterance);
  const queued = queue.indexOf(utterance);
  if (queued >= 0) queue.splice(queued, 1);
  // The speech continues in the next utterance, which got a decoder first; an empty result ends the wait for this one.
  if (utterance.ended !== null)
    parentPort!.postMessage({ id: utterance.ended, text: '', confidence: null } satisfies ListenerFinal);
  if (utterance.decoder) {
    utterance.decoder.stop();
    channels.set(stream, utterance.decoder.channel());
    give(utterance.decoder);
  }
}
