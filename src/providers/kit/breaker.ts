import type { CircuitBreaker } from '#core/kernel/circuit-breaker.ts';
import type { LanguageModel, ModelPart } from '#engine/contracts/language-model.ts';
import type { SpeechToText, SpeechToTextStream } from '#engine/contracts/speech-to-text.ts';
import type { SpeechPart, TextToSpeech } from '#engine/contracts/text-to-speech.ts';

type Ending = { readonly type: string; readonly retryAfterMs?: number };

/** One answer in parts, counted by how it ends. */
function watched<P extends Ending>(
  breaker: CircuitBreaker,
  onPart: (part: P) => void,
  start: (onPart: (part: P) => void) => { abort(): void },
  refused: P,
): { abort(): void } {
  if (!breaker.ask()) {
    const timer = setImmediate(() => onPart(refused));
    return { abort: () => clearImmediate(timer) };
  }
  const began = performance.now();
  let [heard, over] = [false, false];
  const run = start((part) => {
    if (part.type === 'error') {
      over = true;
      breaker.failed(part.retryAfterMs);
    } else if (part.type === 'done') {
      over = true;
      breaker.succeeded();
    } else heard = true;
    onPart(part);
  });
  return {
    abort: () => {
      if (!over) breaker.given(performance.now() - began, heard);
      over = true;
      run.abort();
    },
  };
}

const resting = (id: string) => ({ type: 'error' as const, message: `${id} is resting after failures` });

export const restingModel = (inner: LanguageModel, breaker: CircuitBreaker): LanguageModel => ({
  id: inner.id,
  generate: (request, onPart) =>
    watched<ModelPart>(breaker, onPart, (each) => inner.generate(request, each), resting(inner.id)),
});

export const restingVoice = (inner: TextToSpeech, breaker: CircuitBreaker): TextToSpeech => ({
  id: inner.id,
  synthesize: (request, onPart) =>
    watched<SpeechPart>(breaker, onPart, (each) => inner.synthesize(request, each), resting(inner.id)),
});

/** A recogniser is asked for a whole call: audio that goes in without a text coming out counts against it, and so does an error. */
export function restingRecogniser(inner: SpeechToText, breaker: CircuitBreaker): SpeechToText {
  return {
    id: inner.id,
    open: (options): SpeechToTextStream => {
      if (!breaker.ask()) {
        const refuse = (utterance: number) =>
          void setImmediate(() =>
            options.onPart({ type: 'error', utterance, retryable: false, message: resting(inner.id).message }),
          );
        return {
          audio: () => undefined,
          begin: refuse,
          end: () => undefined,
          expect: () => undefined,
          close: () => undefined,
        };
      }
      let endedMs: number | null = null;
      let told = false;
      const stream = inner.open({
        ...options,
        onPart: (part) => {
          if (part.type === 'error') breaker.failed();
          else if (part.text !== '') breaker.succeeded();
          told ||= part.type === 'error' || part.text !== '';
          if (part.type !== 'transcript-partial') endedMs = null;
          options.onPart(part);
        },
      });
      return {
        audio: (pcm) => stream.audio(pcm),
        begin: (utterance) => stream.begin(utterance),
        end: (utterance) => {
          endedMs = performance.now();
          stream.end(utterance);
        },
        expect: (phrases) => stream.expect(phrases),
        close: () => {
          // Left while a text was owed: it went deaf.
          if (endedMs !== null && performance.now() - endedMs > 1000) breaker.failed();
          // Nobody has spoken: that says nothing of it.
          else if (!told) breaker.given(0, false);
          stream.close();
        },
      };
    },
  };
}
