/** Counts requests, over all servers. */
export interface RateLimiter {
  /** Counts one request for `key` in a window of `windowS` that begins with its first request. Never rejects. */
  count(
    key: string,
    points: number,
    windowS: number,
  ): Promise<{ readonly allowed: boolean; readonly remaining: number; readonly resetAt: Date }>;
}
