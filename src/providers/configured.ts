import type { Embedder } from '#core/knowledge/ports.ts';
import type { LanguageModel } from '#engine/contracts/language-model.ts';
import type { TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import type { Providers } from '#engine/voice-session.ts';
import { MANIFESTS } from './catalog.ts';
import { CircuitBreaker } from '#core/kernel/circuit-breaker.ts';
import { restingModel, restingRecogniser, restingVoice } from './kit/breaker.ts';
import { withoutThoughts } from './kit/without-thoughts.ts';
import type { VendorProviders } from './manifest.ts';
import { OfflineLanguageModel } from './offline/dialogue/offline-language-model.ts';
import { OFFLINE_NAMES } from './offline/manifest.ts';

/** Which vendors' an agent has asked for. */
export interface Chosen {
  readonly voiceProvider: string;
  readonly modelProvider: string;
}

interface Vendor {
  readonly id: string;
  readonly providers: VendorProviders;
  readonly breakers: Readonly<Record<'listen' | 'think' | 'speak', CircuitBreaker>>;
}

/**
 * The vendors that are configured, and the chain that a call tries: the agent's own vendor, then the others that are
 * configured, then offline. A vendor that is not configured is offline's from the start.
 */
const now = () => performance.now();

export class ConfiguredProviders {
  readonly #offline: Providers | null;
  readonly #vendors: readonly Vendor[];
  readonly #rules: LanguageModel = new OfflineLanguageModel();

  /** `settings` by name of the environment's variable; `offline` null where no calls are carried. */
  constructor(settings: Readonly<Record<string, string>>, offline: Providers | null) {
    this.#offline = offline;
    this.#vendors = MANIFESTS.flatMap(({ id, environment, make }) => {
      if (!environment || !make) return [];
      const apiKey = (environment.apiKey === undefined ? undefined : settings[environment.apiKey]) ?? null;
      const baseUrl = settings[environment.baseUrl]?.replace(/(?<!\/)\/+$/, '') ?? null;
      if (apiKey === null && baseUrl === null) return [];
      const made = make({ apiKey, baseUrl });
      const breakers = {
        listen: new CircuitBreaker(now),
        think: new CircuitBreaker(now),
        speak: new CircuitBreaker(now),
      };
      return [
        {
          id,
          breakers,
          providers: {
            ...(made.speechToText ? { speechToText: restingRecogniser(made.speechToText, breakers.listen) } : {}),
            ...(made.languageModel
              ? { languageModel: withoutThoughts(restingModel(made.languageModel, breakers.think)) }
              : {}),
            ...(made.textToSpeech ? { textToSpeech: restingVoice(made.textToSpeech, breakers.speak) } : {}),
            ...(made.embedder ? { embedder: made.embedder } : {}),
          },
        },
      ];
    });
  }

  /** Also where no calls are carried: the agent's own vendor's model, the others, and the rules that stand in. */
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

  /** Who is asked first. */
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

  get embedder(): Embedder | null {
    return this.#vendors.find(({ providers }) => providers.embedder)?.providers.embedder ?? null;
  }

  /** How each vendor's parts are: `closed` is well, `open` is resting. */
  get states(): readonly {
    readonly vendor: string;
    readonly what: 'listen' | 'think' | 'speak';
    readonly state: string;
  }[] {
    const kinds = { listen: 'speechToText', think: 'languageModel', speak: 'textToSpeech' } as const;
    return this.#vendors.flatMap(({ id, providers, breakers }) =>
      (['listen', 'think', 'speak'] as const)
        .filter((what) => providers[kinds[what]])
        .map((what) => ({ vendor: id, what, state: breakers[what].state })),
    );
  }
}
