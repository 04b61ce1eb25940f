import type { Unit, UsageLine } from '#core/usage/usage.ts';
import { FRAME_MS } from '#engine/audio/format.ts';
import type { Failure } from '#engine/contracts/failure.ts';
import type { LanguageModel, ModelRequest } from '#engine/contracts/language-model.ts';
import type { SpeechToText } from '#engine/contracts/speech-to-text.ts';
import type { TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import type { Providers } from '#engine/contracts/providers.ts';

/** Estimate for vendors that do not count tokens. */
const LETTERS_PER_TOKEN = 4;

export interface MeterEvents {
  /** A provider was used for the first time on this call. */
  changed(did: Readonly<Record<string, string>>): void;
  /** A speech-to-text or text-to-speech provider failed. */
  failed(provider: string, does: 'listen' | 'speak', failure: Failure): void;
}

/** Counts the usage of each provider on one call, and records which providers were really used. */
export class UsageMeter {
  readonly #lines = new Map<string, { provider: string; unit: Unit; units: number }>();
  readonly #did = new Map<string, Set<string>>();
  readonly #events: MeterEvents;

  constructor(events: MeterEvents) {
    this.#events = events;
  }

  /** What was used since this was asked last. */
  take(): readonly UsageLine[] {
    return [...this.#lines.values()]
      .filter((line) => line.units > 0)
      .map((line) => {
        const taken = { ...line };
        line.units = 0;
        return taken;
      });
  }

  watch(providers: Providers): Providers {
    return {
      voiceActivity: providers.voiceActivity,
      speechToText: providers.speechToText.map((one) => this.#recogniser(one)),
      languageModels: this.models(providers.languageModels),
      textToSpeech: providers.textToSpeech.map((one) => this.#voice(one)),
    };
  }

  models(models: readonly LanguageModel[]): readonly LanguageModel[] {
    return models.map((one) => this.#model(one));
  }

  #line(provider: string, unit: Unit): { units: number } {
    const key = `${provider} ${unit}`;
    const line = this.#lines.get(key) ?? { provider, unit, units: 0 };
    this.#lines.set(key, line);
    return line;
  }

  #saw(kind: string, provider: string): void {
    const known = this.#did.get(kind) ?? new Set<string>();
    if (known.has(provider)) return;
    this.#did.set(kind, known.add(provider));
    this.#events.changed(Object.fromEntries([...this.#did].map(([what, who]) => [what, [...who].join(', ')])));
  }

  #recogniser(inner: SpeechToText): SpeechToText {
    return {
      id: inner.id,
      open: (options) => {
        // Called fifty times a second, so the line is looked up once.
        const line = this.#line(inner.id, 'milliseconds');
        const stream = inner.open({
          ...options,
          onPart: (part) => {
            if (part.type === 'error') this.#events.failed(inner.id, 'listen', part);
            else if (part.text !== '') this.#saw('speech_to_text', inner.id);
            options.onPart(part);
          },
        });
        return {
          audio: (pcm) => {
            line.units += FRAME_MS;
            stream.audio(pcm);
          },
          begin: (utterance) => stream.begin(utterance),
          end: (utterance) => stream.end(utterance),
          expect: (phrases) => stream.expect(phrases),
          close: () => stream.close(),
        };
      },
    };
  }

  #model(inner: LanguageModel): LanguageModel {
    return {
      ...inner,
      id: inner.id,
      generate: (request, onPart) => {
        let [letters, over] = [0, false];
        const count = (usage: { readonly inputTokens: number; readonly outputTokens: number } | undefined) => {
          this.#line(inner.id, 'input-tokens').units +=
            usage?.inputTokens ?? Math.ceil(lettersIn(request) / LETTERS_PER_TOKEN);
          this.#line(inner.id, 'output-tokens').units += usage?.outputTokens ?? Math.ceil(letters / LETTERS_PER_TOKEN);
        };
        const run = inner.generate(request, (part) => {
          if (part.type === 'text' || part.type === 'tool-call') this.#saw('language_model', inner.id);
          if (part.type === 'text') letters += part.text.length;
          over ||= part.type === 'done' || part.type === 'error';
          if (part.type === 'done') count(part.usage);
          onPart(part);
        });
        return {
          // Vendors charge for what was sent and written by then, and do not say how much that was.
          abort: (why) => {
            if (!over) count(undefined);
            over = true;
            run.abort(why);
          },
        };
      },
    };
  }

  #voice(inner: TextToSpeech): TextToSpeech {
    return {
      id: inner.id,
      synthesize: (request, onPart) => {
        let counted = false;
        const run = inner.synthesize(request, (part) => {
          if (part.type === 'error' && !part.unspeakable) this.#events.failed(inner.id, 'speak', part);
          // Vendors charge from the first audio on.
          if (part.type === 'audio' && !counted) {
            counted = true;
            this.#line(inner.id, 'characters').units += request.text.length;
            this.#saw('text_to_speech', inner.id);
          }
          onPart(part);
        });
        return {
          abort: (why) => {
            if (why) this.#events.failed(inner.id, 'speak', why);
            run.abort(why);
          },
        };
      },
    };
  }
}

function lettersIn({ prompt, messages, knowledge = [] }: ModelRequest): number {
  return (
    prompt.length +
    messages.reduce((sum, one) => sum + ('text' in one ? one.text.length : 0), 0) +
    knowledge.reduce((sum, one) => sum + one.text.length, 0)
  );
}
