import type { Log } from '#core/kernel/log.ts';
import { hostOf } from '#core/kernel/network.ts';

const WINDOW_MS = 60_000;
/** Addresses that are counted apart; failures of further ones share a line. */
const MOST_ADDRESSES = 1000;

export interface FailedSignIn {
  readonly account: string | null;
  readonly address: string;
  readonly code: string;
  readonly request_id: string;
}

/** Writes the first failed sign-in of an address, and those of each further minute as one line with their count. */
export class FailedSignIns {
  readonly #counts = new Map<string, number>();

  add(failed: FailedSignIn, log: Pick<Log, 'warn'>): void {
    const host = hostOf(failed.address);
    const address = this.#counts.has(host) || this.#counts.size < MOST_ADDRESSES ? host : 'others';
    const before = this.#counts.get(address);
    this.#counts.set(address, before === undefined ? 0 : before + 1);
    if (before !== undefined) return;
    log.warn(failed, 'a sign-in failed');
    this.#endWindow(address, log);
  }

  #endWindow(address: string, log: Pick<Log, 'warn'>): void {
    setTimeout(() => {
      const count = this.#counts.get(address)!;
      if (count === 0) return void this.#counts.delete(address);
      this.#counts.set(address, 0);
      log.warn({ address, count, seconds: WINDOW_MS / 1000 }, 'sign-ins failed');
      this.#endWindow(address, log);
    }, WINDOW_MS).unref();
  }
}

/** Of this process. */
export const failedSignIns = new FailedSignIns();

/** An account for the log: enough to recognise it, not to read it. */
export const maskedAccount = (email: string): string => email.slice(0, 200).replace(/(?<=^.)[^@]*/, '***');
