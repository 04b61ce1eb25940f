import assert from 'node:assert/strict';
import type { SpeechToText, TranscriptPart } from '#engine/contracts/speech-to-text.ts';

/** What every recogniser must do. Each check is a function, so that a broken fake can be shown to fail it. */
export interface Heard {
  readonly pcm: Int16Array;
  readonly text: string;
}

/** Sentences that every recogniser understands. */
export const SENTENCES = [
  'we use a spreadsheet today',
  'what does it cost',
  'call me back tomorrow at three',
  'i want to speak to a human',
  'okay thank you goodbye',
];
const LIMIT_MS = 8000;
/** A recogniser of low priority on a busy machine, one of whose workers may be replaced on the way. */
const BUSY_MS = 60_000;

/** Plays utterances into one stream, in frames of 20 ms, and gives back all parts. */
export async function recognise(
  recogniser: SpeechToText,
  utterances: readonly Int16Array[],
  phrases: readonly string[] = [],
  limitMs = LIMIT_MS,
): Promise<{ parts: TranscriptPart[]; finals: string[]; open: number }> {
  const parts: TranscriptPart[] = [];
  let open = 0;
  let wake = () => {};
  const stream = recogniser.open({
    language: 'en',
    context: { phrases },
    working: () => {
      open++;
      let ended = false;
      return () => {
        if (!ended) open--;
        ended = true;
      };
    },
    onPart: (part) => {
      parts.push(part);
      wake();
    },
  });
  const frames = (pcm: Int16Array) =>
    Array.from({ length: Math.ceil(pcm.length / 160) }, (_, i) =>
      Int16Array.from({ length: 160 }, (_unused, n) => pcm[i * 160 + n] ?? 0),
    );
  const buffer = new Int16Array(160);
  const push = (frame: Int16Array) => {
    // The engine hands the same buffer over again and again.
    buffer.set(frame);
    stream.audio(buffer);
  };
  for (const [i, pcm] of utterances.entries()) {
    for (let n = 0; n < 20; n++) push(new Int16Array(160));
    stream.begin(i + 1);
    for (const [n, frame] of frames(pcm).entries()) {
      push(frame);
      if (n % 10 === 0) await new Promise((done) => setTimeout(done, 4));
    }
    for (let n = 0; n < 12; n++) push(new Int16Array(160));
    stream.end(i + 1);
    const until = performance.now() + limitMs;
    while (
      !parts.some((part) => part.utterance === i + 1 && part.type !== 'transcript-partial') &&
      performance.now() < until
    ) {
      await new Promise<void>((done) => {
        wake = done;
        setTimeout(done, 200);
      });
    }
  }
  stream.close();
  const before = parts.length;
  await new Promise((done) => setTimeout(done, 50));
  assert.equal(parts.length, before, 'a part came after close');
  return { parts, finals: parts.flatMap((part) => (part.type === 'transcript-final' ? [part.text] : [])), open };
}

/** What is understood in one stretch of audio, however long that takes. */
export async function understood(
  recogniser: SpeechToText,
  pcm: Int16Array,
  phrases: readonly string[],
): Promise<string> {
  const { parts, finals } = await recognise(recogniser, [pcm], phrases, BUSY_MS);
  assert.equal(finals.length, 1, `no final text of ${pcm.length / 8000} s of audio: ${JSON.stringify(parts.at(-1))}`);
  return finals[0]!;
}

export const speechToTextChecks: Readonly<
  Record<string, (recogniser: SpeechToText, heard: readonly Heard[]) => Promise<void>>
> = {
  'gives one final an utterance, in order, and it is what was said': async (recogniser, heard) => {
    const { parts, finals } = await recognise(
      recogniser,
      heard.map((one) => one.pcm),
    );
    assert.deepEqual(
      parts.filter((part) => part.type === 'transcript-final').map((part) => part.utterance),
      heard.map((_, i) => i + 1),
    );
    assert.deepEqual(
      finals,
      heard.map((one) => one.text),
    );
  },
  'says something before the end of a long utterance': async (recogniser, heard) => {
    const long = heard.reduce((a, b) => (a.pcm.length > b.pcm.length ? a : b));
    const { parts } = await recognise(recogniser, [long.pcm]);
    assert.ok(parts.some((part) => part.type === 'transcript-partial' && part.text !== ''));
  },
  'gives an empty final for silence': async (recogniser) => {
    const { finals } = await recognise(recogniser, [new Int16Array(8000)]);
    assert.deepEqual(finals, ['']);
  },
  'announces its work and ends each announcement': async (recogniser, heard) => {
    const { open } = await recognise(recogniser, [heard[0]!.pcm]);
    assert.equal(open, 0);
  },
};
