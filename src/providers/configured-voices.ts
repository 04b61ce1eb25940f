import { AppError, invalid, UpstreamTimeout } from '#core/kernel/errors.ts';
import { spokenClauses } from '#core/kernel/text/spoken.ts';
import type { Offer, SpeakRequest, Speech, VoiceCloner, VoiceVendors } from '#core/voices/voice-vendors.ts';
import { SAMPLE_RATE } from '#engine/audio/format.ts';
import { Resampler } from '#engine/audio/resampler.ts';
import type { Failure } from '#engine/contracts/failure.ts';
import type { TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import type { ConfiguredProviders } from './configured.ts';
import { errorPart, VendorError } from './kit/http.ts';
import type { VendorVoices } from './manifest.ts';
import { offline, offlineVoices } from './offline/manifest.ts';

/** How long a list that was read, and one that could not be read, stands. */
const LISTED_MS = 5 * 60_000;
const FAILED_MS = 10_000;
/** A vendor that sends nothing for this long is given up. */
const SILENT_MS = 20_000;

export interface ConfiguredVoicesOptions {
  readonly providers: Pick<ConfiguredProviders, 'speakers'>;
  readonly offlineVoice: TextToSpeech;
  /** Makes an MP3 file of speech at the engine's sample rate. */
  readonly encode: (pcm: readonly Int16Array[]) => Promise<Uint8Array>;
  readonly nowMs: () => number;
  readonly silentMs?: number;
}

/** The voices of the configured vendors and the offline ones: their lists, their speech, and clones. */
export class ConfiguredVoices implements VoiceVendors {
  readonly #options: ConfiguredVoicesOptions;
  readonly #offers = new Map<string, { readonly untilMs: number; readonly offer: Promise<Offer> }>();

  constructor(options: ConfiguredVoicesOptions) {
    this.#options = options;
  }

  offers(): Promise<readonly Offer[]> {
    const vendors = this.#options.providers.speakers.flatMap(({ id, voices }) => (voices ? [{ id, voices }] : []));
    return Promise.all([{ id: offline.id, voices: offlineVoices }, ...vendors].map((one) => this.#offerOf(one)));
  }

  get cloner(): VoiceCloner | null {
    const vendor = this.#options.providers.speakers.find(({ voices }) => voices?.cloning);
    const cloning = vendor?.voices?.cloning;
    if (!vendor || !cloning) return null;
    const { id } = vendor;
    return {
      provider: id,
      clone: (request) => cloning.clone(request).catch((error: unknown) => Promise.reject(refusedClone(id, error))),
      statusOf: (vendorId) =>
        cloning.statusOf(vendorId).catch((error: unknown) => Promise.reject(asAppError(id, error))),
    };
  }

  async speak({ provider, voice, text, settings }: SpeakRequest): Promise<Speech> {
    const speaker = this.#speaker(provider);
    const clauses = spokenClauses(text);
    if (clauses.length === 0) throw invalid('text', 'holds nothing that can be spoken');
    const pcm: Int16Array[] = [];
    for (const clause of clauses)
      pcm.push(...(await this.#clause(provider, speaker, { voiceId: voice, settings, text: clause })));
    const samples = pcm.reduce((sum, one) => sum + one.length, 0);
    return { mp3: await this.#options.encode(pcm), durationMs: (samples * 1000) / SAMPLE_RATE, by: speaker.id };
  }

  #speaker(provider: string): TextToSpeech {
    if (provider === offline.id) return this.#options.offlineVoice;
    const speaker = this.#options.providers.speakers.find(({ id }) => id === provider)?.textToSpeech;
    if (!speaker) throw new AppError('not-configured', `${provider} is not configured, so its voices cannot speak`);
    return speaker;
  }

  #clause(
    provider: string,
    speaker: TextToSpeech,
    request: { readonly voiceId: string; readonly text: string; readonly settings: SpeakRequest['settings'] },
  ): Promise<readonly Int16Array[]> {
    const silentMs = this.#options.silentMs ?? SILENT_MS;
    return new Promise((resolve, reject) => {
      const pcm: Int16Array[] = [];
      let resampler: Resampler | null = null;
      let silent: NodeJS.Timeout | undefined;
      let run: ReturnType<TextToSpeech['synthesize']> | undefined;
      const wait = () => {
        clearTimeout(silent);
        silent = setTimeout(() => {
          run?.abort({ type: 'error', message: `no answer within ${silentMs} ms` });
          reject(new UpstreamTimeout(provider, silentMs));
        }, silentMs);
      };
      wait();
      run = speaker.synthesize({ ...request, working: () => () => undefined }, (part) => {
        wait();
        if (part.type === 'audio') {
          if (part.sampleRateHz === SAMPLE_RATE) return void pcm.push(part.pcm.slice());
          resampler ??= new Resampler(part.sampleRateHz, SAMPLE_RATE);
          return void pcm.push(resampler.process(part.pcm).slice());
        }
        clearTimeout(silent);
        if (part.type === 'done') return resolve(pcm);
        reject(part.unspeakable ? invalid('text', `cannot be spoken: ${part.message}`) : ofFailure(provider, part));
      });
    });
  }

  #offerOf({ id, voices }: { readonly id: string; readonly voices: VendorVoices }): Promise<Offer> {
    const known = this.#offers.get(id);
    const now = this.#options.nowMs();
    if (known && known.untilMs > now) return known.offer;
    const offer = voices.list().then(
      (listed): Offer => ({ provider: id, voices: listed }),
      (error: unknown): Offer => {
        this.#offers.set(id, { untilMs: this.#options.nowMs() + FAILED_MS, offer });
        return { provider: id, failure: errorPart(error).message };
      },
    );
    this.#offers.set(id, { untilMs: now + LISTED_MS, offer });
    return offer;
  }
}

const REFUSED = new Set([400, 413, 422]);

/** A recording that the vendor refuses does not become better. */
function refusedClone(provider: string, error: unknown): AppError {
  if (!(error instanceof VendorError && REFUSED.has(error.status))) return asAppError(provider, error);
  return invalid('audio_file', `is refused by ${provider}: ${errorPart(error).message}`);
}

function asAppError(provider: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof Error && error.name === 'TimeoutError') return new UpstreamTimeout(provider, SILENT_MS);
  return ofFailure(provider, errorPart(error));
}

function ofFailure(provider: string, { message, fault, retryAfterMs }: Failure): AppError {
  if (fault === 'key')
    return new AppError('not-configured', `${provider} does not accept our key: ${message}. Check its settings.`);
  if (retryAfterMs !== undefined)
    return new AppError('rate-limited', `${provider} takes no more requests at present: ${message}`, {
      retryAt: new Date(Date.now() + retryAfterMs),
    });
  return new AppError('upstream-failed', `${provider} failed: ${message}`);
}
