import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import type { Micros } from '../kernel/money.ts';
import { priced } from '../usage/usage.ts';
import { isCloned, voiceIdOf, type Voice } from './voice.ts';
import type { VoiceSettings } from './voice-vendors.ts';
import { getVoice } from './voices.ts';

/** The folder of spoken texts and samples. They are deleted after some days; a sample is made again. */
export const SPEECH_FOLDER = 'speech';
export const SPEECH_KEPT_MS = 7 * 86_400_000;

export interface GeneratedSpeech {
  /** Below `SPEECH_FOLDER`. */
  readonly file: string;
  readonly durationMs: number;
  readonly characters: number;
  readonly cost: Micros;
}

type SpeechCore = Pick<Core, 'store' | 'voices' | 'files' | 'secrets'>;

/**
 * Speaks a text with a voice into a file. @throws AppError not-found, unchangeable (the voice is not ready),
 * upstream-failed
 */
export async function generateSpeech(
  core: SpeechCore,
  ctx: Context,
  { voiceId, text, settings }: { readonly voiceId: string; readonly text: string; readonly settings: VoiceSettings },
): Promise<GeneratedSpeech> {
  const voice = await getVoice(core, ctx, voiceId);
  const speech = await core.voices.speak({ provider: voice.provider, voice: readyVoice(voice), text, settings });
  const characters = text.length;
  const [line] = priced(
    [{ provider: speech.by, unit: 'characters', units: characters }],
    await core.store.usage.prices(),
  );
  const cost = line?.cost ?? (0 as Micros);
  const file = `org_${ctx.organizationId}/generated_${core.secrets.token()}.mp3`;
  await core.files.write(`${SPEECH_FOLDER}/${file}`, one(speech.mp3));
  await core.store.transaction((records) =>
    records.outbox.audit(ctx, 'speech.generate', voiceIdOf(voice), { characters, costMicros: cost, by: speech.by }),
  );
  return { file, durationMs: speech.durationMs, characters, cost };
}

/** The file of a voice's sample, below `SPEECH_FOLDER`; it is made when it is first asked for. @throws AppError */
export async function sampleOf(core: Pick<Core, 'voices' | 'files'>, voice: Voice): Promise<string> {
  const file = sampleFile(voice);
  const key = `${SPEECH_FOLDER}/${file}`;
  if (await core.files.read(key)) return file;
  const text = `Hello, this is ${voice.name}. How can I help you today?`;
  const speech = await core.voices.speak({ provider: voice.provider, voice: readyVoice(voice), text, settings: {} });
  await core.files.write(key, one(speech.mp3));
  return file;
}

export const sampleFile = (voice: Pick<Voice, 'id' | 'organizationId'>): string => `samples/${voiceIdOf(voice)}.mp3`;

/** Whether an organization may hear a file below `SPEECH_FOLDER`. A sample is found by its voice. */
export async function mayHear(
  core: Pick<Core, 'store'>,
  ctx: Pick<Context, 'organizationId'>,
  file: string,
): Promise<boolean> {
  if (file.startsWith(`org_${ctx.organizationId}/`)) return true;
  const id = /^samples\/(\w+)\.mp3$/.exec(file)?.[1];
  return id !== undefined && (await getVoice(core, ctx, id).catch(() => null)) !== null;
}

/** @throws AppError unchangeable */
function readyVoice(voice: Voice): string {
  if (voice.status === 'ready' && voice.vendorId !== null) return voice.vendorId;
  const why = voice.failure === null ? '' : `: ${voice.failure}`;
  throw new AppError('unchangeable', `The voice cannot speak: its status is ${voice.status}${why}`, {
    subject: `voice_id: ${voiceIdOf(voice)}`,
  });
}

/** A sample by the id in its file's name, for addresses that are signed. @throws AppError not-found */
export async function sampleVoice({ store }: Pick<Core, 'store'>, file: string): Promise<Voice> {
  const [, cloned, id] = /^samples\/(cloned_)?voice_(\d{1,15})\.mp3$/.exec(file) ?? [];
  const voice = id === undefined ? null : await store.voices.byId(Number(id));
  if (!voice || isCloned(voice) !== (cloned !== undefined)) throw notFound('Sample', `file: ${file}`);
  return voice;
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
