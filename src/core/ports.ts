import type { CredentialStore } from './identity/credential-store.ts';
import type { ConversationStore } from './conversations/conversation-store.ts';
import type { MemoryStore } from './memory/memory.ts';
import type { CarrierStore, NumberStore, SettingsStore } from './carriers/carrier-store.ts';
import type { AgentSettings, AgentType, AiAgent } from './ai-agents/ai-agent.ts';
import type { VendorProblem } from './ai-agents/vendor-problem.ts';
import type { Call, CallStatus, EndStatus, TurnLatency } from './calls/call.ts';
import type { LiveView, ServerCommand } from './calls/live-calls.ts';
import type { CallPhase, ConversationEntry } from './calls/conversation.ts';
import type { User, UserStatus } from './identity/user.ts';
import type { Context, OnceKey, Role } from './kernel/context.ts';
import type { DomainEvent } from './kernel/events.ts';
import type { JobRequest } from './kernel/jobs.ts';
import type { Language, TimeZone } from './kernel/locale.ts';
import type { Currency } from './kernel/money.ts';
import type { Plan } from './kernel/plan.ts';
import type { UsageStore } from './usage/usage.ts';
import type { KnowledgeStore } from './knowledge/ports.ts';
import type { BookingStore } from './bookings/booking.ts';
import type { McpServerStore } from './tools/mcp-servers.ts';
import type { ToolStore } from './tools/tool-store.ts';
import type { WebhookStore } from './webhooks/webhook-store.ts';

/** What a new call starts from. */
export type NewCall = Pick<
  Call,
  | 'sid'
  | 'organizationId'
  | 'agentId'
  | 'personId'
  | 'direction'
  | 'carrier'
  | 'from'
  | 'to'
  | 'variables'
  | 'overrides'
  | 'recorded'
  | 'transcribed'
  | 'placedAt'
  | 'ringTimeoutMs'
  | 'userId'
> & {
  /** Who is talked to, who need not be whose number it is. */
  readonly talker: { readonly personId: number | null; readonly userId: string | null };
  readonly owner: string;
  readonly leaseMs: number;
};

/** A call that its carrier has announced. */
export type AnnouncedCall = NewCall & {
  readonly carrierCallId: string;
  readonly answeredAt: Date | null;
  /** The organization whose API key announced it. */
  readonly announcedBy: number | null;
};

/** Who may write about a running call: its owner, in its present epoch. */
export interface Ownership {
  readonly owner: string;
  readonly epoch: number;
}

/** A server, and the calls that it runs. */
export interface CallOwner {
  readonly serverId: string;
  readonly callIds: readonly number[];
}

export interface CallProgress {
  readonly status?: CallStatus;
  readonly carrierCallId?: string;
  /** The carrier's id becomes the call's; the one it was placed under finds it as well. */
  readonly sid?: string;
  readonly placedMs?: number;
  readonly answeredAt?: Date;
  readonly phase?: CallPhase;
  readonly latency?: TurnLatency;
  readonly recording?: { readonly key: string; readonly offsetMs: number };
  readonly spokenBy?: Readonly<Record<string, string>>;
  /** Why the call is not recorded, or no further, although it was to be. */
  readonly recordingFailure?: string;
  /** What vendors did not do on it, all of it. */
  readonly vendorErrors?: readonly VendorProblem[];
}

export interface CallEnd {
  readonly status: EndStatus;
  readonly endReason: string;
  readonly failureReason: string | null;
  readonly endedAt: Date;
}

/** `repeated`: it is on record already, or stands behind what is. */
export type WriteResult = 'written' | 'repeated' | 'ended' | 'taken';

export interface CallStore {
  insert(call: NewCall): Promise<Call>;
  /** Null when that carrier's call is there already. */
  insertAnnounced(call: AnnouncedCall): Promise<Call | null>;
  /** Unless its recordings, or its words, have been deleted since. */
  keepCarrierRecording(id: number, url: string): Promise<void>;
  /** By the id that a carrier has for it. `of`: only a call of this organization, or one that it announced. */
  atCarrier(carrier: string, carrierCallId: string, of: number | null): Promise<Call | null>;
  /** By our sid, the one it was placed under, or the carrier's id where no sid fits. */
  find(organizationId: number, sid: string): Promise<Call | null>;
  /** For media sockets and jobs, which know no organization. */
  byId(id: number): Promise<Call | null>;
  bySid(sid: string): Promise<Call | null>;
  /** Calls that count against the organization's limit: outbound and web ones not ended. Locks the organization until the transaction ends. */
  countLive(organizationId: number): Promise<number>;
  /** False when the writer is not the owner any more; nothing is written then. */
  progress(id: number, by: Ownership, change: CallProgress): Promise<boolean>;
  /**
   * As `progress`, for the record of that number in the owner's epoch: it is written once, however often it is tried.
   * `late`: also on a call that has ended, unless what was said on it has been deleted.
   */
  write(id: number, by: Ownership, number: number, change: CallProgress, late?: boolean): Promise<WriteResult>;
  /** False when the call had ended already or belongs to somebody else. `by` null: whoever owns it, for ends that no owner can write. */
  end(id: number, by: Ownership | null, end: CallEnd): Promise<boolean>;
  /** Takes a call over with a new epoch. Null when it has ended, or its epoch is another one: somebody else took it over. */
  takeOver(id: number, owner: string, leaseMs: number, epoch: number): Promise<Ownership | null>;
  /** Leases run by the database's clock. Answers which calls still belong to the owner. */
  extendLeases(owner: string, ids: readonly number[], leaseMs: number): Promise<readonly number[]>;
  /** Calls of this server that nobody may have begun to dial or expect, placed before: those that are `placed`, and those that came in. */
  placedFor(owner: string, before: Date): Promise<readonly Call[]>;
  /**
   * Running calls whose lease is over, but those that this server runs, as long as it has been in contact with the
   * database without a gap. Each is locked until the transaction ends, and skipped by others. `by` null: all running calls,
   * whatever their lease, where no other server can run any.
   */
  abandoned(by: CallOwner | null, limit: number): Promise<readonly Call[]>;
  /** Newest first. */
  list(organizationId: number, filter: CallFilter, page: Page): Promise<Listed<Call>>;
  entries(callId: number): Promise<readonly ConversationEntry[]>;
  /** Of several calls at once, by call. */
  entriesOf(callIds: readonly number[]): Promise<ReadonlyMap<number, readonly ConversationEntry[]>>;
  /** Forgets recordings of calls that ended before; answers their keys. */
  dropRecordings(organizationId: number, endedBefore: Date, at: Date, limit: number): Promise<readonly string[]>;
  /** Deletes what was said on calls that ended before, wherever it stands; answers on how many calls. */
  dropTranscripts(organizationId: number, endedBefore: Date, at: Date, limit: number): Promise<number>;
  /** Deletes what was said, sent along and noted on a person's calls, and their number; `running` if one has not ended. */
  erasePerson(
    personId: number,
    at: Date,
  ): Promise<{ readonly calls: number; readonly recordingKeys: readonly string[] } | 'running'>;
  /** Entries are written once; one that is there already stays, and the answer is false. */
  addEntry(callId: number, entry: ConversationEntry): Promise<boolean>;
}

export interface MediaTokenStore {
  /** `strict`: it is not good a second time, whatever happens. */
  add(tokenHash: string, callId: number, expiresAt: Date, strict?: boolean): Promise<void>;
  /** The call that a valid token opens; it is used up. A token that was used once is good a second time while its call runs. */
  use(tokenHash: string, now: Date): Promise<number | null>;
  /** Undoes the last use of a token: nothing was opened with it. */
  giveBack(tokenHash: string): Promise<void>;
}

export interface AgentStore {
  insert(organizationId: number, settings: AgentSettings, isDefault: boolean, at: Date): Promise<AiAgent>;
  find(organizationId: number, id: number): Promise<AiAgent | null>;
  /** Also agents that were deleted: running calls and old conversations keep theirs. */
  evenDeleted(id: number): Promise<AiAgent | null>;
  default(organizationId: number): Promise<AiAgent | null>;
  /** Oldest first. */
  list(organizationId: number, filter: AgentFilter, page: Page): Promise<Listed<AiAgent>>;
  /** Null when there is none. */
  update(organizationId: number, id: number, change: Partial<AgentSettings>, at: Date): Promise<AiAgent | null>;
  /** What a vendor last refused on its behalf; null: its model answers. */
  noteError(id: number, error: AiAgent['lastError']): Promise<void>;
  /** It has answered so often, and took so long over all of it. */
  count(id: number, requests: number, responseMs: number, at: Date): Promise<void>;
  activity(id: number): Promise<AgentActivity>;
  /** The agent as it was; null when there is none (any more). */
  delete(organizationId: number, id: number, at: Date): Promise<AiAgent | null>;
}

export interface AgentActivity {
  readonly requests: number;
  readonly responseMs: number;
  readonly lastAt: Date | null;
}

export interface AgentFilter {
  readonly type?: AgentType;
  readonly isActive?: boolean;
}

export interface CallFilter {
  readonly agentId?: number;
  readonly statuses?: readonly CallStatus[];
  /** Of either end. */
  readonly number?: string;
  /** Calls that this user placed; null finds none. */
  readonly userId?: number | null;
}

export interface Person {
  readonly id: number;
  readonly name: string | null;
  readonly doNotCallAt: Date | null;
}

export interface PersonStore {
  /** The person behind a number. Where nobody has it, it is that of `whose`, or of somebody new, who does not want calls if `suppressionHash` is known. */
  withNumber(organizationId: number, number: string, suppressionHash: string, whose?: number): Promise<Person>;
  /** The person whom clients call so. Where nobody is, it is `whose`, unless they are called otherwise, or somebody new. */
  withOutsideId(organizationId: number, outsideId: string, whose: number | null): Promise<Person>;
  byOutsideId(organizationId: number, outsideId: string): Promise<Person | null>;
  byNumber(organizationId: number, number: string): Promise<Person | null>;
  numbersOf(personId: number): Promise<readonly string[]>;
  /** The person goes, and the numbers; `suppress` are hashes that stay. Their calls must have been erased before. */
  erase(
    personId: number,
    options: { readonly organizationId: number; readonly suppress: readonly string[]; readonly at: Date },
  ): Promise<void>;
  refuseCalls(personId: number, at: Date): Promise<void>;
}

/** What an agent does whose vendors' models all fail: apologise and hand over or take a callback, or go on by the offline rules. */
export const WHEN_MODEL_FAILS = ['apologise', 'offline_rules'] as const;
export type WhenModelFails = (typeof WHEN_MODEL_FAILS)[number];

export interface Organization {
  readonly id: number;
  readonly name: string;
  readonly timeZone: TimeZone;
  readonly language: Language;
  readonly currency: Currency;
  readonly whenModelFails: WhenModelFails;
  /** Days after the end of a call; null keeps for ever. */
  readonly recordingRetentionDays: number | null;
  readonly transcriptRetentionDays: number | null;
  readonly createdAt: Date;
}

export interface UserFilter {
  readonly role?: Role;
  readonly status?: UserStatus;
  /** In name or e-mail address, whatever the case. */
  readonly search?: string;
}

export interface Page {
  readonly skip: number;
  readonly limit: number;
  readonly order?: 'asc' | 'desc';
}

export interface Listed<T> {
  readonly rows: readonly T[];
  /** Over all pages. */
  readonly total: number;
}

export type NewUser = Pick<User, 'organizationId' | 'email' | 'name' | 'role' | 'preferences'> & {
  readonly passwordHash: string;
  readonly at: Date;
};
export type UserChange = { readonly [K in 'name' | 'role' | 'status' | 'preferences']?: User[K] } & {
  readonly passwordHash?: string;
};

export interface OrganizationStore {
  /** The first organization, or null before first start. */
  first(): Promise<Organization | null>;
  get(id: number): Promise<Organization | null>;
  insert(name: string): Promise<Organization>;
  update(
    id: number,
    change: {
      readonly name?: string;
      readonly timeZone?: TimeZone;
      readonly whenModelFails?: WhenModelFails;
      readonly recordingRetentionDays?: number | null;
      readonly transcriptRetentionDays?: number | null;
    },
  ): Promise<Organization>;
  setPlan(id: number, plan: Plan): Promise<void>;
  /** Whoever else locks it waits until the transaction ends. */
  lock(id: number): Promise<void>;
  /** Those that keep something for a limited time only. */
  withRetention(): Promise<readonly Organization[]>;
  /** The fingerprint this database was first used with; remembered if it is the first. */
  fingerprint(own: string): Promise<string>;
  adminPasswordFingerprint(): Promise<string | null>;
  setAdminPasswordFingerprint(fingerprint: string | null): Promise<void>;
}

export interface UserStore {
  /** Null when the address is taken. */
  insert(user: NewUser): Promise<User | null>;
  get(organizationId: number, id: number): Promise<User | null>;
  /** The oldest admin of an organization. */
  firstAdmin(organizationId: number): Promise<User | null>;
  forSignIn(emailKey: string): Promise<{ readonly user: User; readonly passwordHash: string } | null>;
  list(organizationId: number, filter: UserFilter, page: Page): Promise<Listed<User>>;
  update(organizationId: number, id: number, change: UserChange, at: Date): Promise<User | null>;
  countActiveAdmins(organizationId: number): Promise<number>;
}

/** What is known of a request that is carried out once. */
export type OnceState =
  | { readonly state: 'ours' }
  | { readonly state: 'done'; readonly reply: string }
  /** The change is on record, its reply is not: the server stopped between the two. */
  | { readonly state: 'carried-out'; readonly subject: string }
  | { readonly state: 'running' }
  | { readonly state: 'other-request' };

/** Requests with an Idempotency-Key. */
export interface OnceStore {
  /** Claims the request, or says what became of it. One that runs since before `stale` was lost, and is taken over. */
  claim(scope: OnceScope, requestHash: string, now: Date, stale: Date): Promise<OnceState>;
  /** The change is on record; to be said in its transaction. False when somebody else has taken the request over. */
  carriedOut(scope: OnceScope, subject: string): Promise<boolean>;
  finish(scope: OnceScope, reply: string): Promise<void>;
  /** It came to nothing, and may be tried again. */
  release(scope: OnceScope): Promise<void>;
  /** At the start of the only server: what has no reply has been lost, and need not be waited for. */
  abandonAll(): Promise<void>;
}

export type OnceScope = OnceKey & { readonly organizationId: number; readonly actor: string };

/** Counts requests; shared between servers where there are several. */
export interface RateLimiter {
  /** One more for `key` within a window of `windowS` that began with its first. Never rejects. */
  count(
    key: string,
    points: number,
    windowS: number,
  ): Promise<{ readonly allowed: boolean; readonly remaining: number; readonly resetAt: Date }>;
}

/** What other servers may ask of the calls that run on this one. */
export interface CallsHere {
  obey(callId: number, command: ServerCommand): void;
  view(callId: number): LiveView | null;
  isReached(callId: number): Promise<boolean>;
}

/** How a command reaches the server that runs the call. */
export interface CommandChannel {
  /**
   * Whether that server has taken the command; it is carried out once, or never where the answer is false. Does not wait
   * for the call to obey. @throws RecordsUnavailable when neither is known
   */
  send(serverId: string, callId: number, command: ServerCommand): Promise<boolean>;
  /** Null when the server does not run it, or does not answer in time. */
  view(serverId: string, callId: number): Promise<LiveView | null>;
  /** Whether the media of a call is connected at that server and its other end answers. False when the server does not say so in time. */
  isReached(serverId: string, callId: number): Promise<boolean>;
  listen(here: CallsHere): Promise<void>;
}

/** A server that carries calls. */
export interface MediaServer {
  readonly id: string;
  /** Where its media sockets are opened. */
  readonly url: string;
  readonly free: number;
  readonly running: number;
}

export interface MediaServerStore {
  /** It is up, with so much room. */
  announce(server: MediaServer): Promise<void>;
  withdraw(id: string): Promise<void>;
  /** Those that were heard of within so long. */
  list(withinMs: number): Promise<readonly MediaServer[]>;
}

/** Which vendor a voice or model belongs to, by its name; vendors say so themselves. */
export interface ModelCatalog {
  voiceProvider(voiceId: string): string;
  modelProvider(model: string): string;
  readonly preferredVoice: string;
  readonly preferredModel: string;
}

/** What goes out with a change, in its transaction. */
export interface Outbox {
  /** Whoever wants to be told of it is told, in the order of each call's events. */
  event(organizationId: number, event: DomainEvent): Promise<void>;
  /** Who did what. Marks a request that is carried out once as done. @throws AppError conflict when somebody else has taken that request over */
  audit(
    ctx: Pick<Context, 'organizationId' | 'actor' | 'once'>,
    action: string,
    subject: string,
    detail?: object,
  ): Promise<void>;
  job(job: JobRequest): Promise<void>;
  /** The last lines of the audit, newest first. */
  audited(organizationId: number, limit: number): Promise<readonly AuditLine[]>;
}

export interface AuditLine {
  readonly at: Date;
  /** `user:5`, `api-key:1`, `system:retention`. */
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Records {
  readonly calls: CallStore;
  readonly mediaTokens: MediaTokenStore;
  readonly agents: AgentStore;
  readonly persons: PersonStore;
  readonly organizations: OrganizationStore;
  readonly users: UserStore;
  readonly credentials: CredentialStore;
  readonly once: OnceStore;
  readonly webhooks: WebhookStore;
  readonly tools: ToolStore;
  readonly mcpServers: McpServerStore;
  readonly bookings: BookingStore;
  readonly knowledge: KnowledgeStore;
  readonly usage: UsageStore;
  readonly mediaServers: MediaServerStore;
  readonly settings: SettingsStore;
  readonly numbers: NumberStore;
  readonly carriers: CarrierStore;
  readonly conversations: ConversationStore;
  readonly memory: MemoryStore;
  readonly outbox: Outbox;
}

/** All records; inside `transaction` the same ones, all or nothing. */
export interface Store extends Records {
  /** Deletes rows that stand for nothing any more: requests answered long ago, sign-ins and tokens that are over. */
  clearUp(now: Date): Promise<void>;
  transaction<T>(work: (records: Records) => Promise<T>): Promise<T>;
}

/** Recordings and uploads, by key. Keys are relative paths of plain names. */
export interface FileStore {
  /**
   * A file that grows; what was appended survives a crash of ours. `onFailure` is told, once, when no more can be
   * written; what was written before stays. @throws AppError unavailable when there is no room
   */
  append(key: string, onFailure?: (error: Error) => void): Promise<FileAppender>;
  /** @throws AppError no-room */
  write(key: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Takes in content before it is known where it belongs. @throws AppError no-room */
  stage(content: AsyncIterable<Uint8Array>): Promise<StagedFile>;
  /** Null when there is no such file. */
  read(
    key: string,
    range?: { readonly start: number; readonly end: number },
  ): Promise<{ readonly size: number; readonly stream: () => AsyncIterable<Uint8Array> } | null>;
  delete(key: string): Promise<void>;
  room(): Promise<{ readonly freeBytes: number; readonly takesNew: boolean }>;
}

/** Content on the local disk: kept under a key, or discarded. A crash discards it. */
export interface StagedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  keep(key: string): Promise<void>;
  /** Nothing where it was kept. */
  discard(): Promise<void>;
}

export interface FileAppender {
  append(bytes: Uint8Array): void;
  /** Resolves when everything is with the store. Rejects when something could not be written. */
  close(): Promise<void>;
}
