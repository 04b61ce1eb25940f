import { z } from 'zod';
import { durationMs, isEnded, type Call } from '#core/calls/call.ts';
import type { CallEntry } from '#core/conversations/entry.ts';
import { endCall } from '#core/calls/end-call.ts';
import { DEFAULT_RING_TIMEOUT_MS, placeCall } from '#core/calls/place-call.ts';
import { entriesOf, getCall, listCalls } from '#core/calls/get-call.ts';
import { LONGEST_USER_ID } from '#core/people/person-of.ts';
import { LONGEST_PHONE_NUMBER, PHONE_NUMBER_FORMAT, phoneNumber } from '#core/kernel/phone-number.ts';
import type { Limit } from '../kit/limit.ts';
import { operation, type Urls } from '../kit/operation.ts';
import { IdText, idOf, leftOut, numberIn, numberOf, pageLimit, pageSkip, timeInMilliseconds } from '../kit/codecs.ts';
import { paginationOf, PhoneNumberText, STATUSES, statusWord } from './dialect.ts';

const CALL_MANAGEMENT: Limit = { name: 'calls', points: 50, windowS: 60 };

const number = (call: Call): string | null => (call.direction === 'inbound' ? call.from : call.to);
const seconds = (call: Call, now: Date): number => Math.floor(durationMs(call, now) / 1000);

/** By this API's id, ours, or the carrier's. */
const callId = (id: string): string | number => numberIn('call', id) ?? id;

/** What was said, one line a turn, without names: as its example shows it. */
const transcription = (entries: readonly CallEntry[]): string =>
  entries
    .filter((entry) => entry.role === 'agent' || entry.role === 'caller')
    .map((entry) => entry.text)
    .join('\n');

const recordingUrl = (call: Call, urls: Urls): string | null =>
  call.recordingKey === null ? call.carrierRecordingUrl : urls.recording(call.sid);

const LONGEST_TIMEOUT_S = 600;

export const initiateCallOperation = operation({
  method: 'POST',
  path: '/voice/calls/initiate',
  summary: 'Initiate Call',
  permission: 'place-calls',
  limit: CALL_MANAGEMENT,
  creates: true,
  body: z.object({
    phone_number: PhoneNumberText,
    agent_id: leftOut(IdText),
    user_id: z
      .string()
      .min(1)
      .max(LONGEST_USER_ID)
      .optional()
      .describe('Whom the conversation is with, where that is not the number'),
    options: z
      .object({
        recording: leftOut(z.boolean()),
        transcription: leftOut(z.boolean()),
        timeout: leftOut(z.number().min(1).max(LONGEST_TIMEOUT_S)),
        caller_id: leftOut(PhoneNumberText),
      })
      .prefault({}),
    metadata: z
      .record(z.string().max(100), z.union([z.string().max(2000), z.number(), z.boolean()]))
      .refine((given) => Object.keys(given).length <= 100, 'at most 100 entries')
      .prefault({}),
  }),
  reply: z.object({
    success: z.literal(true),
    call_id: z.string(),
    status: z.string(),
    phone_number: z.string(),
    provider: z.string(),
    estimated_duration: z.int(),
  }),
  handle: async ({ core, ctx, body: { phone_number: to, agent_id: agentId, user_id: userId, options, metadata } }) => {
    const call = await placeCall(core, ctx, {
      agentId: agentId === undefined ? null : numberOf('agent', agentId, 'Agent', 'agent_id'),
      to: phoneNumber(to, 'phone_number'),
      numberField: 'phone_number',
      from: options.caller_id === undefined ? null : phoneNumber(options.caller_id, 'options.caller_id'),
      variables: {
        ...Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, String(value)])),
        ...(userId === undefined ? {} : { user_id: userId }),
      },
      overrides: {},
      recorded: options.recording ?? null,
      transcribed: options.transcription ?? true,
      ringTimeoutMs: options.timeout === undefined ? DEFAULT_RING_TIMEOUT_MS : Math.round(options.timeout * 1000),
    });
    return {
      success: true as const,
      call_id: idOf('call', call.id),
      status: statusWord('placed'),
      phone_number: to,
      provider: call.carrier,
      estimated_duration: Math.ceil(call.ringTimeoutMs / 1000),
    };
  },
});

export const endCallOperation = operation({
  method: 'POST',
  path: '/voice/calls/:callId/end',
  summary: 'End Call',
  permission: 'end-calls',
  limit: CALL_MANAGEMENT,
  params: z.object({ callId: IdText }),
  reply: z.object({
    success: z.literal(true),
    call_id: z.string(),
    status: z.string(),
    duration: z.int(),
    recording_url: z.string().nullable(),
  }),
  handle: async ({ core, ctx, urls, params }) => {
    const call = await endCall(core, ctx, callId(params.callId), 'completed', `call_id: ${params.callId}`);
    // One that talks its last words is as good as over.
    const status = isEnded(call.status) ? call.status : call.answeredAt === null ? 'canceled' : 'completed';
    return {
      success: true as const,
      call_id: idOf('call', call.id),
      status: statusWord(status),
      duration: seconds(call, core.clock.now()),
      recording_url: recordingUrl(call, urls),
    };
  },
});

export const listCallsOperation = operation({
  method: 'GET',
  path: '/voice/calls',
  summary: 'Get Call History',
  permission: 'read-calls',
  limit: CALL_MANAGEMENT,
  query: z.object({
    limit: pageLimit(10),
    offset: pageSkip,
    status: z.enum([...STATUSES.keys()]).optional(),
    // In a query, an unescaped + reads as a space.
    phone_number: z
      .string(PHONE_NUMBER_FORMAT)
      .max(LONGEST_PHONE_NUMBER, PHONE_NUMBER_FORMAT)
      .transform((given) => given.replace(/^ /, '+'))
      .pipe(PhoneNumberText)
      .optional(),
  }),
  reply: z.object({
    calls: z.array(
      z.object({
        call_id: z.string(),
        phone_number: z.string().nullable(),
        status: z.string(),
        start_time: z.string(),
        end_time: z.string().nullable(),
        duration: z.int(),
        provider: z.string(),
        recording_url: z.string().nullable(),
        failure_reason: z.string().nullable(),
      }),
    ),
    pagination: z.object({ total: z.int(), limit: z.int(), offset: z.int(), has_more: z.boolean() }),
  }),
  handle: async ({ core, ctx, urls, query: { limit, offset, status, phone_number: phoneNumber } }) => {
    const filter = {
      ...(status === undefined ? {} : { statuses: STATUSES.get(status)! }),
      ...(phoneNumber === undefined ? {} : { number: phoneNumber }),
    };
    const { rows, total } = await listCalls(core, ctx, filter, { skip: offset, limit });
    const now = core.clock.now();
    return {
      calls: rows.map((call) => ({
        call_id: idOf('call', call.id),
        phone_number: number(call),
        status: statusWord(call.status),
        start_time: timeInMilliseconds(call.placedAt),
        end_time: call.endedAt && timeInMilliseconds(call.endedAt),
        duration: seconds(call, now),
        provider: call.carrier,
        recording_url: recordingUrl(call, urls),
        failure_reason: call.failureReason,
      })),
      pagination: paginationOf(total, limit, offset),
    };
  },
});

export const callStatusOperation = operation({
  method: 'GET',
  path: '/voice/calls/:callId/status',
  summary: 'Get Call Status',
  permission: 'read-calls',
  limit: CALL_MANAGEMENT,
  params: z.object({ callId: IdText }),
  reply: z.object({
    call_id: z.string(),
    status: z.string(),
    phone_number: z.string().nullable(),
    start_time: z.string(),
    duration: z.int(),
    recording_url: z.string().nullable(),
    transcription: z.string().nullable(),
    failure_reason: z.string().nullable(),
    vendor_errors: z
      .array(z.object({ at: z.string(), vendor: z.string(), does: z.string(), message: z.string() }))
      .describe('What speech and model vendors did not do on the call, in their words'),
  }),
  handle: async ({ core, ctx, urls, params }) => {
    const call = await getCall(core, ctx, callId(params.callId), `call_id: ${params.callId}`);
    const entries = await entriesOf(core, call);
    return {
      call_id: idOf('call', call.id),
      status: statusWord(call.status),
      phone_number: number(call),
      start_time: timeInMilliseconds(call.placedAt),
      duration: seconds(call, core.clock.now()),
      recording_url: recordingUrl(call, urls),
      transcription: call.transcribed ? transcription(entries) : null,
      failure_reason: call.failureReason,
      vendor_errors: [...call.vendorErrors],
    };
  },
});
