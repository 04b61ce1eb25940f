import { z } from 'zod';
import type { Call } from '#core/calls/call.ts';
import { callbackRoom, NO_ORIGIN, roomNameOf, type CallOrigin } from '#core/calls/call-origin.ts';
import { activeSessions, type CallSession } from '#core/calls/call-sessions.ts';
import { DEFAULT_RING_TIMEOUT_MS, placeCall } from '#core/calls/place-call.ts';
import type { Core } from '#core/core.ts';
import type { Context } from '#core/kernel/context.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import { callerIdOf } from '#core/routing/manage-trunks.ts';
import { operation } from '../kit/operation.ts';
import { IdText, leftOut, timeInSeconds } from '../kit/codecs.ts';
import { Metadata, OUTBOUND_CALLS, PhoneNumberText, statusWord, variablesIn } from './dialect.ts';
import { CustomerId, participantIdOf, sipCallIdOf } from './ids.ts';

const Placed = z.object({
  success: z.literal(true),
  session_id: z.int(),
  sip_call_id: z.string(),
  participant_id: z.string(),
  room_name: z.string(),
  to_number: z.string(),
  from_number: z.string().nullable().describe('Null: the carrier’s own number'),
  status: z.string(),
  message: z.string(),
});

interface ToPlace {
  readonly to: string;
  readonly from: string | undefined;
  readonly customerId: number | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly origin: CallOrigin;
}

/** The input of a call as `placeCall` takes it, for single calls and those of a batch alike. */
export const toPlace = ({ to, from, customerId, variables, origin }: ToPlace) => ({
  agentId: null,
  to: phoneNumber(to),
  from: from === undefined ? null : phoneNumber(from, 'from_number'),
  // The client's number for the person names them in memory and conversations too.
  variables: { ...variables, ...(customerId === undefined ? {} : { user_id: String(customerId) }) },
  overrides: {},
  recorded: null,
  ringTimeoutMs: DEFAULT_RING_TIMEOUT_MS,
  origin,
});

/** The number that calls over a trunk show, where the trunk is known. */
export async function numberOfTrunk(core: Core, ctx: Context, trunkId: string | null): Promise<string | undefined> {
  return trunkId === null ? undefined : ((await callerIdOf(core, ctx, trunkId)) ?? undefined);
}

async function place(core: Core, ctx: Context, given: ToPlace, what: string): Promise<z.input<typeof Placed>> {
  const from = given.from ?? (await numberOfTrunk(core, ctx, given.origin.trunkId));
  const call = await placeCall(core, ctx, toPlace({ ...given, from }));
  return {
    success: true,
    session_id: call.id,
    sip_call_id: sipCallIdOf(call),
    participant_id: participantIdOf(call),
    room_name: roomNameOf(call, given.origin.roomName),
    to_number: given.to,
    from_number: call.from,
    status: statusWord('placed'),
    message: `${what} initiated to ${given.to}`,
  };
}

export const createCallOperation = operation({
  method: 'POST',
  path: '/api/v1/calls/outbound/create',
  summary: 'Create Outbound Call',
  permission: 'place-calls',
  alsoLimit: OUTBOUND_CALLS,
  creates: true,
  body: z.object({
    to_number: PhoneNumberText,
    from_number: leftOut(PhoneNumberText),
    customer_id: leftOut(CustomerId),
    metadata: Metadata.default({}),
    play_ringtone: z.boolean().default(false).describe('Those who listen in the room hear ringing while it is dialled'),
    trunk_id: leftOut(IdText),
  }),
  reply: Placed,
  handle: ({ core, ctx, body }) =>
    place(
      core,
      ctx,
      {
        to: body.to_number,
        from: body.from_number,
        customerId: body.customer_id,
        variables: variablesIn(body.metadata),
        origin: {
          ...NO_ORIGIN,
          trunkId: body.trunk_id ?? null,
          playRingtone: body.play_ringtone,
          metadata: body.metadata,
        },
      },
      'Outbound call',
    ),
});

const LONGEST_REASON = 1000;

export const createCallbackOperation = operation({
  method: 'POST',
  path: '/api/v1/calls/outbound/callback',
  summary: 'Create Callback',
  permission: 'place-calls',
  alsoLimit: OUTBOUND_CALLS,
  creates: true,
  body: z.object({
    customer_phone: PhoneNumberText,
    customer_id: leftOut(CustomerId),
    reason: leftOut(z.string().max(LONGEST_REASON)),
    from_number: leftOut(PhoneNumberText),
    metadata: Metadata.default({}),
    trunk_id: leftOut(IdText),
  }),
  reply: Placed,
  handle: ({ core, ctx, body }) => {
    const { customer_phone: to, reason, metadata } = body;
    const said = reason === undefined ? {} : { reason };
    return place(
      core,
      ctx,
      {
        to,
        from: body.from_number,
        customerId: body.customer_id,
        variables: { ...variablesIn(metadata), ...said },
        origin: {
          ...NO_ORIGIN,
          roomName: callbackRoom(to, core.clock.now()),
          trunkId: body.trunk_id ?? null,
          metadata: { ...metadata, ...said },
        },
      },
      'Callback',
    );
  },
});

export const OutboundCall = z.object({
  id: z.int().describe('The session_id'),
  sip_call_id: z.string(),
  participant_id: z.string(),
  room_name: z.string(),
  to_number: z.string().nullable(),
  from_number: z.string().nullable(),
  trunk_id: z.string().nullable(),
  status: z.string(),
  metadata: z.record(z.string(), z.unknown()),
  created_at: z.string(),
});

/** A call that another API placed has its variables as metadata. */
export const metadataOf = (call: Call, { metadata }: CallOrigin): Readonly<Record<string, unknown>> =>
  Object.keys(metadata).length > 0 ? metadata : call.variables;

export const presentOutbound = ({ call, origin, roomName }: CallSession): z.input<typeof OutboundCall> => ({
  id: call.id,
  sip_call_id: sipCallIdOf(call),
  participant_id: participantIdOf(call),
  room_name: roomName,
  to_number: call.to,
  from_number: call.from,
  trunk_id: origin.trunkId,
  status: statusWord(call.status),
  metadata: metadataOf(call, origin),
  created_at: timeInSeconds(call.placedAt),
});

export const activeOutboundOperation = operation({
  method: 'GET',
  path: '/api/v1/calls/outbound/active',
  summary: 'Get Active Outbound Calls',
  permission: 'read-calls',
  reply: z.object({ total: z.int(), calls: z.array(OutboundCall) }),
  handle: async ({ core, ctx }) => {
    const { rows, total } = await activeSessions(core, ctx, ['outbound']);
    return { total, calls: rows.map(presentOutbound) };
  },
});
