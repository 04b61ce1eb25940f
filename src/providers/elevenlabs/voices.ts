import { vendorFetch } from '../kit/http.ts';

const ANSWER_MS = 60_000;

export interface VendorVoice {
  readonly id: string;
  readonly name: string;
  readonly category: string;
}

/** Their library and what was cloned there. @see https://elevenlabs.io/docs/api-reference/voices */
export class ElevenLabsVoices {
  readonly #baseUrl: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(baseUrl: string, apiKey: string) {
    this.#baseUrl = baseUrl.replace(/\/v1$/, '');
    this.#headers = { 'xi-api-key': apiKey };
  }

  async list(): Promise<readonly VendorVoice[]> {
    const reply = await vendorFetch(`${this.#baseUrl}/v1/voices`, {
      headers: this.#headers,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const { voices } = (await reply.json()) as { voices: { voice_id: string; name: string; category?: string }[] };
    return voices.map((voice) => ({ id: voice.voice_id, name: voice.name, category: voice.category ?? 'premade' }));
  }

  /** Makes a voice of recordings of one person. @throws VendorError */
  async clone(
    name: string,
    recordings: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  ): Promise<string> {
    const form = new FormData();
    form.set('name', name);
    for (const recording of recordings)
      form.append('files', new Blob([Uint8Array.from(recording.bytes)]), recording.name);
    const reply = await vendorFetch(`${this.#baseUrl}/v1/voices/add`, {
      method: 'POST',
      headers: this.#headers,
      body: form,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return ((await reply.json()) as { voice_id: string }).voice_id;
  }
}
