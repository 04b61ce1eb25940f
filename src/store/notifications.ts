import pg from 'pg';
import type { Connection } from './database.ts';

const RECONNECT_MS = 1000;

/** What servers on one database tell each other, over notifications and one connection of its own. What is said while that is down is lost. */
export class PostgresNotifications {
  readonly #connection: Connection;
  readonly #pool: pg.Pool;
  readonly #onError: (error: Error) => void;
  readonly #channels = new Map<string, (payload: string) => void>();
  #client: pg.Client | null = null;
  #closed = false;

  constructor(connection: Connection, pool: pg.Pool, onError: (error: Error) => void) {
    this.#connection = connection;
    this.#pool = pool;
    this.#onError = onError;
  }

  /** `hear` is told what every server says on a channel, this one included. It must not throw. */
  async listen(channel: string, hear: (payload: string) => void): Promise<void> {
    this.#channels.set(channel, hear);
    if (this.#client) await this.#client.query(`listen ${channel}`);
    else await this.#connect();
  }

  async tell(channel: string, payload: string): Promise<void> {
    await this.#pool.query('select pg_notify($1, $2)', [channel, payload]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({ ...this.#connection, application_name: 'trunkline notifications', keepAlive: true });
    client.on('error', () => undefined);
    client.on('end', () => this.#again());
    client.on('notification', ({ channel, payload }) => this.#channels.get(channel)?.(payload ?? ''));
    await client.connect();
    for (const channel of this.#channels.keys()) await client.query(`listen ${channel}`);
    this.#client = client;
  }

  #again(): void {
    if (this.#closed) return;
    this.#client = null;
    setTimeout(() => {
      if (!this.#closed)
        this.#connect().catch((error: unknown) => {
          this.#onError(error instanceof Error ? error : new Error(String(error)));
          this.#again();
        });
    }, RECONNECT_MS).unref();
  }
}
