import { EchoGuard } from '#engine/audio/echo-guard.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { Providers } from '#engine/contracts/providers.ts';
import { Listen } from '#engine/stages/listen.ts';

export interface PartyHearingOptions {
  readonly clock: CallClock;
  readonly providers: Pick<Providers, 'voiceActivity' | 'speechToText'>;
  readonly phrases: readonly string[];
  readonly said: (said: Said) => void;
  readonly failed: (error: unknown) => void;
}

/** One utterance, with its times on the call's clock. */
export interface Said {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly confidence: number | null;
}

/** The end of speech after which the recogniser is asked for the text. */
const ENDPOINT_MS = 400;

/** Recognises what one party of a call says, apart from the conversation of the AI agent. */
export class PartyHearing {
  readonly #listen: Listen;
  readonly #times = new Map<number, { startMs: number; endMs: number }>();

  constructor({ clock, providers, phrases, said, failed }: PartyHearingOptions) {
    this.#listen = new Listen({
      clock,
      voiceActivity: providers.voiceActivity,
      echo: new EchoGuard(),
      chain: providers.speechToText,
      context: { phrases },
      endpointMs: ENDPOINT_MS,
      events: {
        speechSuspected: () => undefined,
        speechStarted: (utterance, onsetMs) => this.#times.set(utterance, { startMs: onsetMs, endMs: onsetMs }),
        speechGoesOn: () => undefined,
        speechEnded: (utterance, endMs) => {
          const times = this.#times.get(utterance);
          if (times) times.endMs = endMs;
        },
        transcript: (part) => {
          if (part.type !== 'transcript-final') return;
          const times = this.#times.get(part.utterance) ?? { startMs: clock.nowMs(), endMs: clock.nowMs() };
          this.#times.delete(part.utterance);
          const text = part.text.trim();
          if (text !== '') said({ text, ...times, confidence: part.confidence });
        },
        tone: () => undefined,
        fellBack: () => undefined,
        failed,
      },
    });
  }

  audio(mulaw: Uint8Array): void {
    this.#listen.push(mulaw);
  }

  close(): void {
    this.#listen.close();
  }
}
