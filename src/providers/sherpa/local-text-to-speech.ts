import type { SpeechPart, SpeechRequest, TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import { errorPart, vendorWork } from '../kit/http.ts';
import { isLatin } from '../kit/script.ts';
import type { InstalledModel } from './installed-models.ts';
import { ModelProcess } from './model-process.ts';

export const VOICE_PREFIX = 'sherpa-';
const LONGEST_TEXT = 1000;
const CACHE_BYTES = 16 * 1024 * 1024;

type Audio = Extract<SpeechPart, { readonly type: 'audio' }>;
interface Speaker {
  readonly model: InstalledModel;
  readonly process: ModelProcess;
}

/** The id of a voice: its model, and its number where the model has several. */
export const voiceIdOf = ({ name, speakers }: InstalledModel, speaker: number): string =>
  `${VOICE_PREFIX}${name}${speakers > 1 ? `-${speaker}` : ''}`;

/** Voices of installed models. What was said once is kept, as long as there is room. */
export class LocalTextToSpeech implements TextToSpeech {
  readonly id = 'sherpa';
  readonly #speakers: readonly Speaker[];
  readonly #listeners = new Map<ModelProcess, Map<number, (audio: Audio) => void>>();
  readonly #said = new Map<string, readonly Audio[]>();
  #bytes = 0;

  constructor(speakers: readonly Speaker[]) {
    this.#speakers = speakers;
    for (const { process } of speakers) {
      const listeners = new Map<number, (audio: Audio) => void>();
      this.#listeners.set(process, listeners);
      process.onMessage = (message) => {
        if (message.type === 'audio')
          listeners.get(message.id)?.({ type: 'audio', pcm: message.pcm, sampleRateHz: message.sampleRateHz });
      };
    }
  }

  synthesize(request: SpeechRequest, onPart: (part: SpeechPart) => void): { abort(): void } {
    const { model, process, speaker } = this.#voice(request.voiceId);
    const text = request.text.slice(0, LONGEST_TEXT);
    if (!isLatin(text) && new Intl.Locale(model.language).maximize().script === 'Latn')
      return later(() =>
        onPart({ type: 'error', message: `${model.title} does not speak this script`, unspeakable: true }),
      );
    const key = `${model.name}\n${speaker}\n${text}`;
    const kept = this.#said.get(key);
    if (kept)
      return later(() => {
        for (const audio of kept) onPart(audio);
        onPart({ type: 'done' });
      });
    const ready = vendorWork(request.working);
    const made: Audio[] = [];
    let over = false;
    const { id, reply } = process.request({ type: 'speak', text, speaker });
    const listeners = this.#listeners.get(process)!;
    listeners.set(id, (audio) => {
      if (over) return;
      made.push(audio);
      onPart(audio);
    });
    const end = (part: SpeechPart) => {
      listeners.delete(id);
      ready();
      if (!over) onPart(part);
      over = true;
    };
    reply.then(
      () => {
        this.#keep(key, made);
        end({ type: 'done' });
      },
      (error: unknown) => end(errorPart(error)),
    );
    return {
      abort: () => {
        over = true;
        process.drop(id);
      },
    };
  }

  #voice(voiceId: string): Speaker & { readonly speaker: number } {
    for (const one of this.#speakers)
      for (let speaker = 0; speaker < one.model.speakers; speaker++)
        if (voiceId === voiceIdOf(one.model, speaker)) return { ...one, speaker };
    return { ...this.#speakers[0]!, speaker: 0 };
  }

  #keep(key: string, audio: readonly Audio[]): void {
    if (audio.length === 0) return;
    this.#bytes += audio.reduce((sum, { pcm }) => sum + pcm.byteLength, 0);
    if (this.#bytes > CACHE_BYTES) {
      this.#said.clear();
      this.#bytes = 0;
      return;
    }
    this.#said.set(key, audio);
  }
}

function later(run: () => void): { abort(): void } {
  const timer = setImmediate(run);
  return { abort: () => clearImmediate(timer) };
}
