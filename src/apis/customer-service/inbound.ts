import { z } from 'zod';
import { durationMs, type Direction } from '#core/calls/call.ts';
import { activeSessions, getSession, type CallSession } from '#core/calls/call-sessions.ts';
import { waitingCall } from '#core/calls/place-batch.ts';
import { transfersOf } from '#core/desk/transfer-call.ts';
import { SENTIMENTS } from '#core/memory/analyst.ts';
import { sidInSipCallId } from '#core/calls/sip-call-id.ts';
import { operation } from '../kit/operation.ts';
import { timeInSeconds, wholeNumber } from '../kit/codecs.ts';
import { HANDLED_BY, statusWord } from './dialect.ts';
import { metadataOf } from './outbound.ts';
import { presentTransfer, Transfer } from './transfers.ts';
import { customerIdOf, SESSION, SessionParams, sessionId, sipCallIdOf, subjectOf } from './ids.ts';

/** Web calls come in: their client calls the agent. */
export const INBOUND: readonly Direction[] = ['inbound', 'web'];

export const InboundCall = z.object({
  session_id: z.int(),
  customer_id: z.int().nullable().describe('The client’s own number for the person, else ours'),
  room_name: z.string(),
  start_time: z.string(),
  end_time: z.string().nullable(),
  duration_seconds: z.int(),
  handled_by: z.enum(['ai_agent', 'human_agent']),
  sentiment: z.enum(SENTIMENTS).nullable().describe('Of the person so far; null before they have spoken'),
  transfer_count: z.int(),
});

export function presentInbound(session: CallSession, now: Date): z.input<typeof InboundCall> {
  const { call, roomName, sentiment } = session;
  return {
    session_id: call.id,
    customer_id: customerIdOf(session),
    room_name: roomName,
    start_time: timeInSeconds(call.placedAt),
    end_time: call.endedAt && timeInSeconds(call.endedAt),
    duration_seconds: Math.floor(durationMs(call, now) / 1000),
    handled_by: HANDLED_BY[session.handledBy] as 'ai_agent' | 'human_agent',
    sentiment,
    transfer_count: session.transferCount,
  };
}

const LARGEST_PAGE = 1000;

export const activeInboundOperation = operation({
  method: 'GET',
  path: '/api/v1/calls/inbound/active',
  summary: 'Get Active Inbound Calls',
  permission: 'read-calls',
  query: z.object({
    page: wholeNumber(1, 1_000_000).default(1),
    page_size: wholeNumber(1, LARGEST_PAGE).default(50),
  }),
  reply: z.object({ calls: z.array(InboundCall), total: z.int(), page: z.int(), page_size: z.int() }),
  handle: async ({ core, ctx, query: { page, page_size: size } }) => {
    const { rows, total } = await activeSessions(core, ctx, INBOUND, { skip: (page - 1) * size, limit: size });
    const now = core.clock.now();
    return { calls: rows.map((row) => presentInbound(row, now)), total, page, page_size: size };
  },
});

const Detail = InboundCall.extend({
  session_id: z.int().nullable().describe('Null while the call waits for its turn in a batch'),
  sip_call_id: z.string(),
  direction: z.enum(['inbound', 'outbound', 'web']),
  from_number: z.string().nullable(),
  to_number: z.string().nullable(),
  status: z.string(),
  failure_reason: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  trunk_id: z.string().nullable(),
  play_ringtone: z.boolean(),
  transfers: z.array(Transfer),
});

/** The detail of any call. A call of a batch that is not dialled yet, or was not, is shown as well. */
export const getCallOperation = operation({
  method: 'GET',
  path: '/api/v1/calls/inbound/:session_id',
  summary: 'Get Inbound Call Details; of any other call as well',
  permission: 'read-calls',
  params: SessionParams,
  reply: Detail,
  handle: async ({ core, ctx, params: { session_id: id } }) => {
    const sid = sidInSipCallId(id);
    const waiting = sid === null ? null : await waitingCall(core, ctx, sid);
    if (waiting && waiting.callId === null) return presentWaiting(id, waiting);
    const session = await getSession(core, ctx, sessionId(id), subjectOf(id), SESSION);
    const { call, origin } = session;
    return {
      ...presentInbound(session, core.clock.now()),
      sip_call_id: sipCallIdOf(call),
      direction: call.direction,
      from_number: call.from,
      to_number: call.to,
      status: statusWord(call.status),
      failure_reason: call.failureReason,
      metadata: metadataOf(call, origin),
      trunk_id: origin.trunkId,
      play_ringtone: origin.playRingtone,
      transfers: (await transfersOf(core, call)).map(presentTransfer),
    };
  },
});

const presentWaiting = (
  id: string,
  { number, status, problem, createdAt }: NonNullable<Awaited<ReturnType<typeof waitingCall>>>,
): z.input<typeof Detail> => ({
  session_id: null,
  customer_id: null,
  room_name: `call-${id.slice('SC_'.length, 'SC_'.length + 12)}`,
  start_time: timeInSeconds(createdAt),
  end_time: null,
  duration_seconds: 0,
  handled_by: 'ai_agent',
  sentiment: null,
  transfer_count: 0,
  sip_call_id: id,
  direction: 'outbound',
  from_number: null,
  to_number: number,
  status: statusWord(status === 'waiting' ? 'placed' : 'refused'),
  failure_reason: problem,
  metadata: {},
  trunk_id: null,
  play_ringtone: false,
  transfers: [],
});
