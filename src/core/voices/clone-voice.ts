import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { deleteUnnamed } from '../files/delete-unnamed.ts';
import { storeFile } from '../files/store-file.ts';
import { AppError, invalid, tooMany } from '../kernel/errors.ts';
import type { StagedFile } from '../kernel/file-store.ts';
import { audioFormatOf, HEAD_BYTES } from './audio-format.ts';
import { voiceIdOf, type Voice } from './voice.ts';

export const LARGEST_CLONE_RECORDING = 25 * 1024 * 1024;
const MOST_CLONES = 500;

export interface CloneVoice {
  readonly name: string;
  readonly description: string | null;
  readonly fileName: string;
  readonly staged: StagedFile;
}

/**
 * Keeps a recording and has a vendor make a voice of it in the background. @throws AppError not-configured (no vendor
 * can), invalid-input (no recording of a known format), conflict (too many)
 */
export async function cloneVoice(core: Core, ctx: Context, input: CloneVoice): Promise<Voice> {
  const { cloner } = core.voices;
  if (!cloner)
    throw new AppError(
      'not-configured',
      'No vendor that clones voices is configured. Configure one (docs/adding-a-provider.md) and try again.',
    );
  const { staged } = input;
  if (staged.size > LARGEST_CLONE_RECORDING)
    throw invalid('audio_file', `must be at most ${LARGEST_CLONE_RECORDING} bytes`, 'range');
  const key = `voices/org_${ctx.organizationId}/${core.secrets.token()}.audio`;
  return storeFile(core.files, staged, key, async () => {
    if (audioFormatOf(await headOf(core, key)) === null)
      throw invalid('audio_file', 'must be a recording as WAV, MP3, FLAC, Ogg, WebM or M4A');
    return core.store.transaction(async (records) => {
      await records.organizations.lock(ctx.organizationId);
      if ((await records.voices.countClones(ctx.organizationId)) >= MOST_CLONES)
        throw tooMany(MOST_CLONES, 'cloned voices');
      const voice = await records.voices.insertClone(
        {
          organizationId: ctx.organizationId,
          provider: cloner.provider,
          name: input.name,
          description: input.description,
          sourceKey: key,
          sourceName: input.fileName,
        },
        core.clock.now(),
      );
      await records.outbox.job({ name: 'clone-voice', data: { voiceId: voice.id } });
      await records.outbox.audit(ctx, 'voice.clone', voiceIdOf(voice));
      return voice;
    });
  });
}

async function headOf({ files }: Pick<Core, 'files'>, key: string): Promise<Uint8Array> {
  const head = await files.read(key, { start: 0, end: HEAD_BYTES - 1 });
  return head ? bytesOf(head.stream()) : new Uint8Array(0);
}

async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  const whole = new Uint8Array(chunks.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** The vendor is sent the recording this often before the voice has failed. */
const MOST_TRIES = 4;
/** A vendor that has not made a voice by then has failed. */
const LONGEST_TRAINING_MS = 90 * 60_000;

type CloningCore = Pick<Core, 'store' | 'files' | 'voices' | 'clock'>;

/**
 * One step of making a cloned voice: it is sent to the vendor, or asked after. @throws Error while it is not settled,
 * so that its job is tried again
 */
export async function makeClone(core: CloningCore, voiceId: number): Promise<void> {
  const voice = await core.store.voices.byId(voiceId);
  if (voice?.status !== 'training') return;
  const { cloner } = core.voices;
  if (cloner?.provider !== voice.provider)
    return settle(core, voice, 'failed', `${voice.provider} is no longer configured`);
  if (core.clock.now().getTime() - voice.createdAt.getTime() > LONGEST_TRAINING_MS)
    return settle(core, voice, 'failed', `${voice.provider} has not made the voice in time`);
  const vendorId = voice.vendorId ?? (await send(core, cloner, voice));
  if (vendorId === null) return;
  const status = await cloner.statusOf(vendorId);
  if (status === 'training') throw new Error(`${voice.provider} is still making ${voiceIdOf(voice)}`);
  await settle(core, voice, status, status === 'failed' ? `${voice.provider} could not make the voice` : null);
}

/** The vendor's id of the voice; null if it has failed. @throws AppError to be tried again */
async function send(
  core: CloningCore,
  cloner: NonNullable<CloningCore['voices']['cloner']>,
  voice: Voice,
): Promise<string | null> {
  await core.store.voices.tried(voice.id);
  const file = voice.sourceKey === null ? null : await core.files.read(voice.sourceKey);
  if (!file) {
    await settle(core, voice, 'failed', 'its recording is lost');
    return null;
  }
  try {
    const vendorId = await cloner.clone({
      tag: voiceIdOf(voice),
      repeated: voice.attempts > 0,
      name: voice.name,
      description: voice.description,
      fileName: voice.sourceName ?? 'recording',
      recording: await bytesOf(file.stream()),
    });
    await core.store.voices.made(voice.id, vendorId);
    return vendorId;
  } catch (error) {
    const isFinal = error instanceof AppError && FINAL.has(error.code);
    if (!isFinal && voice.attempts + 1 < MOST_TRIES) throw error;
    await settle(core, voice, 'failed', error instanceof Error ? error.message : String(error));
    return null;
  }
}

const FINAL: ReadonlySet<AppError['code']> = new Set(['invalid-input', 'not-configured']);

async function settle(
  core: CloningCore,
  voice: Voice,
  status: 'ready' | 'failed',
  failure: string | null,
): Promise<void> {
  await core.store.voices.settle(voice.id, status, failure);
  if (voice.sourceKey !== null) await deleteUnnamed(core, voice.sourceKey);
}
