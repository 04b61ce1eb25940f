import type { Embedder } from '#core/knowledge/vector-search.ts';
import type { LanguageModel } from '#engine/contracts/language-model.ts';
import type { TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import type { Providers } from '#engine/contracts/providers.ts';
import { MANIFESTS } from './catalog.ts';
import { CircuitBreaker } from '#core/kernel/circuit-breaker.ts';
import { guardedModel, guardedRecogniser, guardedVoice, type Guard } from './kit/breaker.ts';
import { errorPart } from './kit/http.ts';
import { VendorHealth, type VendorState } from './kit/vendor-health.ts';
import { withoutThoughts } from './kit/without-thoughts.ts';
import type { ProviderManifest, VendorProviders, VendorSettings } from './manifest.ts';
import { OfflineLanguageModel } from './offline/dialogue/offline-language-model.ts';
import { OFFLINE_NAMES } from './offline/manifest.ts';

/** The vendors that an agent has chosen. */
export interface Chosen {
  readonly voiceProvider: string;
  readonly modelProvider: string;
}

interface Vendor {
  readonly id: string;
  readonly providers: VendorProviders;
  readonly health: VendorHealth;
}

/** A check that takes longer has failed. */
const CHECK_MS = 10_000;

/**
 * The vendors that are configured, and the chain that a call tries: the agent's own vendor, then the others that are
 * configured, then offline. A vendor that is not configured is offline's from the start.
 */
export class ConfiguredProviders {
  readonly #offline: Providers | null;
  readonly #vendors: readonly Vendor[];
  readonly #rules: LanguageModel = new OfflineLanguageModel();
  readonly #stopped = new AbortController();

  /** `settings` by name of the environment's variable; `offline` null where no calls are carried. */
  constructor(settings: Readonly<Record<string, string>>, offline: Providers | null) {
    this.#offline = offline;
    this.#vendors = MANIFESTS.flatMap(({ id, environment, make }) => {
      if (!environment || !make) return [];
      const own = settingsOf(environment, settings);
      if (!own) return [];
      const health = new VendorHealth(id, () => new Date());
      return [{ id, health, providers: guardedProviders(make(own), health) }];
    });
  }

  /**
   * Asks every configured vendor whether it is there and takes our key; `failing`: those alone that did not work last.
   * Never rejects.
   */
  async check(failing = false): Promise<readonly VendorState[]> {
    const due = this.#vendors.filter(({ health }) => !failing || health.state.status === 'error');
    await Promise.all(
      due.map(async ({ providers, health }) => {
        const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(CHECK_MS)]);
        try {
          await providers.check(signal);
          health.succeeded();
        } catch (error) {
          if (!this.#stopped.signal.aborted) health.failed(errorPart(error));
        }
      }),
    );
    return this.states;
  }

  /** Ends checks and processes that run. */
  close(): void {
    this.#stopped.abort();
    for (const { providers } of this.#vendors) providers.close?.();
  }

  /**
   * The models in order: the agent's own vendor, the other vendors, the offline rules. Also on servers that carry no
   * calls.
   */
  models(modelProvider: string): readonly LanguageModel[] {
    return [...this.#chains({ voiceProvider: '', modelProvider }).languageModels, this.#rules];
  }

  forCall(chosen: Chosen): Providers {
    const offline = this.#offline!;
    const { speechToText, languageModels, textToSpeech } = this.#chains(chosen);
    return {
      voiceActivity: offline.voiceActivity,
      speechToText: [...speechToText, ...offline.speechToText],
      languageModels: [...languageModels, ...offline.languageModels],
      // A vendor's voice that was not chosen has the languages that the offline voice has not.
      textToSpeech: [...textToSpeech, ...offline.textToSpeech, ...(textToSpeech.length > 0 ? [] : this.#voices)],
    };
  }

  get #voices(): readonly TextToSpeech[] {
    return this.#vendors.flatMap(({ providers }) => providers.textToSpeech ?? []);
  }

  /** The provider that is asked first. */
  names(chosen: Chosen): Readonly<Record<'speechToText' | 'languageModel' | 'textToSpeech' | 'voiceActivity', string>> {
    const { speechToText, languageModels, textToSpeech } = this.#chains(chosen);
    return {
      speechToText: speechToText[0]?.id ?? OFFLINE_NAMES.speechToText,
      languageModel: languageModels[0]?.id ?? OFFLINE_NAMES.languageModel,
      textToSpeech: textToSpeech[0]?.id ?? OFFLINE_NAMES.textToSpeech,
      voiceActivity: OFFLINE_NAMES.voiceActivity,
    };
  }

  #chains({ voiceProvider, modelProvider }: Chosen): Omit<Providers, 'voiceActivity'> {
    const all = <K extends keyof VendorProviders>(kind: K) =>
      this.#vendors.flatMap(({ id, providers }) => (providers[kind] ? [{ id, one: providers[kind] }] : []));
    const chosenFirst = <T>(vendors: readonly { id: string; one: T }[], chosen: string): T[] => {
      const own = vendors.find(({ id }) => id === chosen);
      return own ? [own.one, ...vendors.filter((other) => other !== own).map(({ one }) => one)] : [];
    };
    return {
      speechToText: all('speechToText').map(({ one }) => one),
      languageModels: chosenFirst(all('languageModel'), modelProvider),
      textToSpeech: chosenFirst(all('textToSpeech'), voiceProvider),
    };
  }

  /** What each configured vendor offers in voices, and speaks with. */
  get speakers(): readonly (Pick<VendorProviders, 'voices' | 'textToSpeech'> & { readonly id: string })[] {
    return this.#vendors.map(({ id, providers: { voices, textToSpeech } }) => ({
      id,
      ...(voices ? { voices } : {}),
      ...(textToSpeech ? { textToSpeech } : {}),
    }));
  }

  get embedder(): Embedder | null {
    return this.#vendors.find(({ providers }) => providers.embedder)?.providers.embedder ?? null;
  }

  /** Every vendor that could be configured, and how it is. */
  get states(): readonly VendorState[] {
    return MANIFESTS.filter(({ environment }) => environment).map(
      ({ id }): VendorState =>
        this.#vendors.find((one) => one.id === id)?.health.state ?? {
          vendor: id,
          status: 'not_configured',
          lastError: null,
        },
    );
  }
}

/** Null for a vendor that is not configured. */
function settingsOf(
  environment: NonNullable<ProviderManifest['environment']>,
  settings: Readonly<Record<string, string>>,
): VendorSettings | null {
  if ('folder' in environment) {
    const folder = settings[environment.folder];
    return folder !== undefined && environment.holds(folder) ? { apiKey: null, baseUrl: null, folder } : null;
  }
  const apiKey = (environment.apiKey === undefined ? undefined : settings[environment.apiKey]) ?? null;
  const baseUrl = settings[environment.baseUrl]?.replace(/(?<!\/)\/+$/, '') ?? null;
  return apiKey === null && baseUrl === null ? null : { apiKey, baseUrl };
}

/** Puts each part of a vendor behind its own circuit breaker. */
function guardedProviders(made: VendorProviders, health: VendorHealth): VendorProviders {
  const guard = (): Guard => ({ breaker: new CircuitBreaker(() => performance.now()), health });
  return {
    ...made,
    ...(made.speechToText ? { speechToText: guardedRecogniser(made.speechToText, guard()) } : {}),
    ...(made.languageModel ? { languageModel: guardedModel(withoutThoughts(made.languageModel), guard()) } : {}),
    ...(made.textToSpeech ? { textToSpeech: guardedVoice(made.textToSpeech, guard()) } : {}),
  };
}
