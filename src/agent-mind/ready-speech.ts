import type { SpeechPart, TextToSpeech } from '#engine/contracts/text-to-speech.ts';

/** Of all sentences in all voices together, 16 MB; those that were used longest ago go. */
const MOST_SAMPLES = 8_000_000;

/** A text as one voice says it. */
interface Sentence {
  readonly parts: readonly SpeechPart[];
  readonly samples: number;
}

/**
 * The fixed sentences of agents, kept as audio for all calls of this process, so that they are heard at once. Other
 * texts pass through.
 */
export class ReadySpeech {
  readonly #kept = new Map<string, Sentence>();
  #samples = 0;

  /** The same voice: `fixed` texts come from what is kept, or are kept when it has said them. */
  voice(inner: TextToSpeech, fixed: ReadonlySet<string>): TextToSpeech {
    return {
      ...inner,
      id: inner.id,
      synthesize: (request, onPart) => {
        const { text, voiceId, settings } = request;
        if (!fixed.has(text)) return inner.synthesize(request, onPart);
        const key = JSON.stringify([inner.id, voiceId, settings ?? null, text]);
        const kept = this.#use(key);
        if (kept) {
          for (const part of kept.parts) onPart(part);
          return { abort: () => undefined };
        }
        const parts: SpeechPart[] = [];
        return inner.synthesize(request, (part) => {
          // The buffer is the voice's own, which may use it again.
          parts.push(part.type === 'audio' ? { ...part, pcm: part.pcm.slice() } : part);
          if (part.type === 'done' && parts.length > 1) this.#keep(key, parts);
          onPart(part);
        });
      },
    };
  }

  #use(key: string): Sentence | undefined {
    const sentence = this.#kept.get(key);
    if (!sentence) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, sentence);
    return sentence;
  }

  #keep(key: string, parts: readonly SpeechPart[]): void {
    this.#drop(key);
    const samples = parts.reduce((sum, part) => sum + (part.type === 'audio' ? part.pcm.length : 0), 0);
    this.#kept.set(key, { parts, samples });
    this.#samples += samples;
    while (this.#samples > MOST_SAMPLES) this.#drop(this.#kept.keys().next().value!);
  }

  #drop(key: string): void {
    this.#samples -= this.#kept.get(key)?.samples ?? 0;
    this.#kept.delete(key);
  }
}
