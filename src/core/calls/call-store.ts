import type { Page, Listed } from '../kernel/page.ts';
import type { VendorProblem } from '../ai-agents/vendor-problem.ts';
import type { Call, CallStatus, EndStatus, TurnLatency } from './call.ts';
import type { CallPhase, ConversationEntry } from './conversation-entry.ts';

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

export interface CallFilter {
  readonly agentId?: number;
  readonly statuses?: readonly CallStatus[];
  /** Of either end. */
  readonly number?: string;
  /** Calls that this user placed; null finds none. */
  readonly userId?: number | null;
}
