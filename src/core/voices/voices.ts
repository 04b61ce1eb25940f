import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import type { Records } from '../records.ts';
import { voiceNumberIn, type VendorVoice, type Voice } from './voice.ts';
import type { VoiceFilter } from './voice-store.ts';

export interface VoiceCatalogue {
  readonly voices: readonly Voice[];
  /** Vendors that did not answer: what they offered before is listed. */
  readonly unavailable: readonly { readonly provider: string; readonly failure: string }[];
}

/**
 * Voices of the configured vendors, offline ones among them, and the organization's own. @throws AppError
 * upstream-failed if only a vendor is asked for that does not answer and offered nothing before
 */
export async function listVoices(
  { store, voices, clock }: Pick<Core, 'store' | 'voices' | 'clock'>,
  ctx: Pick<Context, 'organizationId'>,
  filter: VoiceFilter,
): Promise<VoiceCatalogue> {
  const offers = await voices.offers();
  for (const offer of offers)
    if ('voices' in offer) await store.voices.offer(offer.provider, offered(offer.voices), clock.now());
  const listed = await store.voices.list(
    ctx.organizationId,
    offers.map(({ provider }) => provider),
    filter,
  );
  const unavailable = offers.flatMap((offer) => ('failure' in offer ? [offer] : []));
  const asked = unavailable.find(({ provider }) => provider === filter.provider);
  if (asked && listed.length === 0)
    throw new AppError('upstream-failed', `${asked.provider} does not list its voices: ${asked.failure}`);
  return { voices: listed, unavailable };
}

/** More than any vendor's library. */
const MOST_OFFERED = 5000;
const LONGEST_TEXT = 2000;

/** Descriptions of voices as they can be kept: a field of another type or length is one that the vendor leaves out. */
const offered = (voices: readonly VendorVoice[]): readonly VendorVoice[] =>
  voices.slice(0, MOST_OFFERED).flatMap((voice) => {
    const text = (value: unknown) => (typeof value === 'string' && value.length <= LONGEST_TEXT ? value : null);
    const [vendorId, name] = [text(voice.vendorId), text(voice.name)];
    if (!vendorId || !name) return [];
    const { language, category, description, sampleUrl } = voice;
    return [
      {
        vendorId,
        name,
        language: text(language),
        gender: voice.gender,
        category: text(category) ?? 'professional',
        description: text(description),
        sampleUrl: text(sampleUrl),
      },
    ];
  });

/** @throws AppError not-found */
export async function getVoice(
  { store }: { readonly store: Pick<Records, 'voices'> },
  ctx: Pick<Context, 'organizationId'>,
  id: string,
): Promise<Voice> {
  const number = voiceNumberIn(id);
  const voice = number === null ? null : await store.voices.find(ctx.organizationId, number);
  if (!voice) throw notFound('Voice', `voice_id: ${id}`);
  return voice;
}

/** The vendor's voice behind one of our ids; null for a name of a vendor's voice, and for a voice that is not ready. */
export async function vendorVoiceOf(
  records: Pick<Records, 'voices'>,
  organizationId: number,
  id: string,
): Promise<{ readonly provider: string; readonly vendorId: string } | null> {
  const number = voiceNumberIn(id);
  const voice = number === null ? null : await records.voices.find(organizationId, number);
  if (voice?.status !== 'ready' || voice.vendorId === null) return null;
  return { provider: voice.provider, vendorId: voice.vendorId };
}
