import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/errors.ts';
import type { Call } from './call.ts';
import type { ConversationEntry } from './conversation.ts';

/** @throws AppError not-found, also for another organization's call */
export async function getCall(core: Core, ctx: Context, sid: string, what = 'Call'): Promise<Call> {
  const call = await core.store.calls.find(ctx.organizationId, sid);
  if (!call) throw notFound(what, `${what === 'Call' ? 'call_sid' : 'conversation_id'}: ${sid}`);
  return call;
}

export async function getConversation(core: Core, ctx: Context, sid: string): Promise<{ call: Call; entries: readonly ConversationEntry[] }> {
  const call = await getCall(core, ctx, sid, 'Conversation');
  return { call, entries: await core.store.calls.entries(call.id) };
}
