import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { PgBoss } from 'pg-boss';
import type { Config } from '#config/config.ts';
import { logFailure } from '#core/kernel/errors.ts';
import type { Store } from '#core/records.ts';
import type { CommandChannel } from '#core/calls/command-channel.ts';
import type { RateLimiter } from '#core/kernel/rate-limiter.ts';
import { openQueue } from '#jobs/queue.ts';
import type { CallJournal } from '#core/calls/call-journal.ts';
import { replayJournal } from '#core/calls/replay-journal.ts';
import type { EventFeed } from '#core/events/event-feed.ts';
import { PostgresCommandChannel } from '#store/command-channel.ts';
import { Contact } from '#store/contact.ts';
import { databaseProblem } from '#store/database-problem.ts';
import { openDatabase, type Connection } from '#store/database.ts';
import { startEmbedded } from '#store/embedded-postgres.ts';
import { PostgresEventFeed } from '#store/event-feed.ts';
import { EventBell } from '#store/event-bell.ts';
import { FolderJournal } from '#store/folder-journal.ts';
import { RedisLink } from '#store/redis.ts';
import { PostgresNotifications } from '#store/notifications.ts';
import { postgresStore } from '#store/postgres-store.ts';
import { WindowRateLimiter } from '#store/rate-limiter.ts';
import { refuseUnfinishedRestore } from '#store/restore-mark.ts';
import { lockDataDir } from '#store/server-lock.ts';
import type { Closer, AppOptions } from './app-options.ts';

/** Notified by triggers of the tables of users, sign-ins and API keys. */
const CREDENTIALS_CHANNEL = 'trunkline_credentials';
/** Notified by triggers of offers and queue entries, with the number of the call. */
const CALL_ACCESS_CHANNEL = 'trunkline_call_access';
/** Notified by triggers of whatever lets a lead be dialled, or stops a dial. */
const DIALLING_CHANNEL = 'trunkline_dialling';
/** Notified by a trigger of the settings. */
const SETTINGS_CHANNEL = 'trunkline_settings';

export interface OpenRecords {
  /** Names this server as an owner of calls. */
  readonly serverId: string;
  readonly store: Store;
  readonly engine: string;
  /** Where the records lie: the embedded database's folder, or the database's address without credentials. */
  readonly location: string;
  readonly commands: CommandChannel;
  readonly journal: CallJournal;
  /** Writes the journals that earlier processes left, now and after each outage. */
  replay(): Promise<void>;
  readonly rateLimiter: RateLimiter;
  /** Null without REDIS_URL; `problem` is null while it answers. */
  readonly redis: { problem(): string | null } | null;
  readonly pool: Pool;
  readonly boss: PgBoss;
  /** Opens the event feed, for servers with event sockets. */
  openFeed(): Promise<EventFeed>;
  /**
   * Reports the organization of a credential that was revoked or lost a permission on any server; null: any
   * organization, because notifications may have been lost.
   */
  onCredentialsChanged(listener: (organizationId: number | null) => void): Promise<void>;
  /** Reports a call that a human agent may not see any more, on any server. */
  onCallAccessLost(listener: (callId: number) => void): Promise<void>;
  /** Reports that carrier settings changed on any server, or that notifications may have been lost. */
  onSettingsChanged(listener: () => void): Promise<void>;
  /** Reports that a lead may be dialled, or a dial has to stop, or that notifications may have been lost. */
  onDiallingChanged(listener: () => void): Promise<void>;
  /** Latency of the database's last answer, ms; null during an outage. */
  answerMs(): number | null;
}

/**
 * Opens the database, the job queue and the channels between servers. @throws Error that explains what is wrong with
 * DATABASE_URL
 */
export async function openRecords(
  config: Config,
  parts: AppOptions,
  log: Logger,
  closers: Closer[],
): Promise<OpenRecords> {
  try {
    return await open(config, parts, log, closers);
  } catch (error) {
    throw config.databaseUrl === null ? error : databaseProblem(error, config.databaseUrl);
  }
}

async function open(config: Config, parts: AppOptions, log: Logger, closers: Closer[]): Promise<OpenRecords> {
  const onError = (error: Error) => logFailure(log, error, 'the database connection failed');
  const serverId = randomUUID();
  refuseUnfinishedRestore(config.dataDir);
  let connection: Connection;
  let location: string;
  if (config.databaseUrl === null) {
    const lock = lockDataDir(config.dataDir);
    closers.push(() => lock.release());
    const embedded = await startEmbedded({
      dataDir: config.dataDir,
      log,
      ...(parts.databaseSettings ? { settings: parts.databaseSettings } : {}),
    });
    closers.push(() => embedded.stop());
    connection = embedded.connection;
    location = embedded.folder;
  } else {
    connection = { connectionString: config.databaseUrl };
    const { host, pathname } = new URL(config.databaseUrl);
    location = `${host}${pathname}`;
  }
  const database = await openDatabase(connection, onError);
  closers.push(() => database.close());
  const boss = await openQueue(database.pool, onError);
  closers.push(() => boss.stop({ graceful: true, timeout: 5000 }));
  const contact = new Contact(log, () => database.pool.breakOff());
  database.pool.isAway = () => contact.state === 'away';
  const notifications = new PostgresNotifications({ connection, pool: database.pool, serverId, contact });
  closers.push(() => notifications.close());
  await notifications.open();
  // With a shared database, events are announced to the other servers; a single server delivers them directly.
  const redis = await openRedis(config, log, closers);
  const bell = new EventBell(config.databaseUrl === null ? null : notifications, onError, redis);
  closers.push(() => bell.close());
  const store = postgresStore(database.db, boss, () => bell.ring());
  const journal = new FolderJournal(join(config.dataDir, 'journal'), serverId);
  let replaying: Promise<void> = Promise.resolve();
  const replay = () =>
    (replaying = replaying
      .then(() => replayJournal({ store, clock: { now: () => new Date() } }, journal, kept))
      .then((written) => written > 0 && log.info({ records: written }, 'records of an earlier process were written'))
      .catch((error: unknown) => log.error({ err: error }, 'the journals of calls could not be read'))
      .then(() => undefined));
  const kept = (error: unknown, file: string) =>
    logFailure(log, error, 'the journal of a call could not be written to the database and is kept', { file });
  return {
    serverId,
    journal,
    replay: async () => {
      await replay();
      contact.onReturn(() => void replay());
    },
    store,
    commands: new PostgresCommandChannel(database.pool, notifications, serverId, onError),
    openFeed: async () => {
      const feed = new PostgresEventFeed(database.db, (error) => logFailure(log, error, 'events could not be read'));
      closers.push(() => feed.close());
      await feed.open();
      await bell.listen(() => feed.ring());
      return feed;
    },
    onCredentialsChanged: async (listener) => {
      await notifications.listen(CREDENTIALS_CHANNEL, (payload) => listener(Number(payload)));
      notifications.onReconnected(() => listener(null));
    },
    onCallAccessLost: (listener) => notifications.listen(CALL_ACCESS_CHANNEL, (payload) => listener(Number(payload))),
    onSettingsChanged: async (listener) => {
      await notifications.listen(SETTINGS_CHANNEL, listener);
      notifications.onReconnected(listener);
    },
    onDiallingChanged: async (listener) => {
      await notifications.listen(DIALLING_CHANNEL, listener);
      notifications.onReconnected(listener);
    },
    boss,
    pool: database.pool,
    // Counters are shared only if several servers use the database.
    rateLimiter: new WindowRateLimiter(config.databaseUrl === null ? null : database.pool, redis),
    redis: redis && { problem: () => redis.problem },
    location,
    engine: `${config.databaseUrl === null ? 'embedded ' : ''}postgres ${database.version}`,
    answerMs: () => (contact.state === 'up' ? contact.answerMs : null),
  };
}

/** Servers of one installation share the encryption key, and so the part of Redis that is named after it. */
async function openRedis(
  { redisUrl, encryptionKey }: Config,
  log: Logger,
  closers: Closer[],
): Promise<RedisLink | null> {
  if (redisUrl === null) return null;
  const installation = createHash('sha256').update(`redis ${encryptionKey.value}`).digest('hex').slice(0, 16);
  const redis = await RedisLink.open({ url: redisUrl, prefix: `trunkline:${installation}:`, log });
  closers.push(() => redis.close());
  return redis;
}
