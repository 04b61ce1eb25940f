import type { Line } from './wait-limits.ts';

/** How a transfer reaches the human agent: warm with a briefing before the caller joins, cold without one. */
export const TRANSFER_TYPES = ['warm', 'cold'] as const;
export type TransferType = (typeof TRANSFER_TYPES)[number];

/** How the wait for a human, or a transfer, came out. */
export const TRANSFER_OUTCOMES = [
  'bridged',
  'declined',
  'no_answer',
  'busy',
  'failed',
  'caller_gone',
  'returned_to_ai',
  'callback',
] as const;
export type TransferOutcome = (typeof TRANSFER_OUTCOMES)[number];

/**
 * `waiting`: for a human agent, who may have an offer. `callback`: the caller has hung up and keeps the place.
 * `calling`: the caller's turn has come and they are called back. `connected`: talks with `agentId`.
 */
export type EntryState = 'waiting' | 'callback' | 'calling' | 'connected' | 'done';

/** Who asked for a human agent. `campaign`: it promised one to the person whom it calls. */
export type Requester = 'caller' | 'api' | 'human-agent' | 'supervisor' | 'campaign';

/** A person who waits for a human agent, from asking until an outcome. */
export interface QueueEntry extends Line {
  readonly id: number;
  readonly callId: number;
  readonly state: EntryState;
  /** A higher number is served first. */
  readonly priority: number;
  /** The one agent that a transfer names. */
  readonly targetId: number | null;
  readonly transferType: TransferType;
  readonly requestedBy: Requester;
  readonly reason: string | null;
  readonly enteredAt: Date;
  /** Since when no agent who could take the call is on duty, where a limit asks for it. */
  readonly unstaffedSince: Date | null;
  /** Agents who are not offered this entry until then, after a decline or a failed connection. */
  readonly resting: readonly { readonly agentId: number; readonly until: Date }[];
  /** The human agent of a connected entry. */
  readonly agentId: number | null;
  readonly connectedAt: Date | null;
  /** Since when the connected agent's browser is gone. */
  readonly agentLostAt: Date | null;
  /** When the caller is called back next, and at which number. */
  readonly callback: { readonly number: string; readonly at: Date; readonly tries: number } | null;
  /** The estimate at entry; null if none could be made. */
  readonly estimateMs: number | null;
  /** The shortest wait that an answer gave: no later one is longer. Null if none gave any. */
  readonly toldMs: number | null;
  readonly outcome: TransferOutcome | null;
  /** Why, as a code. */
  readonly cause: string | null;
  readonly endedAt: Date | null;
}

/** Waits for a human agent, on the line or for a callback. */
export const isInLine = ({ state }: Pick<QueueEntry, 'state'>): boolean => state === 'waiting' || state === 'callback';

/** The order in which entries are served. */
export const inOrder = (a: QueueEntry, b: QueueEntry): number =>
  b.priority - a.priority || a.enteredAt.getTime() - b.enteredAt.getTime() || a.id - b.id;
