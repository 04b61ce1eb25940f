import type { PostgresNotifications } from './notifications.ts';
import type { RedisLink } from './redis.ts';

const CHANNEL = 'trunkline_events';
/** Other servers are notified at most this often; notifications carry no data, so one is enough for many events. */
const GATHER_MS = 20;

/**
 * Notifies readers of new events: in this process at once, on other servers shortly after and outside of any
 * transaction. They go by Redis while it answers, else by Postgres, and every server listens to both.
 */
export class EventBell {
  readonly #notifications: PostgresNotifications | null;
  readonly #onError: (error: Error) => void;
  readonly #redis: RedisLink | null;
  #here: () => void = () => undefined;
  #telling: NodeJS.Timeout | null = null;

  /** `notifications` null where there is no other server. */
  constructor(
    notifications: PostgresNotifications | null,
    onError: (error: Error) => void,
    redis: RedisLink | null = null,
  ) {
    this.#notifications = notifications;
    this.#redis = redis;
    this.#onError = onError;
  }

  ring(): void {
    this.#here();
    if (!this.#notifications || this.#telling) return;
    this.#telling = setTimeout(() => {
      this.#telling = null;
      this.#tellOthers().catch((error: unknown) =>
        this.#onError(error instanceof Error ? error : new Error(String(error))),
      );
    }, GATHER_MS);
    this.#telling.unref();
  }

  async #tellOthers(): Promise<void> {
    if (this.#redis?.ready) {
      const told = await this.#redis.tell(CHANNEL).then(
        () => true,
        () => false,
      );
      if (told) return;
    }
    await this.#notifications?.tell(CHANNEL, '');
  }

  async listen(hear: () => void): Promise<void> {
    this.#here = hear;
    this.#redis?.listen(CHANNEL, hear);
    await this.#notifications?.listen(CHANNEL, hear);
  }

  close(): void {
    if (this.#telling) clearTimeout(this.#telling);
  }
}
