import { createHmac, timingSafeEqual } from 'node:crypto';

/** URLs that are authorized by their signature until they expire. */
export class SignedUrls {
  readonly #key: string;
  readonly #now: () => number;

  constructor(key: string, now: () => number) {
    this.#key = key;
    this.#now = now;
  }

  /** `from`: when its time begins, ms since 1970. Default: now. */
  sign(path: string, ttlMs: number, from = this.#now()): string {
    const expires = Math.floor((from + ttlMs) / 1000);
    return `${path}?expires=${expires}&signature=${this.#mac(path, expires)}`;
  }

  /** Whether the query of a request holds a valid signature for its path. */
  opens(path: string, query: Readonly<Record<string, unknown>>): boolean {
    const { expires, signature } = query;
    if (typeof expires !== 'string' || typeof signature !== 'string' || !/^\d{1,12}$/.test(expires)) return false;
    if (Number(expires) * 1000 < this.#now()) return false;
    const right = Buffer.from(this.#mac(path, Number(expires)));
    const given = Buffer.from(signature);
    return given.length === right.length && timingSafeEqual(given, right);
  }

  #mac(path: string, expires: number): string {
    return createHmac('sha256', this.#key).update(`${path}\n${expires}`).digest('base64url');
  }
}
