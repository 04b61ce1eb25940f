import type { UserTalk } from '../user-talk.ts';
import { PartyHearing, type PartyHearingOptions } from './party-hearing.ts';

export interface TalkHearingOptions extends Omit<PartyHearingOptions, 'said'> {
  /** Whether the caller is on hold: then no words of either side are kept. */
  readonly isOnHold: () => boolean;
  readonly said: (talk: UserTalk) => void;
}

/** Recognises what a human agent and the caller say to each other, for the transcript. */
export class TalkHearing {
  readonly #options: TalkHearingOptions;
  #agent: PartyHearing | null = null;
  #caller: PartyHearing | null = null;

  constructor(options: TalkHearingOptions) {
    this.#options = options;
  }

  /** The human agent or supervisor with this user id has the caller from now on. */
  begin(userId: number): void {
    this.end();
    this.#agent = this.#hearing(userId);
    this.#caller = this.#hearing(null);
  }

  agentAudio(mulaw: Uint8Array): void {
    if (!this.#options.isOnHold()) this.#agent?.audio(mulaw);
  }

  callerAudio(mulaw: Uint8Array): void {
    if (!this.#options.isOnHold()) this.#caller?.audio(mulaw);
  }

  end(): void {
    this.#agent?.close();
    this.#caller?.close();
    this.#agent = null;
    this.#caller = null;
  }

  #hearing(userId: number | null): PartyHearing {
    return new PartyHearing({ ...this.#options, said: (said) => this.#options.said({ ...said, userId }) });
  }
}
