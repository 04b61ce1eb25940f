// A recogniser, a model and a voice with delays drawn from the tail's distributions, on a clock of the bench.
import { SAMPLE_RATE, SAMPLES_PER_MS } from '#engine/audio/format.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { LanguageModel } from '#engine/contracts/language-model.ts';
import type { SpeechToText } from '#engine/contracts/speech-to-text.ts';
import type { TextToSpeech } from '#engine/contracts/text-to-speech.ts';
import { DELAYS } from '../calls/script.ts';

/** What models answer on the telephone, a token a word. */
export const ANSWERS: readonly string[] = [
  'Sure, I can book that for you. Which day suits you best?',
  'The technician will be with you between nine and eleven, and he calls half an hour before he arrives.',
  'Of course. For a team of twenty people the standard plan is enough, and the first month is free.',
  'I am sorry about that. I can see both charges here, and I will have the second one returned today.',
  'Thanks for telling me. I have noted the address, and the letter leaves our office this afternoon.',
  'I have sent it again to the address that we have on file. Did it arrive?',
  'Good choice. It costs ten dollars a month, and you can end it whenever you like.',
  'Yes, we are open on Saturday from ten to four, except on public holidays.',
];

/** Its text comes so long after the word, and the final no sooner than it is asked for. */
export function tailRecogniser(clock: CallClock, delayMs: () => number, spoken: Spoken): SpeechToText {
  return {
    id: 'tail',
    open: ({ onPart }) => {
      let utterance = 0;
      let told = '';
      let lag = 0;
      let closed = false;
      const known = () => {
        const words = spoken.text.split(' ');
        const ms = clock.nowMs() - lag - spoken.startMs;
        return words.slice(0, Math.floor((words.length * ms) / (spoken.endMs - spoken.startMs))).join(' ');
      };
      return {
        audio: () => {
          if (utterance === 0) return;
          const text = known();
          if (text !== told && text !== '') onPart({ type: 'transcript-partial', utterance, text: (told = text) });
        },
        begin: (number) => {
          utterance = number;
          lag = delayMs();
          told = '';
        },
        end: (number) => {
          clock.at(Math.max(clock.nowMs(), spoken.endMs + lag), () => {
            if (closed) return;
            utterance = 0;
            onPart({ type: 'transcript-final', utterance: number, text: spoken.text, confidence: 1 });
          });
        },
        expect: () => undefined,
        close: () => (closed = true),
      };
    },
  };
}

export interface Spoken {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Counts what a model was asked. */
export interface Load {
  requests: number;
}

export function tailModel(clock: CallClock, delayMs: () => number, answer: string, load: Load): LanguageModel {
  return {
    id: 'tail',
    cancels: true,
    generate: (_request, onPart) => {
      load.requests++;
      const tokens = answer.split(/(?= )/);
      let cancel = clock.at(clock.nowMs() + delayMs(), () => next(0));
      const next = (at: number): void => {
        if (at === tokens.length) return onPart({ type: 'done' });
        cancel = clock.at(clock.nowMs() + DELAYS.tokenMs, () => next(at + 1));
        onPart({ type: 'text', text: tokens[at]! });
      };
      return { abort: () => cancel() };
    },
  };
}

const LONGEST_MS = 10_000;
const SOUND = Int16Array.from({ length: SAMPLE_RATE * (LONGEST_MS / 1000) }, (_, i) =>
  Math.round(4000 * Math.sin((2 * Math.PI * 220 * i) / SAMPLE_RATE)),
);

export function tailVoice(clock: CallClock, delayMs: () => number): TextToSpeech {
  return {
    id: 'tail',
    synthesize: ({ text }, onPart) => {
      const cancel = clock.at(clock.nowMs() + delayMs(), () => {
        const ms = text.split(/\s+/).length * DELAYS.msPerToken;
        onPart({ type: 'audio', pcm: SOUND.subarray(0, ms * SAMPLES_PER_MS), sampleRateHz: SAMPLE_RATE });
        onPart({ type: 'done' });
      });
      return { abort: cancel };
    },
  };
}
