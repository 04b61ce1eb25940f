import pg from 'pg';
import { translate, unavailable } from './outage.ts';
import { storable } from './storable.ts';

const CONNECT_MS = 5000;
const KEEP_ALIVE_MS = 5000;
const STATEMENT_MS = 60_000;
/** Client-side time-out, above the server's own, for a server that does not answer. */
const ANSWER_MS = STATEMENT_MS + 5000;

type Callback = (error: unknown, result?: unknown) => void;
type Connected = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: Error | boolean) => void,
) => void;

/** A connection that may end at any time: its end fails the queries that wait, never the process. */
export class GuardedClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    // The waiting query gets the error; without this listener the error would also end the process.
    this.on('error', () => undefined);
    const query = this.query.bind(this) as (...args: unknown[]) => unknown;
    const failed = (error: unknown) => {
      // The answer may still arrive, so the connection must not be reused.
      if (error instanceof Error && error.message === 'Query read timeout') this.destroy();
      return translate(error);
    };
    // All the driver's overloads, with a callback or a promise.
    this.query = ((...args: unknown[]) => {
      const [statement, values] = args as [string | pg.QueryConfig, unknown];
      if (typeof statement === 'string') args[1] = storable(values);
      else if (Array.isArray(statement.values)) args[0] = { ...statement, values: storable(statement.values) };
      const callback = args.at(-1);
      if (typeof callback === 'function')
        args[args.length - 1] = (error: unknown, result: unknown) =>
          (callback as Callback)(error ? failed(error) : error, result);
      const result = query(...args);
      return result instanceof Promise
        ? result.catch((error: unknown) => {
            throw failed(error);
          })
        : result;
    }) as typeof this.query;
  }

  destroy(): void {
    (this as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }
}

/** Connections with time-outs, and a gate: during a known outage queries fail at once. */
export class GuardedPool extends pg.Pool {
  /** Whether an outage of the database is known. */
  isAway: () => boolean = () => false;
  readonly #clients = new Set<pg.PoolClient>();
  readonly #connect: () => Promise<pg.PoolClient>;

  constructor(config: pg.PoolConfig) {
    super({
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      statement_timeout: STATEMENT_MS,
      idle_in_transaction_session_timeout: STATEMENT_MS,
      query_timeout: ANSWER_MS,
      ...config,
      Client: GuardedClient,
    });
    this.on('connect', (client) => this.#clients.add(client));
    this.on('remove', (client) => this.#clients.delete(client));
    const connect = this.connect.bind(this);
    this.#connect = connect;
    // Both overloads; the pool's own `query` uses the one with a callback.
    this.connect = ((callback?: Connected) => {
      const connected = this.isAway()
        ? Promise.reject<pg.PoolClient>(new Error('the database does not answer'))
        : connect();
      const result = connected.catch((error: unknown) => {
        throw unavailable(error);
      });
      if (!callback) return result;
      void tell(result, callback);
    }) as typeof this.connect;
  }

  /** Runs a query even during a known outage. */
  async probe(query: pg.QueryConfig & { query_timeout: number }): Promise<void> {
    const client = await this.#connect();
    try {
      await client.query(query);
    } finally {
      client.release();
    }
  }

  /** Fails all pending queries. */
  breakOff(): void {
    for (const client of this.#clients) (client as unknown as GuardedClient).destroy();
  }
}

async function tell(connected: Promise<pg.PoolClient>, callback: Connected): Promise<void> {
  const outcome = await connected.catch((error: unknown) => error as Error);
  if (outcome instanceof Error) callback(outcome, undefined, () => undefined);
  else callback(undefined, outcome, (release) => outcome.release(release));
}
