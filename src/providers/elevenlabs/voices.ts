import { GENDERS, type Gender, type VendorVoice, type VoiceStatus } from '#core/voices/voice.ts';
import type { CloneRequest } from '#core/voices/voice-vendors.ts';
import type { VendorVoices } from '../manifest.ts';
import { VendorError, vendorFetch } from '../kit/http.ts';

const ANSWER_MS = 60_000;
/** The label of voices that were made for us; organizations see their own only. */
const OURS = 'trunkline';

interface Listed {
  readonly voice_id: string;
  readonly name: string;
  readonly category?: string | null;
  readonly description?: string | null;
  readonly preview_url?: string | null;
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly verified_languages?:
    | readonly { readonly locale?: string | null; readonly language?: string | null }[]
    | null;
  readonly fine_tuning?: { readonly state?: Readonly<Record<string, string>> | null } | null;
}

/** Their library and what was cloned there. @see https://elevenlabs.io/docs/api-reference/voices */
export class ElevenLabsVoices implements VendorVoices {
  readonly #baseUrl: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(baseUrl: string, apiKey: string | null) {
    this.#baseUrl = baseUrl.replace(/\/v1$/, '');
    this.#headers = apiKey === null ? {} : { 'xi-api-key': apiKey };
  }

  readonly cloning = {
    clone: (request: CloneRequest) => this.#clone(request),
    statusOf: (vendorId: string) => this.#statusOf(vendorId),
  };

  async list(): Promise<readonly VendorVoice[]> {
    return (await this.#all()).filter(({ labels }) => labels?.[OURS] === undefined).map(toVoice);
  }

  async #all(): Promise<readonly Listed[]> {
    const reply = await vendorFetch(`${this.#baseUrl}/v1/voices`, {
      headers: this.#headers,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const { voices } = (await reply.json()) as { voices?: unknown };
    if (!Array.isArray(voices)) throw new Error('sent no list of voices');
    return voices.filter(
      (one: Partial<Listed> | null): one is Listed => typeof one?.voice_id === 'string' && typeof one.name === 'string',
    );
  }

  async #clone({ tag, repeated, name, description, fileName, recording }: CloneRequest): Promise<string> {
    const made = repeated ? (await this.#all()).find(({ labels }) => labels?.[OURS] === tag) : undefined;
    if (made) return made.voice_id;
    const form = new FormData();
    form.set('name', name);
    if (description !== null) form.set('description', description);
    form.set('labels', JSON.stringify({ [OURS]: tag }));
    form.append('files', new Blob([Uint8Array.from(recording)]), fileName);
    const reply = await vendorFetch(`${this.#baseUrl}/v1/voices/add`, {
      method: 'POST',
      headers: this.#headers,
      body: form,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const { voice_id: id } = (await reply.json()) as { voice_id?: unknown };
    if (typeof id !== 'string') throw new Error('sent no id of the voice');
    return id;
  }

  async #one(vendorId: string): Promise<Listed | null> {
    try {
      const url = `${this.#baseUrl}/v1/voices/${encodeURIComponent(vendorId)}`;
      const reply = await vendorFetch(url, { headers: this.#headers, signal: AbortSignal.timeout(ANSWER_MS) });
      return (await reply.json()) as Listed;
    } catch (error) {
      if (error instanceof VendorError && (error.status === 400 || error.status === 404)) return null;
      throw error;
    }
  }

  /** An instant clone speaks at once; a professional one is tuned first. */
  async #statusOf(vendorId: string): Promise<VoiceStatus> {
    const voice = (await this.#one(vendorId)) ?? (await this.#all()).find((one) => one.voice_id === vendorId);
    if (!voice) return 'failed';
    const states = Object.values(voice.fine_tuning?.state ?? {});
    if (states.some((state) => state === 'failed')) return 'failed';
    return states.some((state) => state === 'queued' || state === 'fine_tuning') ? 'training' : 'ready';
  }
}

const USE_CASES: Readonly<Record<string, string>> = {
  conversational: 'conversational',
  narration: 'narrative',
  narrative_story: 'narrative',
  audiobook: 'narrative',
};

function toVoice(voice: Listed): VendorVoice {
  const { gender, use_case: useCase, language } = voice.labels ?? {};
  const verified = voice.verified_languages?.[0];
  return {
    vendorId: voice.voice_id,
    name: voice.name,
    language: verified?.locale ?? verified?.language ?? language ?? null,
    gender: GENDERS.find((one): one is Gender => one === gender) ?? null,
    category: USE_CASES[useCase ?? ''] ?? voice.category ?? 'professional',
    description: voice.description ?? null,
    sampleUrl: voice.preview_url ?? null,
  };
}
