import type { Kysely } from 'kysely';
import type { PgBoss } from 'pg-boss';
import type { Records, Store } from '#core/ports.ts';
import { PostgresAgentStore } from './agent-store.ts';
import { PostgresCallStore } from './call-store.ts';
import { PostgresCredentialStore } from './credential-store.ts';
import { PostgresMediaTokenStore } from './media-token-store.ts';
import { PostgresOnceStore } from './once-store.ts';
import { PostgresOrganizationStore } from './organization-store.ts';
import { PostgresOutbox } from './outbox.ts';
import { PostgresPersonStore } from './person-store.ts';
import type { Database } from './schema.ts';
import { PostgresUserStore } from './user-store.ts';

function recordsOver(db: Kysely<Database>, boss: PgBoss): Records {
  return {
    calls: new PostgresCallStore(db),
    mediaTokens: new PostgresMediaTokenStore(db),
    agents: new PostgresAgentStore(db),
    persons: new PostgresPersonStore(db),
    organizations: new PostgresOrganizationStore(db),
    users: new PostgresUserStore(db),
    credentials: new PostgresCredentialStore(db),
    once: new PostgresOnceStore(db),
    outbox: new PostgresOutbox(db, boss),
  };
}

/** Every core port over one database; in a transaction they share its connection. */
export function postgresStore(db: Kysely<Database>, boss: PgBoss): Store {
  return {
    ...recordsOver(db, boss),
    transaction: (work) => db.transaction().execute((trx) => work(recordsOver(trx, boss))),
  };
}
