import type { Attempt, CircuitBreaker } from '#core/kernel/circuit-breaker.ts';
import type { Failure, ProviderRun } from '#engine/contracts/failure.ts';
import type { LanguageModel, ModelPart } from '#engine/contracts/language-model.ts';
import type { SpeechToText, SpeechToTextStream } from '#engine/contracts/speech-to-text.ts';
import type { SpeechPart, TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import type { VendorHealth } from './vendor-health.ts';

/** A request aborted after this time without a part counts as a failure; aborted earlier it counts as canceled. */
const MUTE_MS = 2500;

/** One part of a vendor: its circuit breaker, and where its results are noted. */
export interface Guard {
  readonly breaker: CircuitBreaker;
  readonly health: VendorHealth;
}

function noteFailure({ health }: Guard, attempt: Attempt | null, failure: Failure): void {
  health.failed(failure);
  // The request is at fault: that says nothing of what the vendor does for others.
  if (failure.fault === 'request') attempt?.withdrawn();
  else attempt?.failed(failure.retryAfterMs);
}

function noteSuccess({ health }: Guard, attempt: Attempt | null): void {
  health.succeeded();
  attempt?.succeeded();
}

const resting = (id: string): Failure => ({
  type: 'error',
  fault: 'resting',
  message: `${id} is left alone for a while after failures`,
});

/** One answer in parts, counted by how it ends. */
function guarded<P extends { readonly type: string }>(
  id: string,
  guard: Guard,
  onPart: (part: P | Failure) => void,
  start: (onPart: (part: P | Failure) => void) => ProviderRun,
): ProviderRun {
  const attempt = guard.breaker.ask();
  if (!attempt) {
    const timer = setImmediate(() => onPart(resting(id)));
    return { abort: () => clearImmediate(timer) };
  }
  const began = performance.now();
  let [heard, over] = [false, false];
  const run = start((part) => {
    if (part.type === 'error' || part.type === 'done') {
      over = true;
      if (part.type === 'error') noteFailure(guard, attempt, part as Failure);
      else noteSuccess(guard, attempt);
    } else heard = true;
    onPart(part);
  });
  return {
    abort: (why) => {
      if (!over) {
        const upAfterMs = performance.now() - began;
        if (why) noteFailure(guard, attempt, why);
        else if (heard) noteSuccess(guard, attempt);
        else if (upAfterMs < MUTE_MS) attempt.withdrawn();
        else noteFailure(guard, attempt, { type: 'error', message: `no answer within ${Math.round(upAfterMs)} ms` });
      }
      over = true;
      run.abort(why);
    },
  };
}

export const guardedModel = (inner: LanguageModel, guard: Guard): LanguageModel => ({
  ...inner,
  id: inner.id,
  generate: (request, onPart) => guarded<ModelPart>(inner.id, guard, onPart, (each) => inner.generate(request, each)),
});

export const guardedVoice = (inner: TextToSpeech, guard: Guard): TextToSpeech => ({
  id: inner.id,
  synthesize: (request, onPart) =>
    guarded<SpeechPart>(inner.id, guard, onPart, (each) => inner.synthesize(request, each)),
});

/**
 * A recogniser is opened for a whole call, and each utterance is an attempt: audio without a text counts against it,
 * and so does an error.
 */
export function guardedRecogniser(inner: SpeechToText, guard: Guard): SpeechToText {
  return {
    id: inner.id,
    open: (options): SpeechToTextStream => {
      const { breaker } = guard;
      let attempt = breaker.ask();
      if (!attempt) {
        const refuse = (utterance: number) =>
          void setImmediate(() => options.onPart({ ...resting(inner.id), utterance }));
        return {
          audio: () => undefined,
          begin: refuse,
          end: () => undefined,
          expect: () => undefined,
          close: () => undefined,
        };
      }
      let endedMs: number | null = null;
      const stream = inner.open({
        ...options,
        onPart: (part) => {
          if (part.type !== 'transcript-partial') endedMs = null;
          if (part.type === 'error') noteFailure(guard, attempt, part);
          else if (part.text !== '') noteSuccess(guard, attempt);
          if (part.type === 'error' || part.text !== '') attempt = null;
          options.onPart(part);
        },
      });
      return {
        audio: (pcm) => stream.audio(pcm),
        begin: (utterance) => {
          if (breaker.state === 'closed') attempt ??= breaker.ask();
          stream.begin(utterance);
        },
        end: (utterance) => {
          endedMs = performance.now();
          stream.end(utterance);
        },
        expect: (phrases) => stream.expect(phrases),
        close: () => {
          // Closed although a transcript was overdue: the recogniser has failed.
          if (endedMs !== null && performance.now() - endedMs > 1000)
            noteFailure(guard, attempt, { type: 'error', message: 'gave no text for speech' });
          else attempt?.withdrawn();
          stream.close();
        },
      };
    },
  };
}
