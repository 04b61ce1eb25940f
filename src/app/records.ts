import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { PgBoss } from 'pg-boss';
import type { Config } from '#config/config.ts';
import type { CommandChannel, RateLimiter, Store } from '#core/ports.ts';
import { openQueue } from '#jobs/queue.ts';
import type { EventFeed } from '#core/events/event-feed.ts';
import { PostgresCommandChannel } from '#store/command-channel.ts';
import { openDatabase, type Connection } from '#store/database.ts';
import { startEmbedded } from '#store/embedded-postgres.ts';
import { PostgresEventFeed } from '#store/event-feed.ts';
import { EventBell } from '#store/event-bell.ts';
import { PostgresNotifications } from '#store/notifications.ts';
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
  /** What happens, from now on; for a server that has somebody to tell it to. */
  openFeed(): Promise<EventFeed>;
  ping(): Promise<number>;
}

/** The database, the queue over it, and what goes between servers. */
export async function openRecords(config: Config, parts: Parts, log: Logger, closers: Closer[]): Promise<OpenRecords> {
  const onError = (error: Error) => log.error({ err: error }, 'the database connection failed');
  let connection: Connection;
  if (config.databaseUrl === null) {
    const lock = lockDataDir(config.dataDir);
    closers.push(() => lock.release());
    const embedded = await startEmbedded({
      dataDir: config.dataDir,
      ...(parts.databaseSettings ? { settings: parts.databaseSettings } : {}),
    });
    closers.push(() => embedded.stop());
    connection = embedded.connection;
  } else {
    connection = { connectionString: config.databaseUrl };
  }
  const database = await openDatabase(connection, onError);
  closers.push(() => database.close());
  const boss = await openQueue(database.pool, onError);
  closers.push(() => boss.stop({ graceful: true, timeout: 5000 }));
  const notifications = new PostgresNotifications(connection, database.pool, onError);
  closers.push(() => notifications.close());
  // Only those that others listen to tell what happens on them; whoever has the only server hears it directly.
  const bell = new EventBell(config.databaseUrl === null ? null : notifications, onError);
  closers.push(() => bell.close());
  return {
    store: postgresStore(database.db, boss, () => bell.ring()),
    commands: new PostgresCommandChannel(notifications, onError),
    openFeed: async () => {
      const feed = new PostgresEventFeed(database.db, (error) => log.error({ err: error }, 'events could not be read'));
      closers.push(() => feed.close());
      await feed.open();
      await bell.listen(() => feed.ring());
      return feed;
    },
    boss,
    pool: database.pool,
    // Only a database of several servers has anything to share.
    rateLimiter: new WindowRateLimiter(config.databaseUrl === null ? null : database.pool),
    engine: `${config.databaseUrl === null ? 'embedded ' : ''}postgres ${database.version}`,
    ping: async () => {
      const began = performance.now();
      await Promise.race([
        database.pool.query('select 1'),
        new Promise((_, late) => setTimeout(() => late(new Error('no answer')), 1000).unref()),
      ]);
      return Math.round(performance.now() - began);
    },
  };
}
