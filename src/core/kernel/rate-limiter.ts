/** Counts requests; shared between servers where there are several. */
export interface RateLimiter {
  /** One more for `key` within a window of `windowS` that began with its first. Never rejects. */
  count(
    key: string,
    points: number,
    windowS: number,
  ): Promise<{ readonly allowed: boolean; readonly remaining: number; readonly resetAt: Date }>;
}
