import pg from 'pg';
import { z } from 'zod';
import type { CallCommand } from '#core/calls/live-calls.ts';
import type { CommandChannel } from '#core/ports.ts';
import type { Connection } from './database.ts';

const CHANNEL = 'trunkline_commands';
const RECONNECT_MS = 1000;

const Message = z.object({
  to: z.string(),
  callId: z.number(),
  command: z.discriminatedUnion('type', [z.object({ type: z.literal('end'), reason: z.string() }), z.object({ type: z.literal('say'), text: z.string() })]),
});

/** Commands to calls that another server runs, over notifications of the database and a connection of its own. */
export class PostgresCommandChannel implements CommandChannel {
  readonly #connection: Connection;
  readonly #pool: pg.Pool;
  readonly #onError: (error: Error) => void;
  #client: pg.Client | null = null;
  #handler: (callId: number, command: CallCommand) => void = () => undefined;
  #serverId = '';
  #closed = false;

  constructor(connection: Connection, pool: pg.Pool, onError: (error: Error) => void) {
    this.#connection = connection;
    this.#pool = pool;
    this.#onError = onError;
  }

  async send(serverId: string, callId: number, command: CallCommand): Promise<void> {
    await this.#pool.query('select pg_notify($1, $2)', [CHANNEL, JSON.stringify({ to: serverId, callId, command })]);
  }

  async listen(serverId: string, handler: (callId: number, command: CallCommand) => void): Promise<void> {
    this.#serverId = serverId;
    this.#handler = handler;
    await this.#connect();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({ ...this.#connection, application_name: 'trunkline commands', keepAlive: true });
    client.on('error', () => undefined);
    client.on('end', () => this.#again());
    client.on('notification', ({ payload }) => this.#take(payload ?? ''));
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
    this.#client = client;
  }

  #again(): void {
    if (this.#closed) return;
    this.#client = null;
    setTimeout(() => {
      if (!this.#closed) this.#connect().catch((error: unknown) => {
        this.#onError(error instanceof Error ? error : new Error(String(error)));
        this.#again();
      });
    }, RECONNECT_MS).unref();
  }

  #take(payload: string): void {
    try {
      const message = Message.parse(JSON.parse(payload));
      if (message.to === this.#serverId) this.#handler(message.callId, message.command);
    } catch (error) {
      this.#onError(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
