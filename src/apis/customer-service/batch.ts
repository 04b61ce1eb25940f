import { z } from 'zod';
import { NO_ORIGIN } from '#core/calls/call-origin.ts';
import type { BatchCall, BatchCallInput } from '#core/calls/call-batch.ts';
import { getBatch, MOST_IN_BATCH, placeBatch } from '#core/calls/place-batch.ts';
import { sipCallId } from '#core/calls/sip-call-id.ts';
import { isPhoneNumber } from '#core/kernel/phone-number.ts';
import { sentence } from '../kit/input.ts';
import { issueWords } from '../kit/issue-words.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, jsonOfAtMost, leftOut, numberOf } from '../kit/codecs.ts';
import { BATCHES, INVALID_NUMBER, Metadata, PhoneNumberText, variablesIn } from './dialect.ts';
import { CustomerId } from './ids.ts';
import { numberOfTrunk, toPlace } from './outbound.ts';

const LONGEST_VALUE = 1000;
const Scalar = z.union([z.string().max(LONGEST_VALUE), z.number(), z.boolean(), z.null()]);

/** A row as it may come: what is wrong with one is said in its result, and harms no other row. */
const Row = z.union([
  z.object({
    to_number: Scalar.optional().describe('+ and 7 to 15 digits'),
    from_number: Scalar.optional(),
    customer_id: Scalar.optional(),
    metadata: z
      .union([z.record(z.string().max(200), z.unknown()), Scalar])
      .refine(...jsonOfAtMost(10_000))
      .optional(),
  }),
  Scalar,
]);

/** A row that can be placed. */
const GoodRow = z.object({
  to_number: z.string().refine(isPhoneNumber),
  from_number: PhoneNumberText.nullish(),
  customer_id: CustomerId.nullish(),
  metadata: Metadata.nullish(),
});

const Result = z.object({
  success: z.boolean(),
  call_info: z
    .object({ sip_call_id: z.string(), to_number: z.string().nullable() })
    .optional()
    .describe('Of a row that was accepted; its call has this id from now on'),
  error: z.string().optional().describe('Why a row was not accepted, or its call was not placed'),
  index: z.int().describe('From 1, in the order of the request'),
});

const BatchReply = z.object({
  total: z.int(),
  successful: z.int(),
  failed: z.int(),
  batch_id: z.string(),
  results: z.array(Result),
});

const LONGEST_DELAY_S = 3600;

function readRow(
  row: z.output<typeof Row>,
  common: { readonly from: string | undefined; readonly trunkId: string | null },
): BatchCallInput | { readonly problem: string } {
  const { data, error } = GoodRow.safeParse(row, { error: issueWords });
  if (!data) {
    const issue = error.issues[0]!;
    const field = String(issue.path[0] ?? 'row');
    if (typeof row !== 'object' || row === null) return { problem: 'A row must be an object with to_number' };
    if (field === 'to_number' && row.to_number === undefined) return { problem: 'to_number is required' };
    return { problem: field === 'to_number' ? INVALID_NUMBER : sentence(field, issue.message) };
  }
  const metadata = data.metadata ?? {};
  return toPlace({
    to: data.to_number,
    from: data.from_number ?? common.from,
    customerId: data.customer_id ?? undefined,
    variables: variablesIn(metadata),
    origin: { ...NO_ORIGIN, trunkId: common.trunkId, metadata },
  });
}

function present(batchId: number, calls: readonly BatchCall[]): z.input<typeof BatchReply> {
  const good = calls.filter((call) => call.status === 'waiting' || call.status === 'placed').length;
  return {
    total: calls.length,
    successful: good,
    failed: calls.length - good,
    batch_id: idOf('batch', batchId),
    results: calls.map(({ status, sid, number, problem, position }) => ({
      success: status === 'waiting' || status === 'placed',
      ...(sid === null ? {} : { call_info: { sip_call_id: sipCallId(sid), to_number: number } }),
      ...(problem === null ? {} : { error: problem }),
      index: position,
    })),
  };
}

export const batchCallsOperation = operation({
  method: 'POST',
  path: '/api/v1/calls/outbound/batch',
  summary: 'Batch Create Calls: answers at once, and dials them one after another',
  permission: 'place-calls',
  alsoLimit: BATCHES,
  creates: true,
  body: z.object({
    calls: z.array(Row).min(1).max(MOST_IN_BATCH),
    from_number: leftOut(PhoneNumberText),
    trunk_id: leftOut(IdText),
    delay_seconds: z.number().min(0).max(LONGEST_DELAY_S).default(2).describe('Between two dials'),
  }),
  reply: BatchReply,
  handle: async ({ core, ctx, body }) => {
    const trunkId = body.trunk_id ?? null;
    const common = { from: body.from_number ?? (await numberOfTrunk(core, ctx, trunkId)), trunkId };
    const { batchId, calls } = await placeBatch(core, ctx, {
      calls: body.calls.map((row) => readRow(row, common)),
      delayMs: Math.round(body.delay_seconds * 1000),
    });
    return present(batchId, calls);
  },
});

export const getBatchOperation = operation({
  method: 'GET',
  path: '/api/v1/calls/outbound/batch/:batch_id',
  summary: 'Get a batch, and what became of each of its rows',
  permission: 'read-calls',
  params: z.object({ batch_id: IdText }),
  reply: BatchReply,
  handle: async ({ core, ctx, params: { batch_id: id } }) => {
    const subject = `batch_id: ${id}`;
    const batchId = numberOf('batch', id, 'Batch', 'batch_id');
    return present(batchId, await getBatch(core, ctx, batchId, subject));
  },
});
