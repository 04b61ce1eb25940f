import type { Pool } from 'pg';
import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import type { RateLimiter } from '#core/kernel/rate-limiter.ts';

/**
 * Counts requests in windows that begin with a key's first: in memory for one server, in the database where several
 * share one (and in memory while that is away).
 */
export class WindowRateLimiter implements RateLimiter {
  readonly #pool: Pool | null;
  readonly #limiters = new Map<string, RateLimiterAbstract>();

  constructor(pool: Pool | null) {
    this.#pool = pool;
  }

  async count(
    key: string,
    points: number,
    windowS: number,
  ): Promise<{ allowed: boolean; remaining: number; resetAt: Date }> {
    try {
      return told(await this.#limiter(points, windowS).consume(key), true);
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return told(refused, false);
      throw refused;
    }
  }

  #limiter(points: number, windowS: number): RateLimiterAbstract {
    const name = `${points}/${windowS}`;
    const known = this.#limiters.get(name);
    if (known) return known;
    const options = { keyPrefix: name, points, duration: windowS };
    const memory = new RateLimiterMemory(options);
    const made =
      this.#pool === null
        ? memory
        : new RateLimiterPostgres({
            ...options,
            storeClient: this.#pool,
            storeType: 'client',
            tableName: 'rate_limits',
            tableCreated: true,
            clearExpiredByTimeout: false,
            insuranceLimiter: memory,
          });
    this.#limiters.set(name, made);
    return made;
  }
}

function told(result: RateLimiterRes, allowed: boolean): { allowed: boolean; remaining: number; resetAt: Date } {
  return {
    allowed,
    remaining: Math.max(0, result.remainingPoints),
    resetAt: new Date(Date.now() + result.msBeforeNext),
  };
}
