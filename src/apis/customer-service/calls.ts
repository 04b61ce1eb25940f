import { z } from 'zod';
import { activeSessions } from '#core/calls/call-sessions.ts';
import { endCall } from '#core/calls/end-call.ts';
import { entriesOf, getCall } from '#core/calls/get-call.ts';
import { cancelWaiting, waitingCall } from '#core/calls/place-batch.ts';
import { isEnded } from '#core/calls/call.ts';
import { sidInSipCallId } from '#core/calls/sip-call-id.ts';
import { operation } from '../kit/operation.ts';
import { timeInSeconds } from '../kit/codecs.ts';
import { speakerOf, statusWord } from './dialect.ts';
import { SESSION, SessionParams, sessionId, subjectOf } from './ids.ts';
import { INBOUND, InboundCall, presentInbound } from './inbound.ts';
import { OutboundCall, presentOutbound } from './outbound.ts';

export const allActiveOperation = operation({
  method: 'GET',
  path: '/api/v1/calls/all/active',
  summary: 'Get All Active Calls',
  permission: 'read-calls',
  reply: z.object({
    total: z.int(),
    inbound_count: z.int(),
    outbound_count: z.int(),
    inbound_calls: z.array(InboundCall),
    outbound_calls: z.array(OutboundCall),
  }),
  handle: async ({ core, ctx }) => {
    const [inbound, outbound] = await Promise.all([
      activeSessions(core, ctx, INBOUND),
      activeSessions(core, ctx, ['outbound']),
    ]);
    const now = core.clock.now();
    return {
      total: inbound.total + outbound.total,
      inbound_count: inbound.total,
      outbound_count: outbound.total,
      inbound_calls: inbound.rows.map((row) => presentInbound(row, now)),
      outbound_calls: outbound.rows.map(presentOutbound),
    };
  },
});

export const transcriptOperation = operation({
  method: 'GET',
  path: '/api/v1/calls/:session_id/transcript',
  summary: 'Get Call Transcript',
  permission: 'read-calls',
  params: SessionParams,
  reply: z.array(
    z.object({
      id: z.int(),
      session_id: z.int(),
      speaker: z.enum(['customer', 'ai_agent', 'human_agent']),
      text: z.string(),
      timestamp: z.string(),
      confidence: z.number().nullable().describe('Of the recogniser, 0 to 1; 1 for what the AI agent said'),
    }),
  ),
  handle: async ({ core, ctx, params: { session_id: id } }) => {
    const sid = sidInSipCallId(id);
    if (sid !== null && (await waitingCall(core, ctx, sid))?.callId === null) return [];
    const call = await getCall(core, ctx, sessionId(id), subjectOf(id), SESSION);
    return (await entriesOf(core, call)).flatMap(({ id: entryId, role, text, at, detail }) => {
      if (role !== 'caller' && role !== 'agent') return [];
      const { confidence, by } = detail;
      return [
        {
          id: entryId,
          session_id: call.id,
          speaker: speakerOf(role, by),
          text,
          timestamp: timeInSeconds(at),
          confidence: typeof confidence === 'number' ? confidence : role === 'agent' ? 1 : null,
        },
      ];
    });
  },
});

export const endCallOperation = operation({
  method: 'POST',
  path: '/api/v1/calls/:session_id/end',
  summary: 'End Call; a call of a batch that is not dialled yet is canceled',
  permission: 'end-calls',
  params: SessionParams,
  reply: z.object({ success: z.literal(true), session_id: z.int().nullable(), status: z.string() }),
  handle: async ({ core, ctx, params: { session_id: id } }) => {
    const sid = sidInSipCallId(id);
    if (sid !== null && (await cancelWaiting(core, ctx, sid)))
      return { success: true as const, session_id: null, status: statusWord('canceled') };
    const call = await endCall(core, ctx, sessionId(id), 'completed', subjectOf(id), SESSION);
    const ended = isEnded(call.status) ? call.status : call.answeredAt === null ? 'canceled' : 'completed';
    return { success: true as const, session_id: call.id, status: statusWord(ended) };
  },
});
