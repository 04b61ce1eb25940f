import type { Principal } from '#core/identity/principal.ts';
import { actorName } from '#core/kernel/context.ts';
import { AppError } from '#core/kernel/errors.ts';
import { hostOf } from '#core/kernel/network.ts';
import type { RateLimiter } from '#core/kernel/rate-limiter.ts';
import type { Api } from './api.ts';
import type { Limit } from './limit.ts';

export type ReplyHeaders = Readonly<Record<string, string | number>>;

interface Counted {
  readonly points: number;
  readonly remaining: number;
  readonly resetAt: Date;
}

/** Counts the requests of one server's APIs; shared by all its ports, and by all servers where the limiter is. */
export class RequestLimits {
  readonly #limiter: RateLimiter;
  readonly #factor: number;

  constructor(limiter: RateLimiter, factor: number) {
    this.#limiter = limiter;
    this.#factor = factor;
  }

  /** The counts of one request; without a valid credential it counts for its network address. */
  begin(
    api: Api,
    principal: Principal | null,
    address: string,
    setHeaders: (headers: ReplyHeaders) => void,
  ): RequestCount {
    return new RequestCount(
      this.#limiter,
      this.#factor,
      `${api.name}:${subjectOf(api, principal, address)}`,
      setHeaders,
    );
  }
}

/** The limits that one request counts against; the reply's headers show the one nearest its end. */
class RequestCount {
  readonly #limiter: RateLimiter;
  readonly #factor: number;
  readonly #subject: string;
  readonly #setHeaders: (headers: ReplyHeaders) => void;
  #nearest: Counted | null = null;

  constructor(limiter: RateLimiter, factor: number, subject: string, setHeaders: (headers: ReplyHeaders) => void) {
    this.#limiter = limiter;
    this.#factor = factor;
    this.#subject = subject;
    this.#setHeaders = setHeaders;
  }

  /** `subject`: whose requests are counted together, where these are not the caller's. @throws AppError rate-limited */
  async against(limit: Limit, subject = this.#subject): Promise<void> {
    const points = Math.max(1, Math.floor(limit.points * this.#factor));
    const { allowed, remaining, resetAt } = await this.#limiter.count(
      `${limit.name}:${subject}`,
      points,
      limit.windowS,
    );
    if (!this.#nearest || remaining < this.#nearest.remaining || !allowed) this.#tell({ points, remaining, resetAt });
    if (!allowed) throw overLimit(points, resetAt);
  }

  #tell(nearest: Counted): void {
    this.#nearest = nearest;
    this.#setHeaders({
      'x-ratelimit-limit': nearest.points,
      'x-ratelimit-remaining': nearest.remaining,
      'x-ratelimit-reset': Math.ceil(nearest.resetAt.getTime() / 1000),
    });
  }
}

export type { RequestCount };

export const secondsUntil = (at: Date): number => Math.max(1, Math.ceil((at.getTime() - Date.now()) / 1000));

function overLimit(limit: number, resetAt: Date): AppError {
  return new AppError('rate-limited', `Rate limit exceeded. Try again in ${secondsUntil(resetAt)} seconds.`, {
    retryAt: resetAt,
    limit,
  });
}

function subjectOf(api: Api, principal: Principal | null, address: string): string {
  if (!principal) return `address:${hostOf(address)}`;
  if (api.countedPer === 'organization') return `organization:${principal.organizationId}`;
  return actorName(principal.actor);
}
