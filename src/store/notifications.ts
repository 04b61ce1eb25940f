import { GuardedClient, type GuardedPool } from './connections.ts';
import type { Contact } from './contact.ts';
import type { Connection } from './database.ts';
import { heartbeat } from './heartbeat.ts';
import { isFromServer, translate } from './outage.ts';

const PROBE_MS = 500;
const ANSWER_MS = 2000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2000;

export interface NotificationOptions {
  readonly connection: Connection;
  readonly pool: GuardedPool;
  readonly serverId: string;
  readonly contact: Contact;
}

/**
 * Notifications between the servers of one database, over a dedicated connection. The same connection carries the
 * heartbeat, which detects when it is dead. Notifications during an outage are lost: `onReconnected` is the place to
 * look for it.
 */
export class PostgresNotifications {
  readonly #options: NotificationOptions;
  readonly #channels = new Map<string, ((payload: string) => void)[]>();
  readonly #reconnected: (() => void)[] = [];
  #client: GuardedClient | null = null;
  #closed = false;
  #wake: () => void = () => undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: NotificationOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    await this.#connect();
    this.#loop = this.#watch();
  }

  /** `hear` gets every server's notifications on a channel, including our own. It must not throw. */
  async listen(channel: string, hear: (payload: string) => void): Promise<void> {
    this.#channels.set(channel, [...(this.#channels.get(channel) ?? []), hear]);
    // Without a connection it is listened to as soon as there is one.
    await this.#client?.query(`listen ${channel}`);
  }

  onReconnected(listener: () => void): void {
    this.#reconnected.push(listener);
  }

  async tell(channel: string, payload: string): Promise<void> {
    await this.#options.pool.query('select pg_notify($1, $2)', [channel, payload]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#loop;
    const { serverId } = this.#options;
    await this.#client?.query('delete from servers where id = $1', [serverId]).catch(() => undefined);
    await this.#client?.end().catch(() => undefined);
  }

  /** Serializes connecting, so that there is never more than one connection. */
  async #watch(): Promise<void> {
    for (let failures = 0; !this.#closed;) {
      await this.#pause(failures === 0 ? PROBE_MS : retryMs(failures));
      if (this.#closed) return;
      failures = (this.#client ? await this.#probe(this.#client) : await this.#reconnect()) ? 0 : failures + 1;
    }
  }

  async #connect(): Promise<void> {
    const client = new GuardedClient({
      ...this.#options.connection,
      application_name: 'trunkline notifications',
      // A heartbeat need not survive the server it was sent to.
      options: '-c synchronous_commit=off',
      keepAlive: true,
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
    });
    client.on('notification', ({ channel, payload }) => {
      for (const hear of this.#channels.get(channel) ?? []) hear(payload ?? '');
    });
    client.on('end', () => {
      if (this.#client !== client) return;
      this.#client = null;
      this.#wake();
    });
    try {
      await client.connect();
      for (const channel of this.#channels.keys()) await client.query(`listen ${channel}`);
      this.#client = client;
      await this.#beat(client);
    } catch (error) {
      this.#client = null;
      client.destroy();
      throw error;
    }
  }

  async #reconnect(): Promise<boolean> {
    try {
      await this.#connect();
    } catch (error) {
      // The server may be full, and the pool's own connections good.
      if (isFromServer(error) && (await this.#beatThroughPool())) return false;
      this.#options.contact.failed(translate(error));
      return false;
    }
    for (const listener of this.#reconnected) listener();
    return true;
  }

  async #probe(client: GuardedClient): Promise<boolean> {
    try {
      await this.#beat(client);
      return true;
    } catch (error) {
      this.#options.contact.failed(error);
      // The connection works if the server answers, even with an error.
      if (!isFromServer(error)) client.destroy();
      return false;
    }
  }

  async #beat(client: GuardedClient): Promise<void> {
    const began = performance.now();
    await client.query(heartbeat(this.#options.serverId));
    this.#options.contact.succeeded(performance.now() - began);
  }

  async #beatThroughPool(): Promise<boolean> {
    const { pool, serverId, contact } = this.#options;
    const began = performance.now();
    try {
      await pool.probe({ ...heartbeat(serverId), query_timeout: ANSWER_MS });
      contact.succeeded(performance.now() - began);
      return true;
    } catch {
      return false;
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((over) => {
      const timer = setTimeout(over, ms);
      this.#wake = () => {
        clearTimeout(timer);
        over();
      };
    });
  }
}

/** Doubled each time, and spread, so that servers do not come all at once. */
function retryMs(failures: number): number {
  return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
}
