import { hostOf, networkOf } from '../kernel/network.ts';

/** What is counted together: wrong passwords for an account, from a place; an empty one stands for all. */
export interface Counter {
  readonly account: string;
  readonly place: string;
}

/** From the `most`th wrong password on, one attempt each `restMs` is looked at. */
export interface GuessRule extends Counter {
  readonly most: number;
  readonly restMs: number;
}

/** Wrong passwords of before are forgotten after so long without another. */
export const FORGOTTEN_MS = 15 * 60_000;

export interface Guard {
  readonly network: string;
  /** Where the user has not signed in before. */
  readonly elsewhere: readonly GuessRule[];
  /** Where they have: nobody who guesses elsewhere keeps them out. */
  readonly known: GuessRule;
}

/** What an attempt counts against. `account` is counted whether or not anybody has it. */
export function guardOf(account: string, address: string): Guard {
  const network = networkOf(address);
  return {
    network,
    elsewhere: [
      { account, place: `host ${hostOf(address)}`, most: 10, restMs: 15 * 60_000 },
      { account, place: '', most: 30, restMs: 10_000 },
      { account: '', place: `network ${network}`, most: 100, restMs: 30_000 },
    ],
    known: { account, place: `network ${network}`, most: 100, restMs: 10_000 },
  };
}
