import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import type { PgBoss } from 'pg-boss';
import { AGENT_DEFAULTS } from '#core/ai-agents/ai-agent.ts';
import type { Store } from '#core/records.ts';
import type { CallEntry, NewEntry } from '#core/conversations/entry.ts';
import type { NewCall } from '#core/calls/call-store.ts';
import { openQueue } from '#jobs/queue.ts';
import { openDatabase, type OpenDatabase } from '#store/database.ts';
import { startEmbedded, type EmbeddedPostgres } from '#store/embedded-postgres.ts';
import { postgresStore } from '#store/postgres-store.ts';
import { deleteDataDir, newDataDir } from '../support/data-dir.ts';

/** The programs of an older server, where those are to be tested. */
export const bin = process.env['TEST_POSTGRES_BIN'];
export const serverName = bin === undefined ? '18, embedded' : '15';

/** An entry as the owner of a call writes it. */
export const spoken = (seq: number, role: CallEntry['role'], text: string): NewEntry => ({
  seq,
  role,
  text,
  startMs: 0,
  endMs: 1,
  at: new Date(),
  detail: {},
  metadata: null,
  agentId: null,
});

/** A store on a database of its own, with an organization and an agent. */
export interface TestStore {
  readonly server: EmbeddedPostgres;
  readonly database: OpenDatabase;
  readonly boss: PgBoss;
  readonly store: Store;
  readonly organizationId: number;
  readonly agentId: number;
  readonly newCall: (more?: Partial<NewCall>) => NewCall;
  close(): Promise<void>;
}

export async function openTestStore(more: Readonly<Record<string, string>> = {}): Promise<TestStore> {
  const dataDir = bin === undefined ? newDataDir('store') : mkdtempSync(join(tmpdir(), 'trunkline-store-'));
  const server = await startEmbedded({
    dataDir,
    settings: { fsync: 'off', ...more },
    ...(bin === undefined ? {} : { nativeDir: join(bin, '..') }),
  });
  const database = await openDatabase(server.connection, (error) => assert.fail(error));
  const boss = await openQueue(database.pool, () => undefined);
  const store = postgresStore(database.db, boss);
  const organizationId = (await store.organizations.insert('Org')).id;
  const agentId = (
    await store.agents.insert(
      organizationId,
      { ...AGENT_DEFAULTS, name: 'A', voiceProvider: 'p', voiceId: 'v', modelProvider: 'p', modelName: 'm' },
      true,
      new Date(),
    )
  ).id;
  let serial = 0;
  return {
    server,
    database,
    boss,
    store,
    organizationId,
    agentId,
    newCall: (more = {}) => ({
      sid: `CA${String(++serial).padStart(32, '0')}`,
      organizationId,
      agentId,
      personId: null,
      callParty: { personId: null, userId: 'caller' },
      direction: 'outbound',
      carrier: 'simulator',
      from: null,
      to: '+15005550006',
      variables: { name: 'Ann' },
      overrides: { voiceId: 'x' },
      recorded: true,
      transcribed: true,
      placedAt: new Date(),
      ringTimeoutMs: 30_000,
      userId: null,
      owner: 'server-1',
      leaseMs: 60_000,
      ...more,
    }),
    close: async () => {
      await boss.stop({ graceful: false });
      await database.close();
      await server.stop();
      deleteDataDir(dataDir);
    },
  };
}
