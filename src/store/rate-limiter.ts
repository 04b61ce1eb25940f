import type { Pool } from 'pg';
import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRedis,
  RateLimiterRes,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import type { RateLimiter } from '#core/kernel/rate-limiter.ts';
import type { RedisLink } from './redis.ts';

/**
 * Counts requests in windows that begin with a key's first: in memory for one server, in the database where several
 * share one, or in Redis. While Redis is away the database counts, and while that is away the memory.
 */
export class WindowRateLimiter implements RateLimiter {
  readonly #pool: Pool | null;
  readonly #redis: RedisLink | null;
  readonly #limiters = new Map<string, RateLimiterAbstract>();

  constructor(pool: Pool | null, redis: RedisLink | null = null) {
    this.#pool = pool;
    this.#redis = redis;
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
    const present =
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
    const made =
      this.#redis === null
        ? present
        : new RateLimiterRedis({
            ...options,
            keyPrefix: `${this.#redis.prefix}limit:${name}`,
            storeClient: this.#redis.commands,
            rejectIfRedisNotReady: true,
            insuranceLimiter: present,
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
