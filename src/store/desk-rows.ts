import type { Selectable } from 'kysely';
import type { AgentStatus, AnswerBy, HumanAgent } from '#core/desk/human-agent.ts';
import type { Offer, OfferState } from '#core/desk/offer.ts';
import type { WaitLimits } from '#core/desk/wait-limits.ts';
import type { EntryState, QueueEntry, Requester, TransferOutcome, TransferType } from '#core/desk/queue-entry.ts';
import type { Database } from './schema.ts';

export function toEntry(row: Selectable<Database['queue_entries']>): QueueEntry {
  const resting = row.resting as readonly { readonly agentId: number; readonly until: string }[];
  return {
    id: row.id,
    callId: row.call_id,
    state: row.state as EntryState,
    skills: row.skills,
    priority: row.priority,
    targetId: row.target_id,
    transferType: row.transfer_type as TransferType,
    requestedBy: row.requested_by as Requester,
    reason: row.reason,
    enteredAt: row.entered_at,
    limits: toLimits(row.limits),
    unstaffedSince: row.unstaffed_since,
    resting: resting.map(({ agentId, until }) => ({ agentId, until: new Date(until) })),
    agentId: row.agent_id,
    connectedAt: row.connected_at,
    agentLostAt: row.agent_lost_at,
    callback:
      row.callback_number === null || row.callback_at === null
        ? null
        : { number: row.callback_number, at: row.callback_at, tries: row.callback_tries ?? 0 },
    estimateMs: row.estimate_ms,
    toldMs: row.told_ms,
    outcome: row.outcome as TransferOutcome | null,
    cause: row.cause,
    endedAt: row.ended_at,
  };
}

function toLimits(stored: unknown): WaitLimits | null {
  if (stored === null) return null;
  const limits = stored as {
    readonly [K in keyof WaitLimits]: WaitLimits[K] extends Date | null ? string | null : WaitLimits[K];
  };
  const instant = (at: string | null) => (at === null ? null : new Date(at));
  return {
    ...limits,
    closesAt: instant(limits.closesAt),
    opensAt: instant(limits.opensAt),
    leaveAt: instant(limits.leaveAt),
  };
}

/** Without the shortest wait that answers gave, which is noted beside the changes of a desk. */
export const entryRow = (organizationId: number, entry: QueueEntry) => ({
  organization_id: organizationId,
  call_id: entry.callId,
  state: entry.state,
  skills: [...entry.skills],
  priority: entry.priority,
  target_id: entry.targetId,
  transfer_type: entry.transferType,
  requested_by: entry.requestedBy,
  reason: entry.reason,
  entered_at: entry.enteredAt,
  limits: entry.limits && JSON.stringify(entry.limits),
  unstaffed_since: entry.unstaffedSince,
  resting: JSON.stringify(entry.resting),
  agent_id: entry.agentId,
  connected_at: entry.connectedAt,
  agent_lost_at: entry.agentLostAt,
  callback_number: entry.callback?.number ?? null,
  callback_at: entry.callback?.at ?? null,
  callback_tries: entry.callback?.tries ?? null,
  estimate_ms: entry.estimateMs,
  outcome: entry.outcome,
  cause: entry.cause,
  ended_at: entry.endedAt,
});

export const toOffer = (row: Selectable<Database['offers']>): Offer => ({
  id: row.id,
  entryId: row.entry_id,
  callId: row.call_id,
  agentId: row.agent_id,
  via: row.via as Offer['via'],
  state: row.state as OfferState,
  cause: row.cause,
  offeredAt: row.offered_at,
  acceptedAt: row.accepted_at,
  deadline: row.deadline,
  endedAt: row.ended_at,
});

export const offerRow = (organizationId: number, offer: Offer) => ({
  organization_id: organizationId,
  entry_id: offer.entryId,
  call_id: offer.callId,
  agent_id: offer.agentId,
  via: offer.via,
  state: offer.state,
  cause: offer.cause,
  offered_at: offer.offeredAt,
  accepted_at: offer.acceptedAt,
  deadline: offer.deadline,
  ended_at: offer.endedAt,
});

/** A user with the role `agent`, and their row of the desk, which is made with their first change. */
export interface AgentRow {
  readonly id: number;
  readonly name: string;
  readonly phone_number: string | null;
  readonly answer_by: string;
  readonly skills: string[];
  readonly max_concurrent_calls: number;
  readonly created_at: Date;
  readonly wanted: string | null;
  readonly away_reason: string | null;
  readonly wanted_at: Date | null;
  readonly seen_at: Date | null;
  readonly idle_since: Date | null;
  readonly wrap_up_call_id: number | null;
  readonly wrap_up_until: Date | null;
  readonly wrap_up_extended: boolean | null;
}

export const toAgent = (row: AgentRow): HumanAgent => ({
  id: row.id,
  name: row.name,
  phoneNumber: row.phone_number,
  answerBy: row.answer_by as AnswerBy,
  skills: row.skills,
  maxConcurrentCalls: row.max_concurrent_calls,
  wanted: (row.wanted ?? 'offline') as AgentStatus,
  awayReason: row.away_reason,
  wantedAt: row.wanted_at ?? row.created_at,
  seenAt: row.seen_at,
  idleSince: row.idle_since ?? row.created_at,
  wrapUp:
    row.wrap_up_call_id === null || row.wrap_up_until === null
      ? null
      : { callId: row.wrap_up_call_id, until: row.wrap_up_until, extended: row.wrap_up_extended === true },
});

export const agentRow = (agent: HumanAgent) => ({
  user_id: agent.id,
  wanted: agent.wanted,
  away_reason: agent.awayReason,
  wanted_at: agent.wantedAt,
  seen_at: agent.seenAt,
  idle_since: agent.idleSince,
  wrap_up_call_id: agent.wrapUp?.callId ?? null,
  wrap_up_until: agent.wrapUp?.until ?? null,
  wrap_up_extended: agent.wrapUp?.extended ?? false,
});
