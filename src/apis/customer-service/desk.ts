import { z } from 'zod';
import { agentSeen } from '#core/desk/agent-status.ts';
import { acceptOffer, declineOffer, type PartyAccess } from '#core/desk/answer-offer.ts';
import { endAgentCall, handBack, holdCaller, resumeCaller, wrapUpCall } from '#core/desk/desk-call.ts';
import { deskCallId } from '#core/desk/desk-call-id.ts';
import { viewDesk, type OwnDesk } from '#core/desk/desk-view.ts';
import { AGENT_STATUSES } from '#core/desk/human-agent.ts';
import { TRANSFER_TYPES } from '#core/desk/queue-entry.ts';
import type { Offer } from '#core/desk/offer.ts';
import { instructAgent, superviseCall, type Supervision } from '#core/desk/supervise-call.ts';
import type { Core } from '#core/core.ts';
import { userOf, type Context } from '#core/kernel/context.ts';
import { notFound } from '#core/kernel/errors.ts';
import { operation, type RestOperation, type Urls } from '../kit/operation.ts';
import { IdText, timeInSeconds } from '../kit/codecs.ts';
import { HumanAgent, presentAgent } from './human-agents.ts';
import { SESSION, SessionParams, sessionId, subjectOf } from './ids.ts';

const Offered = z.object({
  offer_id: z.int(),
  session_id: z.int(),
  agent_id: z.int(),
  answer_by: z.enum(['browser', 'phone']),
  status: z.string(),
  offered_at: z.string(),
  expires_at: z.string(),
});

const presentOffer = (offer: Offer): z.input<typeof Offered> => ({
  offer_id: offer.id,
  session_id: offer.callId,
  agent_id: offer.agentId,
  answer_by: offer.via,
  status: offer.state,
  offered_at: timeInSeconds(offer.offeredAt),
  expires_at: timeInSeconds(offer.deadline),
});

const Own = z.object({
  agent_id: z.int(),
  wanted_status: z.enum(AGENT_STATUSES),
  away_reason: z.string().nullable().describe('`missed_call` after an offer without an answer'),
  call: z
    .object({
      session_id: z.int(),
      connected_at: z.string().nullable(),
      transfer_type: z.enum(TRANSFER_TYPES),
      reason: z.string().nullable(),
    })
    .nullable(),
  wrap_up: z
    .object({
      session_id: z.int(),
      until: z.string(),
      extended: z.boolean(),
      summary: z.string().nullable().describe('Of the call; null until it has been analysed'),
    })
    .nullable(),
});

const presentOwn = ({ agent, entry, summary }: OwnDesk): z.input<typeof Own> => ({
  agent_id: agent.id,
  wanted_status: agent.wanted,
  away_reason: agent.awayReason,
  call: entry && {
    session_id: entry.callId,
    connected_at: entry.connectedAt && timeInSeconds(entry.connectedAt),
    transfer_type: entry.transferType,
    reason: entry.reason,
  },
  wrap_up: agent.wrapUp && {
    session_id: agent.wrapUp.callId,
    until: timeInSeconds(agent.wrapUp.until),
    extended: agent.wrapUp.extended,
    summary,
  },
});

const deskOperation = operation({
  method: 'GET',
  path: '/api/v1/desk',
  summary: 'The desk: queue, offers and agents. A human agent who reads it at least every 15 s can be offered calls',
  permission: 'read-calls',
  reply: z.object({
    queue: z.array(
      z.object({
        queue_id: z.int(),
        status: z.string(),
        position: z.int().nullable(),
        estimated_wait_minutes: z.int().nullable(),
        waiting_since: z.string(),
        skills: z.array(z.string()),
        reason: z.string().nullable(),
      }),
    ),
    offers: z.array(Offered),
    agents: z.array(HumanAgent),
    own: Own.nullable().describe('Of the human agent who asks; null for other roles'),
  }),
  handle: async ({ core, ctx }) => {
    const own = ctx.actor.kind === 'user' && ctx.actor.role === 'agent' ? userOf(ctx.actor) : null;
    if (own !== null) await agentSeen(core, ctx, own);
    const { queue, offers, agents, own: mine } = await viewDesk(core, ctx);
    return {
      queue: queue.map(({ entry, position, estimateMinutes }) => ({
        queue_id: entry.callId,
        status: entry.state,
        position,
        estimated_wait_minutes: estimateMinutes,
        waiting_since: timeInSeconds(entry.enteredAt),
        skills: [...entry.skills],
        reason: entry.reason,
      })),
      offers: offers.map(presentOffer),
      agents: agents.map(presentAgent),
      own: mine && presentOwn(mine),
    };
  },
});

const Access = z.object({
  session_id: z.int(),
  websocket_url: z.string(),
  expires_at: z.string(),
  livekit: z
    .object({ url: z.string(), token: z.string(), room: z.string() })
    .optional()
    .describe('The same audio in a room, where LiveKit carries the call'),
});

const presentAccess = ({ call, token, expiresAt, room }: PartyAccess, urls: Urls): z.input<typeof Access> => ({
  session_id: call.id,
  websocket_url: urls.mediaSocket(call, token),
  expires_at: timeInSeconds(expiresAt),
  ...(room && { livekit: { url: room.url, token: room.token, room: room.room } }),
});

const OfferParams = z.object({ offer_id: IdText });

function offerNumber(id: string): number {
  if (!/^[1-9]\d{0,14}$/.test(id)) throw notFound('Offer', `offer_id: ${id}`);
  return Number(id);
}

const acceptOperation = operation({
  method: 'POST',
  path: '/api/v1/desk/offers/:offer_id/accept',
  summary: 'Accept an offer: the audio of the agent runs over the media socket',
  permission: 'end-calls',
  params: OfferParams,
  reply: Access,
  handle: async ({ core, ctx, urls, params }) =>
    presentAccess(await acceptOffer(core, ctx, offerNumber(params.offer_id)), urls),
});

const declineOperation = operation({
  method: 'POST',
  path: '/api/v1/desk/offers/:offer_id/decline',
  summary: 'Decline an offer',
  permission: 'end-calls',
  params: OfferParams,
  reply: z.object({ success: z.literal(true), offer_id: z.int() }),
  handle: async ({ core, ctx, params }) => {
    const id = offerNumber(params.offer_id);
    await declineOffer(core, ctx, id);
    return { success: true as const, offer_id: id };
  },
});

type Act = (core: Core, ctx: Context, callId: number) => Promise<void>;

const callOperation = (name: string, summary: string, act: Act): RestOperation =>
  operation({
    method: 'POST',
    path: `/api/v1/desk/calls/:session_id/${name}`,
    summary,
    permission: 'end-calls',
    params: SessionParams,
    reply: z.object({ success: z.literal(true), session_id: z.int() }),
    handle: async ({ core, ctx, params: { session_id: id } }) => {
      const callId = await deskCallId(core, ctx, sessionId(id), subjectOf(id), SESSION);
      await act(core, ctx, callId);
      return { success: true as const, session_id: callId };
    },
  });

const wrapUpOperation = operation({
  method: 'POST',
  path: '/api/v1/desk/calls/:session_id/wrap_up',
  summary: 'End the wrap-up of a call, or extend it once',
  permission: 'end-calls',
  params: SessionParams,
  body: z.object({
    extend: z.boolean().default(false),
    disposition: z.string().trim().min(1).max(100).optional(),
  }),
  reply: z.object({
    success: z.literal(true),
    session_id: z.int(),
    wrap_up_until: z.string().nullable().describe('Null: the agent is free'),
  }),
  handle: async ({ core, ctx, params: { session_id: id }, body: { extend, disposition } }) => {
    const callId = await deskCallId(core, ctx, sessionId(id), subjectOf(id), SESSION);
    const change = { extend, ...(disposition === undefined ? {} : { disposition }) };
    const { wrapUp } = await wrapUpCall(core, ctx, callId, change);
    return {
      success: true as const,
      session_id: callId,
      wrap_up_until: wrapUp?.callId === callId ? timeInSeconds(wrapUp.until) : null,
    };
  },
});

const supervisionOperation = (act: Supervision, summary: string): RestOperation =>
  operation({
    method: 'POST',
    path: `/api/v1/desk/calls/:session_id/${act}`,
    summary,
    permission: 'manage-agents',
    params: SessionParams,
    reply: Access,
    handle: async ({ core, ctx, urls, params: { session_id: id } }) =>
      presentAccess(await superviseCall(core, ctx, sessionId(id), act, subjectOf(id)), urls),
  });

const instructOperation = operation({
  method: 'POST',
  path: '/api/v1/desk/calls/:session_id/instruct',
  summary: 'Tell the AI agent of a call something in text, as a supervisor: it counts from its next turn on',
  permission: 'manage-agents',
  params: SessionParams,
  body: z.object({ text: z.string().trim().min(1).max(1000).describe('The caller does not hear it') }),
  reply: z.object({ success: z.literal(true), session_id: z.int() }),
  handle: async ({ core, ctx, params: { session_id: id }, body: { text } }) => {
    const call = await instructAgent(core, ctx, sessionId(id), text, subjectOf(id));
    return { success: true as const, session_id: call.id };
  },
});

export const deskOperations: readonly RestOperation[] = [
  deskOperation,
  acceptOperation,
  declineOperation,
  callOperation('hold', 'Put the caller on hold', holdCaller),
  callOperation('resume', 'Take the caller off hold', resumeCaller),
  callOperation('hand_back', 'Hand the caller back to the AI agent', handBack),
  callOperation('end', 'End the call', endAgentCall),
  wrapUpOperation,
  supervisionOperation('listen', 'Listen to a call, as a supervisor'),
  supervisionOperation('whisper', 'Speak to the human agent of a call alone, as a supervisor'),
  instructOperation,
  supervisionOperation('take_over', 'Take a call over, as a supervisor'),
];
