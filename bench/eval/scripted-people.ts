// Providers whose answers are known beforehand, as fast as good vendors are: so that what is judged is the engine.
import { SAMPLE_RATE, SAMPLES_PER_MS } from '#engine/audio/format.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { LanguageModel } from '#engine/contracts/language-model.ts';
import type { SpeechToText, SpeechToTextOptions, SpeechToTextStream } from '#engine/contracts/speech-to-text.ts';
import type { TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import type { TimedWord } from '../corpus/case.ts';
import { say, type Clip, type Voice } from '../corpus/voices.ts';

/** A word is known so long after it was said, and a final text so long after it was asked for. */
const WORD_DELAY_MS = 200;
const FINAL_DELAY_MS = 120;
const FIRST_TOKEN_MS = 200;
const FIRST_AUDIO_MS = 100;
/** Audio from before voice activity began belongs to the utterance as well. */
const PREROLL_MS = 400;

/** A streaming recogniser that hears the words of a script, no sooner than they were said. */
export class ScriptedRecogniser implements SpeechToText {
  readonly id = 'scripted';
  readonly #clock: CallClock;
  #words: readonly TimedWord[] = [];

  constructor(clock: CallClock) {
    this.#clock = clock;
  }

  /** The caller's part begins now. */
  begin(words: readonly TimedWord[]): void {
    const now = this.#clock.nowMs();
    this.#words = words.map((word) => ({ text: word.text, startMs: now + word.startMs, endMs: now + word.endMs }));
  }

  open({ onPart }: SpeechToTextOptions): SpeechToTextStream {
    const clock = this.#clock;
    let [utterance, fromMs, told, closed] = [0, 0, '', false];
    /** Words up to here were given out in a final. */
    let takenMs = -1;
    const heard = (untilMs: number) =>
      this.#words.filter((word) => word.startMs >= Math.max(fromMs, takenMs) && word.endMs <= untilMs);
    const text = (words: readonly TimedWord[]) => words.map((word) => word.text).join(' ');
    return {
      audio: () => {
        if (utterance === 0) return;
        const now = text(heard(clock.nowMs() - WORD_DELAY_MS));
        if (now !== told && now !== '') onPart({ type: 'transcript-partial', utterance, text: (told = now) });
      },
      begin: (number) => {
        utterance = number;
        fromMs = clock.nowMs() - PREROLL_MS;
        told = '';
      },
      end: (number) => {
        const words = heard(clock.nowMs());
        takenMs = words.at(-1)?.endMs ?? takenMs;
        utterance = 0;
        clock.at(
          clock.nowMs() + FINAL_DELAY_MS,
          () => closed || onPart({ type: 'transcript-final', utterance: number, text: text(words), confidence: 1 }),
        );
      },
      expect: () => undefined,
      close: () => (closed = true),
    };
  }
}

export const scriptedModel = (clock: CallClock): LanguageModel => ({
  id: 'scripted',
  generate: (_request, onPart) => {
    const cancel = clock.at(clock.nowMs() + FIRST_TOKEN_MS, () => {
      onPart({ type: 'text', text: 'Thank you, I have noted that. Is there anything else?' });
      onPart({ type: 'done' });
    });
    return { abort: cancel };
  },
});

const said = new Map<string, Clip>();

export function agentClip(voice: Voice, text: string): Clip {
  const key = `${voice.name}|${text}`;
  const clip = said.get(key) ?? say(voice, [text]).get(text)!;
  said.set(key, clip);
  return clip;
}

export const scriptedVoice = (clock: CallClock, voice: Voice): TextToSpeech => ({
  id: 'scripted',
  synthesize: ({ text }, onPart) => {
    const cancel = clock.at(clock.nowMs() + FIRST_AUDIO_MS, () => {
      onPart({ type: 'audio', pcm: agentClip(voice, text).pcm, sampleRateHz: SAMPLE_RATE });
      onPart({ type: 'done' });
    });
    return { abort: cancel };
  },
});

export const spokenMs = (voice: Voice, clauses: readonly string[]): number =>
  clauses.reduce((sum, clause) => sum + agentClip(voice, clause).pcm.length / SAMPLES_PER_MS, 0);
