import type { AgentTestStore } from './agent-tests/agent-test-store.ts';
import type { CallStore } from './calls/call-store.ts';
import type { CallBatchStore } from './calls/call-batch.ts';
import type { CallOriginStore } from './calls/call-origin.ts';
import type { LegStore } from './calls/leg-store.ts';
import type { CallReviewStore } from './calls/call-review-store.ts';
import type { MediaTokenStore } from './calls/media-token-store.ts';
import type { MediaServerStore } from './calls/media-server-store.ts';
import type { AgentStore } from './ai-agents/agent-store.ts';
import type { PersonDirectory } from './people/person-directory.ts';
import type { PersonStore } from './people/person-store.ts';
import type { CampaignHistory } from './campaigns/campaign-history.ts';
import type { CampaignStore, LeadStore } from './campaigns/campaign-store.ts';
import type { AttemptStore } from './campaigns/attempt-store.ts';
import type { DiallingStore } from './campaigns/dialling-store.ts';
import type { LeadImportStore } from './campaigns/lead-import.ts';
import type { ConsentStore } from './people/consent-store.ts';
import type { DoNotCallStore } from './people/do-not-call-store.ts';
import type { UserStore } from './identity/user-store.ts';
import type { OrganizationStore } from './identity/organization-store.ts';
import type { Outbox } from './kernel/outbox.ts';
import type { RevisionStore } from './kernel/revisions.ts';
import type { OnceStore } from './once/once-store.ts';
import type { CredentialStore } from './identity/credential-store.ts';
import type { ConversationStore } from './conversations/conversation-store.ts';
import type { MetricsStore } from './metrics/metrics-store.ts';
import type { DeskStore } from './desk/desk-store.ts';
import type { EntryStore } from './conversations/entry-store.ts';
import type { MemoryStore } from './memory/memory-store.ts';
import type { CarrierStore, NumberStore, SettingsStore } from './carriers/carrier-store.ts';
import type { UsageStore } from './usage/usage-store.ts';
import type { KnowledgeStore } from './knowledge/knowledge-store.ts';
import type { BookingStore } from './bookings/booking-store.ts';
import type { McpServerStore } from './tools/mcp-server-store.ts';
import type { RoutingStore } from './routing/routing-store.ts';
import type { ToolStore } from './tools/tool-store.ts';
import type { UploadedFileStore } from './files/uploaded-file-store.ts';
import type { VoiceStore } from './voices/voice-store.ts';
import type { WebhookStore } from './webhooks/webhook-store.ts';

export interface Records {
  readonly calls: CallStore;
  readonly callOrigins: CallOriginStore;
  readonly callBatches: CallBatchStore;
  readonly legs: LegStore;
  readonly desk: DeskStore;
  readonly callReviews: CallReviewStore;
  readonly mediaTokens: MediaTokenStore;
  readonly agents: AgentStore;
  readonly persons: PersonStore;
  readonly people: PersonDirectory;
  readonly consents: ConsentStore;
  readonly doNotCall: DoNotCallStore;
  readonly campaigns: CampaignStore;
  readonly campaignHistory: CampaignHistory;
  readonly leads: LeadStore;
  readonly dialling: DiallingStore;
  readonly attempts: AttemptStore;
  readonly leadImports: LeadImportStore;
  readonly organizations: OrganizationStore;
  readonly users: UserStore;
  readonly credentials: CredentialStore;
  readonly once: OnceStore;
  readonly webhooks: WebhookStore;
  readonly tools: ToolStore;
  readonly mcpServers: McpServerStore;
  readonly agentTests: AgentTestStore;
  readonly bookings: BookingStore;
  readonly knowledge: KnowledgeStore;
  readonly usage: UsageStore;
  readonly mediaServers: MediaServerStore;
  readonly settings: SettingsStore;
  readonly numbers: NumberStore;
  readonly routing: RoutingStore;
  readonly carriers: CarrierStore;
  readonly conversations: ConversationStore;
  readonly entries: EntryStore;
  readonly memory: MemoryStore;
  readonly metrics: MetricsStore;
  readonly uploadedFiles: UploadedFileStore;
  readonly voices: VoiceStore;
  readonly outbox: Outbox;
  readonly revisions: RevisionStore;
}

/** All records. Inside `transaction` all changes commit or none. */
export interface Store extends Records {
  /** Deletes expired rows: answered requests, sessions and tokens. */
  clearUp(now: Date): Promise<void>;
  /**
   * Which of these files no record names. Files of calls that run, or that ended after `endedBefore`, are never among
   * them.
   */
  orphansAmong(keys: readonly string[], endedBefore: Date): Promise<readonly string[]>;
  /** Whether a backup is being made now: its snapshot may name files that no record names any more. */
  backupRuns(): Promise<boolean>;
  transaction<T>(work: (records: Records) => Promise<T>): Promise<T>;
}
