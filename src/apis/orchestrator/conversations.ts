import { z } from 'zod';
import { addMessage, listConversations, viewConversation } from '#core/conversations/conversations.ts';
import type { ConversationView } from '#core/conversations/conversation.ts';
import type { Entry } from '#core/conversations/entry.ts';
import { LONGEST_USER_ID } from '#core/people/person-of.ts';
import { everyConversation } from '#core/exports/every-row.ts';
import { CSV, csvOf, CsvReply, type Columns } from '../kit/csv.ts';
import type { Limit } from '../kit/limit.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, jsonOfAtMost, numberIn, pageLimit, pageSkip, timeInMilliseconds } from '../kit/codecs.ts';
import { conversationIdOf, paginationOf } from './dialect.ts';

export const CONVERSATIONS: Limit = { name: 'conversations', points: 500, windowS: 60 };
const LONGEST_MESSAGE = 20_000;
const userId = z.string().min(1).max(LONGEST_USER_ID);
const params = z.object({ conversationId: IdText });
const which = (conversationId: string, user?: string) => ({
  id: numberIn('conv', conversationId),
  name: conversationId,
  ...(user === undefined ? {} : { userId: user }),
});

const ROLES = { user: 'caller', assistant: 'agent', system: 'system' } as const;
type Role = keyof typeof ROLES;
const roleWord = (role: Entry['role']): Role =>
  role === 'caller' ? 'user' : role === 'agent' ? 'assistant' : 'system';

const Shown = z.object({
  id: z.string(),
  role: z.string(),
  content: z.string(),
  timestamp: z.string(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
const shown = (message: Entry): z.input<typeof Shown> => ({
  id: idOf('msg', message.id),
  role: roleWord(message.role),
  content: message.text,
  timestamp: timeInMilliseconds(message.at),
  ...(message.metadata === null ? {} : { metadata: { ...message.metadata } }),
});

const Head = z.object({
  id: z.string(),
  user_id: z.string().nullable(),
  status: z.string(),
  created_at: z.string(),
  last_message_at: z.string(),
});
const head = ({ conversation, status }: ConversationView): z.input<typeof Head> => ({
  id: conversationIdOf(conversation),
  user_id: conversation.userId,
  status,
  created_at: timeInMilliseconds(conversation.createdAt),
  last_message_at: timeInMilliseconds(conversation.lastMessageAt),
});

const ListQuery = z.object({
  user_id: userId.optional(),
  status: z.enum(['active', 'completed', 'archived']).optional(),
});

const COLUMNS: Columns<ConversationView> = {
  id: ({ conversation }) => conversationIdOf(conversation),
  user_id: ({ conversation }) => conversation.userId,
  channel: ({ conversation }) => (conversation.callId === null ? 'text' : 'voice'),
  agent_id: ({ conversation }) => conversation.agentId && idOf('agent', conversation.agentId),
  status: ({ status }) => status,
  created_at: ({ conversation }) => timeInMilliseconds(conversation.createdAt),
  last_message_at: ({ conversation }) => timeInMilliseconds(conversation.lastMessageAt),
  message_count: ({ messages }) => messages,
  summary: ({ conversation }) => conversation.summary,
};

export const exportConversationsOperation = operation({
  method: 'GET',
  path: '/conversations.csv',
  summary: 'The conversations of a list as CSV, all of them',
  permission: 'read-calls',
  limit: CONVERSATIONS,
  query: ListQuery,
  contentType: CSV,
  reply: CsvReply,
  handle: ({ core, ctx, query: { user_id: user, status } }) =>
    csvOf(
      COLUMNS,
      everyConversation(core, ctx, {
        ...(user === undefined ? {} : { userId: user }),
        ...(status === undefined ? {} : { status }),
      }),
    ),
});

export const listConversationsOperation = operation({
  method: 'GET',
  path: '/conversations',
  summary: 'Get Conversations',
  permission: 'read-calls',
  limit: CONVERSATIONS,
  query: ListQuery.extend({ limit: pageLimit(10), offset: pageSkip }),
  reply: z.object({
    conversations: z.array(Head.extend({ message_count: z.int() })),
    pagination: z.object({ total: z.int(), limit: z.int(), offset: z.int(), has_more: z.boolean() }),
  }),
  handle: async ({ core, ctx, query: { limit, offset, user_id: user, status } }) => {
    const { rows, total } = await listConversations(
      core,
      ctx,
      { ...(user === undefined ? {} : { userId: spelled(user) }), ...(status === undefined ? {} : { status }) },
      { skip: offset, limit },
    );
    return {
      conversations: rows.map((view) => ({ ...head(view), message_count: view.messages })),
      pagination: paginationOf(total, limit, offset),
    };
  },
});

/** In a query, an unescaped + reads as a space. */
const spelled = (user: string) => user.replace(/^ (?=\d)/, '+');

export const getConversationOperation = operation({
  method: 'GET',
  path: '/conversations/:conversationId',
  summary: 'Get Conversation Details',
  permission: 'read-calls',
  limit: CONVERSATIONS,
  params,
  query: z.object({ user_id: userId.optional() }),
  reply: Head.extend({
    messages: z.array(Shown),
    metadata: z.object({
      agent_type: z.string().nullable(),
      model: z.string().nullable(),
      total_tokens: z.int(),
      call_id: z.string().optional(),
    }),
  }),
  handle: async ({ core, ctx, params: { conversationId }, query }) => {
    const view = await viewConversation(
      core,
      ctx,
      which(conversationId, query.user_id === undefined ? undefined : spelled(query.user_id)),
    );
    const {
      conversation: { callId },
      agentType,
      model,
      tokens,
    } = view;
    return {
      ...head(view),
      messages: view.said.filter(({ role }) => role !== 'tool-call' && role !== 'tool-result').map(shown),
      metadata: {
        agent_type: agentType,
        model,
        total_tokens: tokens,
        ...(callId === null ? {} : { call_id: idOf('call', callId) }),
      },
    };
  },
});

export const addMessageOperation = operation({
  method: 'POST',
  path: '/conversations/:conversationId/messages',
  summary: 'Add Message to Conversation',
  permission: 'place-calls',
  limit: CONVERSATIONS,
  creates: true,
  params,
  body: z.object({
    role: z.enum(Object.keys(ROLES) as [Role, ...Role[]]),
    content: z.string().min(1).max(LONGEST_MESSAGE),
    metadata: z
      .record(z.string().max(100), z.unknown())
      .refine(...jsonOfAtMost(10_000))
      .optional(),
  }),
  reply: z.object({ success: z.literal(true), message: Shown, conversation_updated: z.boolean() }),
  handle: async ({ core, ctx, params: { conversationId }, body: { role, content, metadata } }) => {
    const message = await addMessage(core, ctx, which(conversationId), {
      role: ROLES[role],
      text: content,
      metadata: metadata ?? null,
    });
    return { success: true as const, message: shown(message), conversation_updated: true };
  },
});
