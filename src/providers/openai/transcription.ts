import { FRAME_MS, SAMPLE_RATE } from '#engine/audio/format.ts';
import { wavHeader } from '#engine/audio/wav.ts';
import type { SpeechToText, SpeechToTextOptions, SpeechToTextStream } from '#engine/contracts/speech-to-text.ts';
import { errorPart, vendorFetch } from '../kit/http.ts';

const MODEL = 'gpt-4o-mini-transcribe';
const PRE_ROLL_FRAMES = 400 / FRAME_MS;
const ANSWER_MS = 8000;
/** Longest utterance in one request; longer speech is cut from the request only. */
const LONGEST_FRAMES = 120_000 / FRAME_MS;

/** Sends each utterance when it is over: no text comes before. @see https://platform.openai.com/docs/api-reference/audio/createTranscription */
export class OpenAiTranscription implements SpeechToText {
  readonly id = 'openai';
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#url = url;
    this.#headers = headers;
  }

  open(options: SpeechToTextOptions): SpeechToTextStream {
    const control = new AbortController();
    let frames: Int16Array[] = [];
    let speaking = false;
    return {
      audio: (pcm) => {
        frames.push(pcm.slice());
        if (frames.length > (speaking ? LONGEST_FRAMES : PRE_ROLL_FRAMES)) frames.shift();
      },
      begin: () => (speaking = true),
      end: (utterance) => {
        if (!speaking) return;
        speaking = false;
        const said = frames;
        frames = frames.slice(-PRE_ROLL_FRAMES);
        void this.#transcribe(said, options, utterance, control.signal);
      },
      expect: () => undefined,
      close: () => control.abort(),
    };
  }

  async #transcribe(
    frames: readonly Int16Array[],
    { language, context, working, onPart }: SpeechToTextOptions,
    utterance: number,
    closed: AbortSignal,
  ): Promise<void> {
    const ready = working(ANSWER_MS);
    try {
      const form = new FormData();
      form.set(
        'file',
        new Blob(
          [
            Uint8Array.from(
              wavHeader(
                SAMPLE_RATE,
                1,
                frames.reduce((sum, one) => sum + one.length, 0),
              ),
            ),
            ...frames.map((one) => Int16Array.from(one)),
          ],
          { type: 'audio/wav' },
        ),
        'speech.wav',
      );
      form.set('model', MODEL);
      form.set('language', language);
      form.set('response_format', 'json');
      if (context.phrases.length > 0) form.set('prompt', context.phrases.join(' ').slice(0, 500));
      const reply = await vendorFetch(this.#url, {
        method: 'POST',
        headers: this.#headers,
        body: form,
        signal: AbortSignal.any([closed, AbortSignal.timeout(ANSWER_MS)]),
      });
      const { text } = (await reply.json()) as { text?: unknown };
      if (typeof text !== 'string') throw new Error('the answer holds no text');
      if (!closed.aborted) onPart({ type: 'transcript-final', utterance, text: text.trim(), confidence: null });
    } catch (error) {
      if (!closed.aborted) onPart({ ...errorPart(error), utterance });
    } finally {
      ready();
    }
  }
}
