import { z } from 'zod';
import type { Call } from '#core/calls/call.ts';
import { transcriptOf, type CallEntry } from '#core/conversations/entry.ts';
import { entriesOf, entriesOfListed, getCall, listCalls } from '#core/calls/get-call.ts';
import { operation } from '../kit/operation.ts';
import { IdText, pageLimit, pageSkip, wholeNumber } from '../kit/codecs.ts';
import { agentIdOf, agentNumber, STATUSES, statusWord, time } from './dialect.ts';

const ListedConversation = z.object({
  conversation_id: z.string(),
  agent_id: z.string(),
  status: z.string(),
  transcript: z.string(),
  started_at: z.string(),
  ended_at: z.string().nullable(),
  end_reason: z.string().nullable(),
  failure_reason: z.string().nullable(),
});

function present(call: Call, entries: readonly CallEntry[]): z.input<typeof ListedConversation> {
  return {
    conversation_id: call.sid,
    agent_id: agentIdOf(call.agentId),
    status: statusWord(call.status),
    transcript: transcriptOf(entries),
    started_at: time(call.placedAt),
    ended_at: call.endedAt && time(call.endedAt),
    end_reason: call.endReason,
    failure_reason: call.failureReason,
  };
}

export const getConversationOperation = operation({
  method: 'GET',
  path: '/v1/convai/conversations/:conversation_id',
  summary: 'Get Conversation',
  permission: 'read-calls',
  params: z.object({ conversation_id: IdText }),
  reply: ListedConversation.extend({
    phone_number: z.string().nullable(),
    created_at: z.string(),
    page_url: z.string(),
    agent_version: z.int().nullable().describe('The version of the agent when the call began'),
    used_draft: z.boolean(),
    vendor_errors: z
      .array(z.object({ at: z.string(), vendor: z.string(), does: z.string(), message: z.string() }))
      .describe('What speech and model vendors did not do on the call, in their words'),
  }),
  handle: async ({ core, ctx, params, urls }) => {
    const call = await getCall(
      core,
      ctx,
      params.conversation_id,
      `conversation_id: ${params.conversation_id}`,
      'Conversation',
    );
    const entries = await entriesOf(core, call);
    return {
      ...present(call, entries),
      phone_number: call.direction === 'inbound' ? call.from : call.to,
      created_at: time(call.placedAt),
      page_url: urls.callPage(call.sid),
      agent_version: call.agentVersion,
      used_draft: call.overrides.draft !== undefined,
      vendor_errors: [...call.vendorErrors],
    };
  },
});

export const listConversationsOperation = operation({
  method: 'GET',
  path: '/v1/convai/conversations',
  summary: 'List Conversations',
  permission: 'read-calls',
  query: z.object({
    agent_id: IdText.optional(),
    agent_version: wholeNumber(1, 1_000_000_000).optional().describe('With agent_id'),
    status: z.enum([...STATUSES.keys()]).optional(),
    skip: pageSkip,
    limit: pageLimit(50),
  }),
  reply: z.object({ conversations: z.array(ListedConversation), total: z.int(), skip: z.int(), limit: z.int() }),
  handle: async ({ core, ctx, query: { agent_id: agentId, agent_version: agentVersion, status, skip, limit } }) => {
    const filter = {
      ...(agentId === undefined ? {} : { agentId: agentNumber(agentId) }),
      ...(agentVersion === undefined ? {} : { agentVersion }),
      ...(status === undefined ? {} : { statuses: STATUSES.get(status)! }),
    };
    const { rows, total } = await listCalls(core, ctx, filter, { skip, limit });
    const entries = await entriesOfListed(core, rows);
    return {
      conversations: rows.map((call) => present(call, entries.get(call.conversationId) ?? [])),
      total,
      skip,
      limit,
    };
  },
});
