import type { SpeechPart, SpeechRequest, TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import { SAMPLE_RATE } from '#engine/audio/format.ts';
import { isLatin } from '../../kit/script.ts';
import type { SpokenSounds } from './spoken-sounds.ts';
import { SupervisedWorker } from './supervised-worker.ts';
import { offlineVoice } from './voices.ts';

/** How far behind a simulated call's clock lets a clause fall before it waits, ms. */
const BUDGET_MS = 350;
const STUCK_MS = 15_000;
const CACHE_BYTES = 16 * 1024 * 1024;

const LONGEST_TEXT = 1000;

/** Text limits, because Flite needs minutes for an endless word and an hour for a book. */
function speakable(text: string): string {
  return text.slice(0, LONGEST_TEXT).replace(/\S{30}/g, '$& ');
}

function refuse(onPart: (part: SpeechPart) => void): { abort(): void } {
  const timer = setImmediate(() =>
    onPart({ type: 'error', message: 'The offline voice speaks English only', unspeakable: true }),
  );
  return { abort: () => clearImmediate(timer) };
}

/** Flite in worker threads. English only; the same clause in the same voice is made once. */
export class OfflineTextToSpeech implements TextToSpeech {
  readonly id = 'offline-flite';
  readonly #workers: SupervisedWorker[];
  readonly #sounds: SpokenSounds | null;
  readonly #cache = new Map<string, Promise<Int16Array>>();
  #cached = 0;

  /** `sounds`: where what it says is kept, for those who hear it on a line. */
  constructor(flite: () => Promise<WebAssembly.Module>, workers: number, sounds: SpokenSounds | null = null) {
    this.#sounds = sounds;
    this.#workers = Array.from(
      { length: workers },
      () => new SupervisedWorker(new URL('./voice-worker.ts', import.meta.url), flite, STUCK_MS),
    );
  }

  get workers(): readonly SupervisedWorker[] {
    return this.#workers;
  }

  synthesize(request: SpeechRequest, onPart: (part: SpeechPart) => void): { abort(): void } {
    if (!isLatin(request.text)) return refuse(onPart);
    const ready = request.working(BUDGET_MS);
    let aborted = false;
    this.#speech(request.text, request.voiceId).then(
      (pcm) => {
        ready();
        if (aborted) return;
        const text = speakable(request.text);
        this.#sounds?.add(`${offlineVoice(request.voiceId).id}\n${text}`, text, pcm);
        onPart({ type: 'audio', pcm, sampleRateHz: SAMPLE_RATE });
        onPart({ type: 'done' });
      },
      (error: unknown) => {
        ready();
        if (!aborted) onPart({ type: 'error', message: error instanceof Error ? error.message : String(error) });
      },
    );
    return {
      abort: () => {
        aborted = true;
        ready();
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  #speech(text: string, voiceId: string): Promise<Int16Array> {
    const { id, voice } = offlineVoice(voiceId);
    const key = `${id}\n${text}`;
    const known = this.#cache.get(key);
    if (known) return known;
    const worker = this.#workers.reduce((least, one) => (one.pending < least.pending ? one : least));
    const speech = worker
      .request<{ id: number; pcm: Int16Array }>({ text: speakable(text), voice })
      .then(({ pcm }) => pcm);
    this.#cache.set(key, speech);
    speech.then(
      (pcm) => this.#bound(pcm.byteLength),
      () => this.#cache.delete(key),
    );
    return speech;
  }

  #bound(bytes: number): void {
    this.#cached += bytes;
    if (this.#cached <= CACHE_BYTES) return;
    this.#cache.clear();
    this.#cached = 0;
  }
}
