import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FLOAT, INT64, onnxModel } from './onnx-writer.ts';

// Models of speech that a test makes: a voice that hums a tone for each letter, and recognisers that know two tones.

const RATE = 16_000;
/** A letter, s. */
const LETTER_S = 0.05;

const put = (folder: string, about: object, files: Readonly<Record<string, string | Uint8Array>>) => {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  writeFileSync(join(folder, 'model.json'), JSON.stringify({ language: 'en', licence: 'none', ...about }));
};

/** Hums: a letter is a tone of 50 ms. */
export function putVoice(folder: string): void {
  const samples = RATE * LETTER_S;
  const tone = Array.from({ length: samples }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 400 * i) / RATE));
  const model = onnxModel({
    inputs: [
      { name: 'x', type: INT64, shape: ['N', 'T'] },
      { name: 'x_length', type: INT64, shape: ['N'] },
      { name: 'noise_scale', type: FLOAT, shape: [1] },
      { name: 'length_scale', type: FLOAT, shape: [1] },
      { name: 'noise_scale_w', type: FLOAT, shape: [1] },
    ],
    outputs: [{ name: 'y', type: FLOAT, shape: ['N', 1, 'L'] }],
    constants: [
      { name: 'tone', shape: [1, 1, samples], values: tone },
      { name: 'none', shape: [1], values: [0] },
      { name: 'one', shape: [1], values: [1] },
      { name: 'last', shape: [1], values: [2], type: INT64 },
      { name: 'flat', shape: [3], values: [1, 1, -1], type: INT64 },
    ],
    nodes: [
      { op: 'Cast', from: ['x'], to: ['letters'], attributes: { to: FLOAT } },
      { op: 'Mul', from: ['letters', 'none'], to: ['zeros'] },
      { op: 'Add', from: ['zeros', 'one'], to: ['ones'] },
      { op: 'Unsqueeze', from: ['ones', 'last'], to: ['column'] },
      { op: 'Mul', from: ['column', 'tone'], to: ['tones'] },
      { op: 'Reshape', from: ['tones', 'flat'], to: ['y'] },
    ],
    metadata: {
      model_type: 'vits',
      comment: 'made',
      language: 'English',
      sample_rate: RATE,
      n_speakers: 0,
      frontend: 'characters',
      use_eos_bos: 0,
      add_blank: 0,
    },
  });
  const letters = [..." abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ,.?'"];
  put(
    folder,
    {
      title: 'Hum',
      does: 'speaks',
      gender: 'neutral',
      engine: { vits: { model: './hum.onnx', tokens: './tokens.txt' } },
    },
    { 'hum.onnx': model, 'tokens.txt': letters.map((letter, id) => `${letter} ${id}\n`).join('') },
  );
}

/** What the recognisers know: a tone of this frequency is this word. */
export const TONES = { seven: 700, nineteen: 1900 } as const;

const BINS = 80;
const HIGHEST_HZ = 8000;
const mel = (hz: number) => 1127 * Math.log(1 + hz / 700);
/** The filter of the features in whose middle a frequency lies. */
const binOf = (hz: number) => Math.round((mel(hz) / mel(HIGHEST_HZ)) * (BINS + 1)) - 1;
/** A tone's filter holds more than this, silence and the other tone's less. */
const LOUD = -10;
const TOKENS = [...Object.keys(TONES).map((word) => `▁${word}`), '<blk>'];

/** Scores of each frame: of a word what the filter of its tone holds, of the blank a constant. */
const scoring = (frames: string, to: string) => ({
  constants: [
    {
      name: 'weights',
      shape: [BINS, TOKENS.length],
      values: Array.from({ length: BINS }, (_, bin) => [
        ...Object.values(TONES).map((hz) => (bin === binOf(hz) ? 1 : 0)),
        0,
      ]).flat(),
    },
    { name: 'bias', shape: [TOKENS.length], values: [0, 0, LOUD] },
  ],
  nodes: [
    { op: 'Transpose', from: [frames], to: ['rows'], attributes: { perm: [0, 2, 1] } },
    { op: 'MatMul', from: ['rows', 'weights'], to: ['held'] },
    { op: 'Add', from: ['held', 'bias'], to: ['scores'] },
    { op: 'LogSoftmax', from: ['scores'], to: [to], attributes: { axis: 2 } },
  ],
});
const tokens = TOKENS.map((token, id) => `${token} ${id}\n`).join('');
const heard = { name: 'audio_signal', type: FLOAT, shape: ['N', BINS, 'T'] } as const;
const length = { name: 'length', type: INT64, shape: ['N'] } as const;
const scores = { name: 'logprobs', type: FLOAT, shape: ['N', 'T', TOKENS.length] } as const;

/** Recognises an utterance at a time. */
export function putListener(folder: string): void {
  const model = onnxModel({
    inputs: [heard, length],
    outputs: [scores],
    ...scoring('audio_signal', 'logprobs'),
    metadata: { vocab_size: TOKENS.length, subsampling_factor: 1, normalize_type: '', model_type: 'EncDecCTCModelBPE' },
  });
  put(
    folder,
    { title: 'Two tones', does: 'listens', engine: { nemoCtc: { model: './ear.onnx' }, tokens: './tokens.txt' } },
    { 'ear.onnx': model, 'tokens.txt': tokens },
  );
}

/** Recognises while it hears. */
export function putStreamer(folder: string): void {
  const caches = [
    { name: 'cache_last_channel', type: FLOAT, shape: ['N', 1, 1, 1] },
    { name: 'cache_last_time', type: FLOAT, shape: ['N', 1, 1, 1] },
    { name: 'cache_last_channel_len', type: INT64, shape: ['N'] },
  ] as const;
  const { constants, nodes } = scoring('audio_signal', 'logprobs');
  const model = onnxModel({
    inputs: [heard, length, ...caches],
    outputs: [
      scores,
      { name: 'encoded_lengths', type: INT64, shape: ['N'] },
      ...caches.map((one) => ({ ...one, name: `${one.name}_next` })),
    ],
    constants,
    nodes: [
      ...nodes,
      { op: 'Identity', from: ['length'], to: ['encoded_lengths'] },
      ...caches.map(({ name }) => ({ op: 'Identity', from: [name], to: [`${name}_next`] })),
    ],
    metadata: {
      vocab_size: TOKENS.length,
      subsampling_factor: 1,
      window_size: 16,
      chunk_shift: 16,
      normalize_type: '',
      model_type: 'EncDecHybridRNNTCTCBPEModel',
      ...Object.fromEntries(
        ['channel', 'time'].flatMap((kind) => [1, 2, 3].map((n) => [`cache_last_${kind}_dim${n}`, 1])),
      ),
    },
  });
  put(
    folder,
    {
      title: 'Two tones, streamed',
      does: 'streams',
      engine: { nemoCtc: { model: './ear.onnx' }, tokens: './tokens.txt' },
    },
    { 'ear.onnx': model, 'tokens.txt': tokens },
  );
}

/** Tones of half a second with pauses between, as the recognisers' words. */
export function tonesOf(words: readonly (keyof typeof TONES)[]): Int16Array {
  const [tone, pause] = [4000, 2000];
  return Int16Array.from({ length: words.length * (tone + pause) }, (_, i) => {
    const at = i % (tone + pause);
    const hz = TONES[words[Math.floor(i / (tone + pause))]!];
    return at < tone ? 12_000 * Math.sin((2 * Math.PI * hz * at) / 8000) : 0;
  });
}
