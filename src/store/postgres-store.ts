import type { Kysely } from 'kysely';
import type { PgBoss } from 'pg-boss';
import type { Records, Store } from '#core/records.ts';
import { PostgresAgentStore } from './agent-store.ts';
import { PostgresCallBatchStore } from './call-batch-store.ts';
import { PostgresCallOriginStore } from './call-origin-store.ts';
import { PostgresCallReviewStore } from './call-review-store.ts';
import { PostgresCallStore } from './call-store.ts';
import { PostgresCarrierStore, PostgresNumberStore, PostgresSettingsStore } from './carrier-store.ts';
import { backupRuns } from './backup-mark.ts';
import { clearUp } from './clear-up.ts';
import { PostgresDeskStore } from './desk-store.ts';
import { PostgresLegStore } from './leg-store.ts';
import { orphansAmong } from './orphan-files.ts';
import { PostgresConversationStore } from './conversation-store.ts';
import { PostgresEntryStore } from './entry-store.ts';
import { PostgresCredentialStore } from './credential-store.ts';
import { PostgresMediaTokenStore } from './media-token-store.ts';
import { PostgresOnceStore } from './once-store.ts';
import { PostgresOrganizationStore } from './organization-store.ts';
import { PostgresOutbox } from './outbox.ts';
import { PostgresPersonDirectory } from './person-directory.ts';
import { PostgresPersonStore } from './person-store.ts';
import { PostgresCampaignHistory } from './campaign-history.ts';
import { PostgresCampaignStore } from './campaign-store.ts';
import { PostgresAttemptStore } from './attempt-store.ts';
import { PostgresDiallingStore } from './dialling-store.ts';
import { PostgresLeadImportStore } from './lead-import-store.ts';
import { PostgresLeadStore } from './lead-store.ts';
import { PostgresConsentStore } from './consent-store.ts';
import { PostgresDoNotCallStore } from './do-not-call-store.ts';
import type { Database } from './schema.ts';
import { PostgresRevisionStore } from './revision-store.ts';
import { PostgresRoutingStore } from './routing-store.ts';
import { PostgresBookingStore } from './booking-store.ts';
import { PostgresToolStore } from './tool-store.ts';
import { PostgresKnowledgeStore } from './knowledge-store.ts';
import { PostgresUsageStore } from './usage-store.ts';
import { PostgresMediaServerStore } from './media-server-store.ts';
import { PostgresMemoryStore } from './memory-store.ts';
import { PostgresMetricsStore } from './metrics-store.ts';
import { PostgresAgentTestStore } from './agent-test-store.ts';
import { PostgresMcpServerStore } from './mcp-server-store.ts';
import { PostgresUserStore } from './user-store.ts';
import { PostgresUploadedFileStore } from './uploaded-file-store.ts';
import { PostgresVoiceStore } from './voice-store.ts';
import { PostgresWebhookStore } from './webhook-store.ts';

function recordsOver(db: Kysely<Database>, boss: PgBoss, ring: () => void): Records {
  const once = new PostgresOnceStore(db);
  return {
    calls: new PostgresCallStore(db),
    callOrigins: new PostgresCallOriginStore(db),
    callBatches: new PostgresCallBatchStore(db),
    legs: new PostgresLegStore(db),
    desk: new PostgresDeskStore(db),
    callReviews: new PostgresCallReviewStore(db),
    mediaTokens: new PostgresMediaTokenStore(db),
    agents: new PostgresAgentStore(db),
    people: new PostgresPersonDirectory(db),
    persons: new PostgresPersonStore(db),
    consents: new PostgresConsentStore(db),
    doNotCall: new PostgresDoNotCallStore(db),
    campaigns: new PostgresCampaignStore(db),
    campaignHistory: new PostgresCampaignHistory(db),
    leads: new PostgresLeadStore(db),
    dialling: new PostgresDiallingStore(db),
    attempts: new PostgresAttemptStore(db),
    leadImports: new PostgresLeadImportStore(db),
    organizations: new PostgresOrganizationStore(db),
    users: new PostgresUserStore(db),
    credentials: new PostgresCredentialStore(db),
    once,
    mcpServers: new PostgresMcpServerStore(db),
    agentTests: new PostgresAgentTestStore(db),
    tools: new PostgresToolStore(db),
    mediaServers: new PostgresMediaServerStore(db),
    usage: new PostgresUsageStore(db),
    knowledge: new PostgresKnowledgeStore(db),
    bookings: new PostgresBookingStore(db),
    webhooks: new PostgresWebhookStore(db),
    settings: new PostgresSettingsStore(db),
    numbers: new PostgresNumberStore(db),
    routing: new PostgresRoutingStore(db),
    carriers: new PostgresCarrierStore(db),
    conversations: new PostgresConversationStore(db),
    entries: new PostgresEntryStore(db),
    memory: new PostgresMemoryStore(db),
    metrics: new PostgresMetricsStore(db),
    uploadedFiles: new PostgresUploadedFileStore(db),
    voices: new PostgresVoiceStore(db),
    revisions: new PostgresRevisionStore(db),
    outbox: new PostgresOutbox(db, boss, once, ring),
  };
}

const TRIES = 4;
/** Deadlock or serialization failure: the transaction was rolled back and can be retried. */
const TRY_AGAIN = new Set(['40P01', '40001']);

/** Transactions change only records, so they can be repeated. */
async function insisting<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (tries === TRIES || !TRY_AGAIN.has((error as { code?: string }).code ?? '')) throw error;
    }
  }
}

/**
 * Every core port over one database; in a transaction they share its connection. `ring`: there are events on record to
 * be read.
 */
export function postgresStore(db: Kysely<Database>, boss: PgBoss, ring: () => void = () => undefined): Store {
  return {
    ...recordsOver(db, boss, ring),
    clearUp: (now) => clearUp(db, now),
    orphansAmong: (keys, endedBefore) => orphansAmong(db, keys, endedBefore),
    backupRuns: () => backupRuns(db),
    transaction: async (work) => {
      let rung = false;
      const result = await insisting(() =>
        db.transaction().execute((trx) => work(recordsOver(trx, boss, () => (rung = true)))),
      );
      if (rung) ring();
      return result;
    },
  };
}
