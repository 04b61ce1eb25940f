import type { CallClock } from '#engine/contracts/clock.ts';
import type { Providers } from '#engine/contracts/providers.ts';
import type { Phrases, TurnPolicy } from '#engine/turns/policy.ts';
import { Hedging } from './hedging.ts';
import { ReadySpeech } from './ready-speech.ts';

export interface QuickAnswersSettings extends Pick<TurnPolicy, 'speculates' | 'firstClauseLetters' | 'openingAfterMs'> {
  /** The largest share of turns for which a late model is asked twice; 0: never. */
  readonly hedgedShare: number;
}

/** What shortens the wait for an answer on all calls of this process. */
export class QuickAnswers {
  readonly policy: Pick<TurnPolicy, 'speculates' | 'firstClauseLetters' | 'openingAfterMs'>;
  readonly #hedging: Hedging;
  readonly #ready = new ReadySpeech();

  constructor({ hedgedShare, ...policy }: QuickAnswersSettings) {
    this.policy = policy;
    this.#hedging = new Hedging(hedgedShare);
  }

  /** The providers of one call. Where the clock waits for speech work, nothing is late. */
  providers(inner: Providers, clock: CallClock, phrases: Phrases): Providers {
    if (clock.waits) return inner;
    const fixed = new Set(Object.values(phrases).flat());
    return {
      ...inner,
      languageModels: inner.languageModels.map((one) => this.#hedging.model(one, clock)),
      textToSpeech: inner.textToSpeech.map((one) => this.#ready.voice(one, fixed)),
    };
  }
}
