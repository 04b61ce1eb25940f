import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { PgBoss } from 'pg-boss';
import type { Config } from '#config/config.ts';
import type { CommandChannel, RateLimiter, Store } from '#core/ports.ts';
import { openQueue } from '#jobs/queue.ts';
import { PostgresCommandChannel } from '#store/command-channel.ts';
import { openDatabase, type Connection } from '#store/database.ts';
import { startEmbedded } from '#store/embedded-postgres.ts';
import { postgresStore } from '#store/postgres-store.ts';
import { WindowRateLimiter } from '#store/rate-limiter.ts';
import { lockDataDir } from '#store/server-lock.ts';
import type { Closer, Parts } from './parts.ts';

export interface OpenRecords {
  readonly store: Store;
  readonly engine: string;
  readonly commands: CommandChannel;
  readonly rateLimiter: RateLimiter;
  readonly pool: Pool;
  readonly boss: PgBoss;
  ping(): Promise<number>;
}

/** The database, the queue over it, and what goes between servers. */
export async function openRecords(config: Config, parts: Parts, log: Logger, closers: Closer[]): Promise<OpenRecords> {
  const onError = (error: Error) => log.error({ err: error }, 'the database connection failed');
  let connection: Connection;
  if (config.databaseUrl === null) {
    const lock = lockDataDir(config.dataDir);
    closers.push(() => lock.release());
    const embedded = await startEmbedded({ dataDir: config.dataDir, ...(parts.databaseSettings ? { settings: parts.databaseSettings } : {}) });
    closers.push(() => embedded.stop());
    connection = embedded.connection;
  } else {
    connection = { connectionString: config.databaseUrl };
  }
  const database = await openDatabase(connection, onError);
  closers.push(() => database.close());
  const boss = await openQueue(database.pool, onError);
  closers.push(() => boss.stop({ graceful: true, timeout: 5000 }));
  const commands = new PostgresCommandChannel(connection, database.pool, onError);
  closers.push(() => commands.close());
  return {
    store: postgresStore(database.db, boss),
    commands,
    boss,
    pool: database.pool,
    // Only a database of several servers has anything to share.
    rateLimiter: new WindowRateLimiter(config.databaseUrl === null ? null : database.pool),
    engine: `${config.databaseUrl === null ? 'embedded ' : ''}postgres ${database.version}`,
    ping: async () => {
      const began = performance.now();
      await Promise.race([database.pool.query('select 1'), new Promise((_, late) => setTimeout(() => late(new Error('no answer')), 1000).unref())]);
      return Math.round(performance.now() - began);
    },
  };
}
