import type { PostgresNotifications } from './notifications.ts';

const CHANNEL = 'trunkline_events';
/** Other servers are notified at most this often; notifications carry no data, so one is enough for many events. */
const GATHER_MS = 20;

/**
 * Notifies readers of new events: in this process at once, on other servers shortly after and outside of any
 * transaction.
 */
export class EventBell {
  readonly #notifications: PostgresNotifications | null;
  readonly #onError: (error: Error) => void;
  #here: () => void = () => undefined;
  #telling: NodeJS.Timeout | null = null;

  /** `notifications` null where there is no other server. */
  constructor(notifications: PostgresNotifications | null, onError: (error: Error) => void) {
    this.#notifications = notifications;
    this.#onError = onError;
  }

  ring(): void {
    this.#here();
    const others = this.#notifications;
    if (!others || this.#telling) return;
    this.#telling = setTimeout(() => {
      this.#telling = null;
      others
        .tell(CHANNEL, '')
        .catch((error: unknown) => this.#onError(error instanceof Error ? error : new Error(String(error))));
    }, GATHER_MS);
    this.#telling.unref();
  }

  async listen(hear: () => void): Promise<void> {
    this.#here = hear;
    await this.#notifications?.listen(CHANNEL, hear);
  }

  close(): void {
    if (this.#telling) clearTimeout(this.#telling);
  }
}
