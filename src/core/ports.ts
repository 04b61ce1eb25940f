import type { AgentSettings, AiAgent } from './ai-agents/ai-agent.ts';
import type { Call, CallStatus, EndStatus, TurnLatency } from './calls/call.ts';
import type { CallCommand } from './calls/live-calls.ts';
import type { CallPhase, ConversationEntry } from './calls/conversation.ts';
import type { Actor, Context, Role } from './kernel/context.ts';
import type { DomainEvent } from './kernel/events.ts';
import type { JobRequest } from './kernel/jobs.ts';
import type { Language, TimeZone } from './kernel/locale.ts';
import type { Currency } from './kernel/money.ts';

/** What a new call starts from. */
export type NewCall = Pick<Call, 'sid' | 'organizationId' | 'agentId' | 'personId' | 'direction' | 'carrier' | 'from' | 'to' | 'variables' | 'overrides' | 'recorded' | 'placedAt' | 'ringTimeoutMs'> & {
  readonly owner: string;
  readonly leaseUntil: Date;
};

/** Who may write about a running call: its owner, in its present epoch. */
export interface Ownership {
  readonly owner: string;
  readonly epoch: number;
}

export interface CallProgress {
  readonly status?: CallStatus;
  readonly carrierCallId?: string;
  readonly placedMs?: number;
  readonly answeredAt?: Date;
  readonly phase?: CallPhase;
  readonly latency?: TurnLatency;
  readonly recording?: { readonly key: string; readonly offsetMs: number };
  readonly spokenBy?: Readonly<Record<string, string>>;
}

export interface CallEnd {
  readonly status: EndStatus;
  readonly endReason: string;
  readonly failureReason: string | null;
  readonly endedAt: Date;
}

export interface CallStore {
  insert(call: NewCall): Promise<Call>;
  /** By our sid, or by the carrier's id where no sid fits. */
  find(organizationId: number, sid: string): Promise<Call | null>;
  /** For media sockets and jobs, which know no organization. */
  byId(id: number): Promise<Call | null>;
  bySid(sid: string): Promise<Call | null>;
  /** Calls that count against the organization's limit: outbound and web ones not ended. Locks the organization until the transaction ends. */
  countLive(organizationId: number): Promise<number>;
  /** False when the writer is not the owner any more; nothing is written then. */
  progress(id: number, by: Ownership, change: CallProgress): Promise<boolean>;
  /** False when the call had ended already or belongs to somebody else. `by` null: whoever owns it, for ends that no owner can write. */
  end(id: number, by: Ownership | null, end: CallEnd): Promise<boolean>;
  /** Takes a call over with a new epoch. Null when it has ended. */
  takeOver(id: number, owner: string, leaseUntil: Date): Promise<Ownership | null>;
  /** Answers which of them still belong to the owner. */
  extendLeases(owner: string, ids: readonly number[], until: Date): Promise<readonly number[]>;
  /** Running calls whose owner has not been heard of; each is locked until the transaction ends, and skipped by others. */
  abandoned(now: Date, limit: number): Promise<readonly Call[]>;
  entries(callId: number): Promise<readonly ConversationEntry[]>;
  /** Entries are written once; one that is there already stays, and the answer is false. */
  addEntry(callId: number, entry: ConversationEntry): Promise<boolean>;
}

export interface MediaTokenStore {
  add(tokenHash: string, callId: number, expiresAt: Date): Promise<void>;
  /** The call that an unused, valid token opens; it is used up. A token used once is good a second time while its call runs: `again`. */
  use(tokenHash: string, now: Date): Promise<{ readonly callId: number; readonly again: boolean } | null>;
}

export interface AgentStore {
  insert(organizationId: number, settings: AgentSettings, isDefault: boolean, at: Date): Promise<AiAgent>;
  find(organizationId: number, id: number): Promise<AiAgent | null>;
  /** Also agents that were deleted: running calls and old conversations keep theirs. */
  evenDeleted(id: number): Promise<AiAgent | null>;
  default(organizationId: number): Promise<AiAgent | null>;
}

export interface Person {
  readonly id: number;
  readonly name: string | null;
  readonly doNotCallAt: Date | null;
}

export interface PersonStore {
  /** The person behind a number; one is made where nobody has it. */
  withNumber(organizationId: number, number: string): Promise<Person>;
  refuseCalls(personId: number, at: Date): Promise<void>;
}

export interface Organization {
  readonly id: number;
  readonly name: string;
  readonly timeZone: TimeZone;
  readonly language: Language;
  readonly currency: Currency;
}

export interface IdentityStore {
  /** The first organization, or null before first start. */
  first(): Promise<Organization | null>;
  insertOrganization(name: string): Promise<Organization>;
  /** The key that the configuration gives: in the place of the one it gave before. */
  setConfiguredKey(organizationId: number, keyHash: string): Promise<void>;
  /** Adds a key, or leaves the one with this hash as it is. */
  addApiKey(organizationId: number, name: string, keyHash: string, role: Role): Promise<void>;
  apiKey(keyHash: string): Promise<{ readonly organizationId: number; readonly actor: Actor } | null>;
  /** The fingerprint this database was first used with; remembered if it is the first. */
  fingerprint(own: string): Promise<string>;
}

/** How a command reaches the server that runs the call. */
export interface CommandChannel {
  send(serverId: string, callId: number, command: CallCommand): Promise<void>;
  listen(serverId: string, handler: (callId: number, command: CallCommand) => void): Promise<void>;
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
  event(organizationId: number, event: DomainEvent): Promise<void>;
  audit(ctx: Pick<Context, 'organizationId' | 'actor'>, action: string, subject: string, detail?: object): Promise<void>;
  job(job: JobRequest): Promise<void>;
}

export interface Records {
  readonly calls: CallStore;
  readonly mediaTokens: MediaTokenStore;
  readonly agents: AgentStore;
  readonly persons: PersonStore;
  readonly identity: IdentityStore;
  readonly outbox: Outbox;
}

/** All records; inside `transaction` the same ones, all or nothing. */
export interface Store extends Records {
  transaction<T>(work: (records: Records) => Promise<T>): Promise<T>;
}

/** Recordings and uploads, by key. Keys are relative paths of plain names. */
export interface FileStore {
  /** A file that grows; what was appended survives a crash of ours. @throws AppError unavailable when there is no room */
  append(key: string): Promise<FileAppender>;
  write(key: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Null when there is no such file. */
  read(key: string, range?: { readonly start: number; readonly end: number }): Promise<{ readonly size: number; readonly stream: () => AsyncIterable<Uint8Array> } | null>;
  delete(key: string): Promise<void>;
}

export interface FileAppender {
  append(bytes: Uint8Array): void;
  /** Resolves when everything is with the store. Rejects when something could not be written. */
  close(): Promise<void>;
}
