import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A byte says how long a token is; longer ones take two, the low seven bits first. */
const TWO_BYTES = 0x80;

/** Moonshine's list of tokens as sherpa-onnx reads it. */
export async function writeMoonshineTokens(folder: string): Promise<void> {
  const from = join(folder, 'tokenizer.bin');
  const bytes = await readFile(from);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length;) {
    let length = bytes[at++]!;
    if (length >= TWO_BYTES) length = length - TWO_BYTES + bytes[at++]! * TWO_BYTES;
    lines.push(`${bytes.toString('base64', at, at + length)}\t${lines.length}\n`);
    at += length;
  }
  await writeFile(join(folder, 'tokens.txt'), lines.join(''));
  await rm(from);
}

interface PiperVoice {
  readonly audio: { readonly sample_rate: number };
  readonly espeak: { readonly voice: string };
  readonly num_speakers?: number;
  readonly phoneme_id_map: Readonly<Record<string, readonly number[]>>;
}

/** Writes into a Piper voice what sherpa-onnx looks for there, and its list of phonemes. */
export async function addPiperMetadata(folder: string): Promise<void> {
  const from = join(folder, 'voice.json');
  const voice = JSON.parse(await readFile(from, 'utf8')) as PiperVoice;
  const phonemes = Object.entries(voice.phoneme_id_map).map(([phoneme, [id]]) => `${phoneme} ${id}\n`);
  await writeFile(join(folder, 'tokens.txt'), phonemes.join(''));
  await appendFile(
    join(folder, 'voice.onnx'),
    onnxMetadata({
      model_type: 'vits',
      comment: 'piper',
      language: 'English',
      voice: voice.espeak.voice,
      has_espeak: '1',
      n_speakers: String(voice.num_speakers ?? 1),
      sample_rate: String(voice.audio.sample_rate),
    }),
  );
  await rm(from);
}

/** Field `metadata_props` of an ONNX model. A protobuf message goes on with what is put behind it. */
const METADATA_PROPS = 14;

export function onnxMetadata(entries: Readonly<Record<string, string>>): Uint8Array {
  return Buffer.concat(
    Object.entries(entries).map(([key, value]) =>
      field(METADATA_PROPS, Buffer.concat([field(1, Buffer.from(key)), field(2, Buffer.from(value))])),
    ),
  );
}

function field(number: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Uint8Array.from([...bytes, value]);
}
