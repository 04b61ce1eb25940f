import type { Page, Listed } from '../kernel/page.ts';
import type { VendorProblem } from '../ai-agents/vendor-problem.ts';
import type { CarrierRoom } from '../kernel/carrier-room.ts';
import type { CallInRoom } from './left-room.ts';
import type { Call, CallPhase, CallStatus, Direction, EndedBy, EndStatus, TurnLatency } from './call.ts';

/** The fields of a new call. */
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
  readonly campaignId?: number;
  readonly notAfter?: Date | null;
  /** The person on the call, who is not necessarily the owner of the number. */
  readonly callParty: { readonly personId: number | null; readonly userId: string | null };
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

/** The right to write to a running call: its owner in the current epoch. */
export interface Ownership {
  readonly owner: string;
  readonly epoch: number;
}

/** A server and the calls that it runs. */
export interface CallOwner {
  readonly serverId: string;
  readonly callIds: readonly number[];
}

export interface CallProgress {
  readonly status?: CallStatus;
  readonly carrierCallId?: string;
  /** The carrier's id, which becomes the call's; the previous sid still finds the call. */
  readonly sid?: string;
  readonly placedMs?: number;
  readonly answeredAt?: Date;
  readonly phase?: CallPhase;
  /** Of a turn that answered the caller; counts the turn. */
  readonly latency?: TurnLatency;
  readonly recording?: { readonly key: string; readonly offsetMs: number };
  readonly apartOffsetMs?: number;
  readonly spokenBy?: Readonly<Record<string, string>>;
  /** Why the recording is missing or incomplete. */
  readonly recordingFailure?: string;
  /** All vendor errors of the call. */
  readonly vendorErrors?: readonly VendorProblem[];
  /** The engine's state of the conversation, for a server that takes the call over: versioned plain data. */
  readonly turnState?: object;
  readonly disposition?: string;
  /** Since when the caller waits for a human; null: no longer. */
  readonly waitingSince?: Date | null;
}

export interface CallEnd {
  readonly status: EndStatus;
  readonly endReason: string;
  readonly failureReason: string | null;
  readonly endedBy: EndedBy;
  /** As in `Call`; default: false. */
  readonly hungUp?: boolean;
  readonly endedAt: Date;
  /** The carrier's id, if it became known only now. */
  readonly carrierCallId?: string;
}

/** `repeated`: this record, or a later one, is already stored. */
export type WriteResult = 'written' | 'repeated' | 'ended' | 'taken';

/** What a list of calls is ordered by. */
export const CALL_SORTS = ['created_at', 'duration', 'cost', 'status'] as const;
export type CallSort = (typeof CALL_SORTS)[number];

export interface CallStore {
  insert(call: NewCall): Promise<Call>;
  /** Null if the carrier's call already exists. */
  insertAnnounced(call: AnnouncedCall): Promise<Call | null>;
  /** Does nothing if the call's recordings or transcript have been deleted since. */
  keepCarrierRecording(id: number, url: string): Promise<void>;
  /** Finds a call by its carrier's id. `of`: only a call that this organization owns or announced. */
  atCarrier(carrier: string, carrierCallId: string, of: number | null): Promise<Call | null>;
  /** The calls of all organizations that took place in rooms of a carrier, by the room's name. */
  inRooms(carrier: string, rooms: readonly CarrierRoom[]): Promise<ReadonlyMap<string, readonly CallInRoom[]>>;
  /** Finds a call by its sid, its previous sid, or else the carrier's id. */
  find(organizationId: number, sid: string): Promise<Call | null>;
  /** For media sockets and jobs, which know no organization. */
  byId(id: number): Promise<Call | null>;
  bySid(sid: string): Promise<Call | null>;
  /** By the id under which it is or was shown, else the newest with this long id of a carrier; of any organization. */
  byAnySid(sid: string): Promise<Call | null>;
  /**
   * Calls that count against the organization's limit: those not ended. Concurrent counts of one organization wait
   * until the transaction ends.
   */
  countLive(organizationId: number): Promise<number>;
  /** False if the writer is no longer the owner; then nothing is written. */
  progress(id: number, by: Ownership, change: CallProgress): Promise<boolean>;
  /**
   * As `progress`, for a numbered record of the owner's epoch. Repeating it writes nothing. `late`: also write to an
   * ended
   * call, unless its transcript has been deleted.
   */
  write(id: number, by: Ownership, number: number, change: CallProgress, late?: boolean): Promise<WriteResult>;
  /**
   * False if the call has ended already or has another owner. `by` null: regardless of the owner, if the owner cannot
   * write.
   */
  end(id: number, by: Ownership | null, end: CallEnd): Promise<boolean>;
  /**
   * Takes a call over with a new epoch. Null if it has ended or another server has taken it over (its epoch differs).
   */
  takeOver(id: number, owner: string, leaseMs: number, epoch: number): Promise<Ownership | null>;
  /** The latest state of a running call's conversation; null if none is stored. */
  turnState(id: number): Promise<unknown>;
  /** Extends leases by the database's clock. Returns the calls that still belong to the owner. */
  extendLeases(owner: string, ids: readonly number[], leaseMs: number): Promise<readonly number[]>;
  /** Calls assigned to this server before that instant that may not have started: `placed` and inbound ones. */
  placedFor(owner: string, before: Date): Promise<readonly Call[]>;
  /**
   * Running calls with an expired lease, except those of this server while its contact to the database has no gap. Each
   * is
   * locked until the transaction ends; other transactions skip it. `by` null: all running calls regardless of their
   * lease,
   * for an installation with a single server. `except`: calls to leave out.
   */
  abandoned(by: CallOwner | null, limit: number, except?: readonly number[]): Promise<readonly Call[]>;
  /** Replaces what people or the agent call the outcome; also of an ended call. */
  setDisposition(id: number, disposition: string | null): Promise<void>;
  /** Newest first. */
  list(organizationId: number, filter: CallFilter, page: Page, sort?: CallSort): Promise<Listed<Call>>;
  /** Removes the recording keys of calls that ended before that instant, and returns them. */
  dropRecordings(organizationId: number, endedBefore: Date, at: Date, limit: number): Promise<readonly string[]>;
}

export interface CallFilter {
  readonly agentId?: number;
  /** With `agentId`. */
  readonly agentVersion?: number;
  /** Placed by this campaign, or for it. */
  readonly campaignId?: number;
  readonly statuses?: readonly CallStatus[];
  /** Placed or announced at this instant or later. */
  readonly from?: Date;
  /** Placed or announced before this instant. */
  readonly before?: Date;
  /** Ended at `from` or later and before `before`; the latest end comes first. Numbers are not looked at. */
  readonly ended?: { readonly from?: Date; readonly before?: Date };
  readonly directions?: readonly Direction[];
  /** Number of either end. */
  readonly number?: string;
  /** Calls that this user placed; null finds none. */
  readonly userId?: number | null;
  /** Only calls with a smaller id. */
  readonly beforeId?: number;
}
