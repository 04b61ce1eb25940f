import { decodeMulaw } from '#engine/audio/mulaw.ts';
import type { SpeechPart, SpeechRequest, TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import { errorPart, vendorWork, vendorFetch } from './http.ts';

/** The HTTP request for the audio of a text. */
export interface HttpVoiceOptions {
  readonly id: string;
  readonly request: (request: Pick<SpeechRequest, 'text' | 'voiceId'>) => {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: object;
  };
  readonly encoding: 'mulaw' | 'pcm16';
  readonly sampleRateHz: number;
}

/** A voice whose audio comes as the body of a reply, bit by bit. */
export class HttpVoice implements TextToSpeech {
  readonly id: string;
  readonly #options: HttpVoiceOptions;

  constructor(options: HttpVoiceOptions) {
    this.id = options.id;
    this.#options = options;
  }

  synthesize(request: SpeechRequest, onPart: (part: SpeechPart) => void): { abort(): void } {
    const control = new AbortController();
    const ready = vendorWork(request.working);
    void this.#run(request, control.signal, (part) => control.signal.aborted || onPart(part)).finally(ready);
    return { abort: () => control.abort() };
  }

  async #run(request: SpeechRequest, signal: AbortSignal, onPart: (part: SpeechPart) => void): Promise<void> {
    const { encoding, sampleRateHz } = this.#options;
    try {
      const { url, headers, body } = this.#options.request(request);
      const reply = await vendorFetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        signal,
      });
      let odd: Uint8Array = new Uint8Array(0);
      for await (const chunk of reply.body!) {
        if (encoding === 'mulaw') onPart({ type: 'audio', pcm: decodeMulaw(chunk), sampleRateHz });
        else {
          // A sample may be cut in two.
          const bytes: Uint8Array = odd.length === 0 ? chunk : Buffer.concat([odd, chunk]);
          const whole = bytes.length & ~1;
          odd = Uint8Array.from(bytes.subarray(whole));
          if (whole > 0) onPart({ type: 'audio', pcm: samplesOf(bytes.subarray(0, whole)), sampleRateHz });
        }
      }
      onPart({ type: 'done' });
    } catch (error) {
      onPart(errorPart(error));
    }
  }
}

/** Little-endian 16-bit samples, copied: bytes of a socket lie at any address. */
function samplesOf(bytes: Uint8Array): Int16Array {
  return new Int16Array(Uint8Array.from(bytes).buffer);
}
