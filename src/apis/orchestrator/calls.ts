import { z } from 'zod';
import { durationMs, type Call } from '#core/calls/call.ts';
import type { ConversationEntry } from '#core/calls/conversation.ts';
import { entriesOf, getCall, listCalls } from '#core/calls/get-call.ts';
import { isPhoneNumber } from '#core/kernel/phone-number.ts';
import type { Limit } from '../kit/api.ts';
import { operation, type Urls } from '../kit/operation.ts';
import { idOf, numberIn, pageLimit, pageSkip, timeInMilliseconds } from '../kit/words.ts';
import { paginationOf, STATUSES, statusWord } from './words.ts';

const CALL_MANAGEMENT: Limit = { name: 'calls', points: 50, windowS: 60 };

const number = (call: Call): string | null => (call.direction === 'inbound' ? call.from : call.to);
const seconds = (call: Call, now: Date): number => Math.floor(durationMs(call, now) / 1000);

/** By this API's id, ours, or the carrier's. */
const callId = (id: string): string | number => numberIn('call', id) ?? id;

/** What was said, one line a turn, without names: as its example shows it. */
const transcription = (entries: readonly ConversationEntry[]): string => entries.filter((entry) => entry.role === 'agent' || entry.role === 'caller').map((entry) => entry.text).join('\n');

const recordingUrl = (call: Call, urls: Urls): string | null => (call.recordingKey === null ? null : urls.recording(call.sid));

export const listCallsOperation = operation({
  method: 'GET', path: '/voice/calls', summary: 'Get Call History', permission: 'read-calls', limit: CALL_MANAGEMENT,
  query: z.object({
    limit: pageLimit(10),
    offset: pageSkip,
    status: z.enum([...STATUSES.keys()]).optional(),
    // In a query, an unescaped + reads as a space.
    phone_number: z.string().transform((given) => given.replace(/^ /, '+')).refine(isPhoneNumber, 'E.164 format (+1234567890)').optional(),
  }),
  reply: z.object({
    calls: z.array(z.object({
      call_id: z.string(), phone_number: z.string().nullable(), status: z.string(), start_time: z.string(), end_time: z.string().nullable(), duration: z.int(), provider: z.string(), recording_url: z.string().nullable(), failure_reason: z.string().nullable(),
    })),
    pagination: z.object({ total: z.int(), limit: z.int(), offset: z.int(), has_more: z.boolean() }),
  }),
  handle: async ({ core, ctx, urls, query: { limit, offset, status, phone_number: phoneNumber } }) => {
    const filter = { ...(status === undefined ? {} : { statuses: STATUSES.get(status)! }), ...(phoneNumber === undefined ? {} : { number: phoneNumber }) };
    const { rows, total } = await listCalls(core, ctx, filter, { skip: offset, limit });
    const now = core.clock.now();
    return {
      calls: rows.map((call) => ({
        call_id: idOf('call', call.id), phone_number: number(call), status: statusWord(call.status), start_time: timeInMilliseconds(call.placedAt), end_time: call.endedAt && timeInMilliseconds(call.endedAt), duration: seconds(call, now),
        provider: call.carrier, recording_url: recordingUrl(call, urls), failure_reason: call.failureReason,
      })),
      pagination: paginationOf(total, limit, offset),
    };
  },
});

export const callStatusOperation = operation({
  method: 'GET', path: '/voice/calls/:callId/status', summary: 'Get Call Status', permission: 'read-calls', limit: CALL_MANAGEMENT,
  params: z.object({ callId: z.string() }),
  reply: z.object({
    call_id: z.string(), status: z.string(), phone_number: z.string().nullable(), start_time: z.string(), duration: z.int(), recording_url: z.string().nullable(), transcription: z.string(), failure_reason: z.string().nullable(),
  }),
  handle: async ({ core, ctx, urls, params }) => {
    const call = await getCall(core, ctx, callId(params.callId), `call_id: ${params.callId}`);
    const entries = (await entriesOf(core, [call])).get(call.id) ?? [];
    return {
      call_id: idOf('call', call.id), status: statusWord(call.status), phone_number: number(call), start_time: timeInMilliseconds(call.placedAt), duration: seconds(call, core.clock.now()), recording_url: recordingUrl(call, urls),
      transcription: transcription(entries), failure_reason: call.failureReason,
    };
  },
});
