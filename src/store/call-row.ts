import { sql, type Selectable } from 'kysely';
import {
  LIVE_STATUSES,
  type Call,
  type CallPhase,
  type CallStatus,
  type Direction,
  type EndedBy,
  type TurnLatency,
} from '#core/calls/call.ts';
import type { CallProgress, NewCall } from '#core/calls/call-store.ts';
import type { Database } from './schema.ts';
import { interval } from './sql.ts';

/** Leases use the database's clock, which all servers share. */
export const leaseEnd = (leaseMs: number) => sql<Date>`clock_timestamp() + ${interval(leaseMs)}`;

/** The columns that a change sets; at least one, so that a change of nothing finds out whose the call is. */
export function changed(change: CallProgress) {
  return {
    owner: sql<string>`owner`,
    ...(change.status === undefined ? {} : { status: change.status }),
    ...(change.carrierCallId === undefined ? {} : { carrier_call_id: change.carrierCallId }),
    ...(change.sid === undefined ? {} : { sid: change.sid, placed_sid: sql<string>`sid` }),
    ...(change.placedMs === undefined ? {} : { placed_ms: change.placedMs }),
    ...(change.answeredAt === undefined ? {} : { answered_at: change.answeredAt }),
    ...(change.phase === undefined ? {} : { phase: change.phase }),
    ...(change.latency === undefined
      ? {}
      : {
          latency: JSON.stringify(change.latency),
          turns: sql<number>`turns + 1`,
          waited_ms: sql<number>`waited_ms + ${change.latency.fullCycleMs}`,
        }),
    ...(change.recording === undefined
      ? {}
      : { recording_key: change.recording.key, recording_offset_ms: change.recording.offsetMs }),
    ...(change.apartOffsetMs === undefined ? {} : { apart_offset_ms: change.apartOffsetMs }),
    ...(change.recordingFailure === undefined ? {} : { recording_failure: change.recordingFailure }),
    ...(change.vendorErrors === undefined ? {} : { vendor_errors: JSON.stringify(change.vendorErrors) }),
    ...(change.disposition === undefined ? {} : { disposition: change.disposition }),
    ...(change.waitingSince === undefined ? {} : { waiting_since: change.waitingSince }),
    // An ended call needs no state; its words would remain after the transcript is deleted.
    ...(change.turnState === undefined
      ? {}
      : {
          turn_state: sql<
            string | null
          >`case when status in (${sql.join([...LIVE_STATUSES])}) then ${JSON.stringify(change.turnState)}::jsonb end`,
        }),
    ...(change.spokenBy === undefined ? {} : { spoken_by: JSON.stringify(change.spokenBy) }),
  };
}

/** A call that was placed just now. */
export function rowOf(call: NewCall) {
  return {
    sid: call.sid,
    organization_id: call.organizationId,
    agent_id: call.agentId,
    agent_version: sql<number>`(select version from ai_agents where ai_agents.id = ${call.agentId})`,
    person_id: call.personId,
    direction: call.direction,
    carrier: call.carrier,
    carrier_call_id: null,
    from_number: call.from,
    to_number: call.to,
    status: 'placed',
    end_reason: null,
    failure_reason: null,
    variables: JSON.stringify(call.variables),
    overrides: JSON.stringify(call.overrides),
    recorded: call.recorded,
    transcribed: call.transcribed,
    recording_key: null,
    placed_ms: null,
    latency: null,
    placed_at: call.placedAt,
    answered_at: null,
    ended_at: null,
    ring_timeout_ms: call.ringTimeoutMs,
    owner: call.owner,
    epoch: 1,
    lease_until: leaseEnd(call.leaseMs),
    user_id: call.userId,
    campaign_id: call.campaignId ?? null,
    not_after: call.notAfter ?? null,
  };
}

/** The conversation that a call is a channel of. */
export const conversationOfCall = sql<number>`(
  select conversations.id from conversations where conversations.call_id = calls.id)`.as('conversation_id');

export function toCall(row: Selectable<Database['calls']> & { conversation_id: number }): Call {
  return {
    id: row.id,
    sid: row.sid,
    placedSid: row.placed_sid,
    organizationId: row.organization_id,
    conversationId: row.conversation_id,
    agentId: row.agent_id,
    agentVersion: row.agent_version,
    personId: row.person_id,
    userId: row.user_id,
    campaignId: row.campaign_id,
    notAfter: row.not_after,
    direction: row.direction as Direction,
    carrier: row.carrier,
    carrierCallId: row.carrier_call_id,
    from: row.from_number,
    to: row.to_number,
    status: row.status as CallStatus,
    endReason: row.end_reason,
    failureReason: row.failure_reason,
    endedBy: row.ended_by as EndedBy | null,
    hungUp: row.hung_up,
    disposition: row.disposition,
    waitingSince: row.waiting_since,
    phase: row.phase as CallPhase,
    variables: row.variables,
    overrides: row.overrides,
    spokenBy: row.spoken_by,
    recorded: row.recorded,
    transcribed: row.transcribed,
    recordingKey: row.recording_key,
    carrierRecordingUrl: row.carrier_recording_url,
    recordingOffsetMs: row.recording_offset_ms,
    apartOffsetMs: row.apart_offset_ms,
    recordingFailure: row.recording_failure,
    vendorErrors: row.vendor_errors as Call['vendorErrors'],
    transcriptDeletedAt: row.transcript_deleted_at,
    placedMs: row.placed_ms,
    latency: row.latency as TurnLatency | null,
    placedAt: row.placed_at,
    answeredAt: row.answered_at,
    endedAt: row.ended_at,
    ringTimeoutMs: row.ring_timeout_ms,
    owner: row.owner,
    epoch: row.epoch,
  };
}
