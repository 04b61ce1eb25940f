import { hostOf, networkOf } from '../kernel/network.ts';

/** Counts wrong passwords for an account from a place; an empty value stands for all. */
export interface Counter {
  readonly account: string;
  readonly place: string;
}

/** From the `most`th wrong password on, one attempt per `restMs` is checked. */
export interface GuessRule extends Counter {
  readonly most: number;
  readonly restMs: number;
}

/** Counters are reset after this time without a wrong password. */
export const FORGOTTEN_MS = 15 * 60_000;

export interface Guard {
  readonly network: string;
  /** Rules for networks from which the user has not signed in before. */
  readonly elsewhere: readonly GuessRule[];
  /** Rule for networks from which the user has signed in: guesses from elsewhere do not lock them out. */
  readonly known: GuessRule;
}

/** The counters of an attempt. `account` is counted even if no such user exists. */
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
