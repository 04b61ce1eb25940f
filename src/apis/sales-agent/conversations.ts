import { z } from 'zod';
import { getConversation } from '#core/calls/get-call.ts';
import { transcriptOf } from '#core/calls/conversation.ts';
import { operation } from '../kit/operation.ts';
import { agentIdOf, statusWord, time } from './words.ts';

export const getConversationOperation = operation({
  method: 'GET', path: '/v1/convai/conversations/:conversation_id', summary: 'Get Conversation', permission: 'read',
  params: z.object({ conversation_id: z.string() }),
  reply: z.object({
    conversation_id: z.string(), agent_id: z.string(), status: z.string(), phone_number: z.string().nullable(), transcript: z.string(),
    started_at: z.string(), ended_at: z.string().nullable(), created_at: z.string(), end_reason: z.string().nullable(), failure_reason: z.string().nullable(), page_url: z.string(),
  }),
  handle: async ({ core, ctx, params, urls }) => {
    const { call, entries } = await getConversation(core, ctx, params.conversation_id);
    return {
      conversation_id: call.sid, agent_id: agentIdOf(call.agentId), status: statusWord(call.status), phone_number: call.direction === 'inbound' ? call.from : call.to, transcript: transcriptOf(entries),
      started_at: time(call.placedAt), ended_at: call.endedAt && time(call.endedAt), created_at: time(call.placedAt), end_reason: call.endReason, failure_reason: call.failureReason, page_url: urls.callPage(call.sid),
    };
  },
});
