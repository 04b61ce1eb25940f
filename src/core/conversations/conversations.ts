import type { AgentType } from '../ai-agents/ai-agent.ts';
import { isEnded } from '../calls/call.ts';
import { tellCall } from '../calls/write-into-call.ts';
import type { Core } from '../core.ts';
import { callsOf, type Context } from '../kernel/context.ts';
import { notFound } from '../kernel/errors.ts';
import type { Listed, Page } from '../kernel/page.ts';
import type { Conversation, ConversationView } from './conversation.ts';
import type { ConversationFilter } from './conversation-store.ts';
import { inText, type Entry } from './entry.ts';
import { mayUse } from './talk.ts';

/** Names a conversation: by the client's id, within the person if one is given, or by our id. */
export interface ConversationId {
  readonly id: number | null;
  readonly name: string;
  readonly userId?: string;
}

/** @throws AppError not-found, also for conversations that the actor may not see */
export async function getConversation(
  core: Core,
  ctx: Context,
  { id, name, userId }: ConversationId,
): Promise<Conversation> {
  const { conversations } = core.store;
  // The client's id takes precedence over ours, because replies show the conversation under it.
  const ways = [
    () => (userId === undefined ? null : conversations.byName(ctx.organizationId, name, userId)),
    () => (userId === undefined ? conversations.byName(ctx.organizationId, name) : null),
    () => (id === null ? null : conversations.find(ctx.organizationId, id)),
  ];
  for (const way of ways) {
    const found = await way();
    if (found && mayUse(ctx, found)) return found;
  }
  throw notFound('Conversation', `conversation_id: ${name}`);
}

export interface WholeConversation extends ConversationView {
  readonly said: readonly Entry[];
  readonly agentType: AgentType | null;
  /** The model that really answered; before the first answer, the configured one. */
  readonly model: string | null;
  /** Tokens used by models; for a call known after its end. */
  readonly tokens: number;
}

export async function viewConversation(core: Core, ctx: Context, which: ConversationId): Promise<WholeConversation> {
  const { store, clock } = core;
  const conversation = await getConversation(core, ctx, which);
  const { id, callId, agentId } = conversation;
  const [view, said, agent, call, usage] = await Promise.all([
    store.conversations.view(id, clock.now()),
    store.entries.of(id),
    agentId === null ? null : store.agents.evenDeleted(agentId),
    callId === null ? null : store.calls.byId(callId),
    callId === null ? [] : store.usage.ofCall(callId),
  ]);
  const spoken = usage
    .filter((line) => line.unit === 'input-tokens' || line.unit === 'output-tokens')
    .reduce((sum, line) => sum + line.units, 0);
  return {
    ...view,
    said,
    agentType: agent?.type ?? null,
    model: view.conversation.model ?? call?.spokenBy['language_model'] ?? agent?.modelName ?? null,
    tokens: view.conversation.tokens + spoken,
  };
}

/** Lists the conversations that the actor may see, by last use, newest first. */
export function listConversations(
  core: Core,
  ctx: Context,
  filter: Omit<ConversationFilter, 'startedBy'>,
  page: Page,
): Promise<Listed<ConversationView>> {
  const whose = callsOf(ctx.actor);
  return core.store.conversations.list(
    ctx.organizationId,
    { ...filter, ...(whose === 'all' ? {} : { startedBy: whose.userId }) },
    page,
    core.clock.now(),
  );
}

export interface AddMessage {
  readonly role: 'agent' | 'caller' | 'system';
  readonly text: string;
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

/**
 * Adds a message without an answer. On a running call the agent speaks it, or it counts as the caller's words. @throws
 * AppError not-found, conflict
 */
export async function addMessage(
  core: Core,
  ctx: Context,
  which: ConversationId,
  { role, text, metadata }: AddMessage,
): Promise<Entry> {
  const conversation = await getConversation(core, ctx, which);
  const call = conversation.callId === null ? null : await core.store.calls.byId(conversation.callId);
  const toCall = call !== null && !isEnded(call.status) && role !== 'system';
  if (toCall)
    await tellCall(core, call, { type: role === 'agent' ? 'say' : 'message', text }, `conversation_id: ${which.name}`);
  return core.store.transaction(async (records) => {
    const at = core.clock.now();
    // This stores the request with its metadata; the call itself records the words when they were spoken.
    const detail = toCall ? { toCall } : {};
    const agentId = role === 'agent' ? conversation.agentId : null;
    const added = await records.entries.add(conversation.id, inText({ role, text, metadata, detail, agentId, at }));
    await records.outbox.audit(ctx, 'conversation.message', `conv_${conversation.id}`);
    if (conversation.agentId !== null && role !== 'system' && !call) {
      const where = { conversationId: conversation.id, agentId: conversation.agentId };
      await records.outbox.event(
        ctx.organizationId,
        role === 'agent'
          ? { type: 'message.sent', ...where, data: { role, text } }
          : { type: 'message.received', ...where, data: { role, text, confidence: confidenceIn(metadata) } },
      );
    }
    return added!;
  });
}

function confidenceIn(metadata: AddMessage['metadata']): number {
  const given = metadata?.['confidence'];
  return typeof given === 'number' && given >= 0 && given <= 1 ? given : 1;
}
