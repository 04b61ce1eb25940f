import { z } from 'zod';
import { TRANSFER_OUTCOMES, TRANSFER_TYPES } from '#core/desk/queue-entry.ts';
import { deskCallId } from '#core/desk/desk-call-id.ts';
import { transferCall, type Transfer as CallTransfer } from '#core/desk/transfer-call.ts';
import { operation } from '../kit/operation.ts';
import { leftOut, timeInSeconds } from '../kit/codecs.ts';
import { AgentId, SESSION, SessionParams, sessionId, subjectOf } from './ids.ts';

const REQUESTERS = ['caller', 'api', 'human_agent', 'supervisor', 'campaign'] as const;

/** A transfer in the detail of its call. */
export const Transfer = z.object({
  agent_id: z.int().nullable(),
  transfer_type: z.enum(TRANSFER_TYPES),
  requested_by: z.enum(REQUESTERS),
  reason: z.string().nullable(),
  requested_at: z.string(),
  outcome: z.enum(TRANSFER_OUTCOMES).nullable().describe('Null while it is going on'),
  cause: z.string().nullable(),
  human_connected_at: z.string().nullable(),
  ended_at: z.string().nullable(),
});

export const presentTransfer = (one: CallTransfer): z.input<typeof Transfer> => ({
  agent_id: one.agentId,
  transfer_type: one.transferType,
  requested_by: one.requestedBy.replace('-', '_') as (typeof REQUESTERS)[number],
  reason: one.reason,
  requested_at: timeInSeconds(one.requestedAt),
  outcome: one.outcome,
  cause: one.cause,
  human_connected_at: one.humanConnectedAt && timeInSeconds(one.humanConnectedAt),
  ended_at: one.endedAt && timeInSeconds(one.endedAt),
});

export const transferOperation = operation({
  method: 'POST',
  path: '/api/v1/calls/:session_id/transfer',
  summary: 'Transfer Call: answers when it has been offered; the outcome stands in `transfers` of the call',
  permission: 'end-calls',
  params: SessionParams,
  body: z.object({
    agent_id: leftOut(AgentId).describe('A human agent; left out: any with the skills'),
    transfer_type: z.enum(TRANSFER_TYPES).default('warm'),
    reason: leftOut(z.string().max(1000)),
    skills: z.array(z.string().trim().min(1).max(100)).max(50).default([]),
  }),
  reply: z.object({
    success: z.literal(true),
    message: z.string(),
    agent_id: z.int().nullable().describe('Who is offered the call; null while no agent is free'),
    transfer_type: z.enum(TRANSFER_TYPES),
  }),
  handle: async ({ core, ctx, params: { session_id: id }, body }) => {
    const callId = await deskCallId(core, ctx, sessionId(id), subjectOf(id), SESSION);
    const { offer } = await transferCall(
      core,
      ctx,
      callId,
      {
        agentId: body.agent_id ?? null,
        skills: body.skills,
        transferType: body.transfer_type,
        reason: body.reason ?? null,
      },
      subjectOf(id),
    );
    const agentId = offer?.agentId ?? body.agent_id ?? null;
    return {
      success: true as const,
      message: agentId === null ? 'Call is waiting for an agent' : `Call transferred to agent ${agentId}`,
      agent_id: agentId,
      transfer_type: body.transfer_type,
    };
  },
});
