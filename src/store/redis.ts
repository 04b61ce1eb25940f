import type { Redis } from 'ioredis';
import type { Log } from '#core/kernel/log.ts';

const CONNECT_MS = 3000;
/** A request waits no longer: its fallback takes over. */
const ANSWER_MS = 500;
/** A connection on which nothing comes for so long after a command is given up: until then each request waits. */
const HUNG_MS = 1000;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 5000;

export interface RedisOptions {
  readonly url: string;
  /** Begins every key and channel, so that several installations can share one Redis. */
  readonly prefix: string;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/**
 * Two connections to Redis: for commands, and for messages, because a connection that listens takes no commands. Each
 * connects again by itself, later each time. What is asked while Redis is away fails at once.
 */
export class RedisLink {
  readonly prefix: string;
  readonly commands: Redis;
  readonly #messages: Redis;
  readonly #listeners = new Map<string, () => void>();
  readonly #connected: (() => void)[] = [];
  readonly #log: RedisOptions['log'];
  #problem: string | null = 'it has not answered yet';

  /** Loads the client and begins to connect; does not wait for Redis. */
  static async open(options: RedisOptions): Promise<RedisLink> {
    const { Redis } = await import('ioredis');
    return new RedisLink(options, Redis);
  }

  private constructor({ url, prefix, log }: RedisOptions, Client: typeof Redis) {
    this.prefix = prefix;
    this.#log = log;
    const usual = {
      connectTimeout: CONNECT_MS,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (times: number) => Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(times - 1, 10)),
    };
    this.commands = new Client(url, { ...usual, commandTimeout: ANSWER_MS, socketTimeout: HUNG_MS });
    // Listens again by the event `ready`, so that the client's own way is not needed.
    this.#messages = new Client(url, { ...usual, autoResubscribe: false });
    for (const connection of [this.commands, this.#messages])
      connection.on('error', (error: Error) => this.#fail(error));
    this.commands.on('ready', () => this.#recover());
    this.commands.on('close', () => this.#fail(new Error('the connection was closed')));
    this.#messages.on('message', (channel: string) => this.#listeners.get(channel)?.());
    this.#messages.on('ready', () => {
      const channels = [...this.#listeners.keys()];
      if (channels.length > 0) this.#subscribe(channels);
      for (const connected of this.#connected) connected();
    });
  }

  /** Null while Redis answers. */
  get problem(): string | null {
    return this.#problem;
  }

  get ready(): boolean {
    return this.commands.status === 'ready';
  }

  /** @throws Error if Redis does not take the message */
  async tell(channel: string): Promise<void> {
    await this.commands.publish(this.prefix + channel, '');
  }

  /** `hear` is also called when the connection is back: messages may have been lost meanwhile. */
  listen(channel: string, hear: () => void): void {
    const name = this.prefix + channel;
    this.#listeners.set(name, hear);
    this.#connected.push(hear);
    if (this.#messages.status === 'ready') this.#subscribe([name]);
  }

  close(): void {
    this.commands.disconnect();
    this.#messages.disconnect();
  }

  #subscribe(channels: readonly string[]): void {
    // A connection that fails here is replaced, and subscribes then.
    this.#messages.subscribe(...channels).catch((error: Error) => this.#fail(error));
  }

  #recover(): void {
    if (this.#problem === null) return;
    this.#problem = null;
    this.#log.info({}, 'Redis carries events and rate limits');
  }

  /** Logged once an outage, by its code: messages may quote the address with its password. */
  #fail(error: Error): void {
    const problem = `it does not answer (${(error as { code?: string }).code ?? error.name})`;
    const known = this.#problem !== null && this.#problem.startsWith('it does not');
    this.#problem = problem;
    if (!known) this.#log.warn({ problem }, 'Redis is away: Postgres carries events and rate limits');
  }
}

/** Why a Redis cannot be used; null if it answers. */
export async function redisProblem(url: string): Promise<string | null> {
  const { Redis } = await import('ioredis');
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: CONNECT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let problem: Error | null = null;
  client.on('error', (error: Error) => (problem ??= error));
  try {
    await client.connect();
    await client.ping();
    return null;
  } catch (error) {
    return (problem ?? (error as Error)).message;
  } finally {
    client.disconnect();
  }
}
