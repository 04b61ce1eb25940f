import type { Core } from '../core.ts';
import type { Records } from '../records.ts';
import type { Analysis } from './analyst.ts';

/**
 * Stores the analysis in the person's memory, as the conversation's summary and in the facts of its call. Repeating it
 * changes nothing.
 */
export async function learned(
  records: Pick<Records, 'memory' | 'conversations' | 'metrics'>,
  {
    conversationId,
    personId,
    callId,
  }: { readonly conversationId: number; readonly personId: number; readonly callId: number | null },
  { summary, topics, preferences, judgement }: Analysis,
  at: Date,
): Promise<void> {
  await records.memory.merge(personId, { preferences, topics }, at);
  if (summary !== null) await records.conversations.summarize(conversationId, summary, at);
  if (callId !== null && judgement) await records.metrics.settle([callId], judgement);
}

/** Analyses an ended call, or the messages so far. */
export async function learnFrom(
  core: Pick<Core, 'store' | 'clock' | 'dialogue'>,
  which: { readonly callId: number } | { readonly conversationId: number },
): Promise<void> {
  const { conversations, agents } = core.store;
  const conversation =
    'callId' in which ? await conversations.ofCall(which.callId) : await conversations.byId(which.conversationId);
  if (!conversation || conversation.personId === null) return;
  const { id, personId, agentId, callId } = conversation;
  const messages = await conversations.messages(conversation.id);
  if (!messages.some((message) => message.role === 'caller')) return;
  const analysis = await core.dialogue.analyse(
    agentId === null ? null : await agents.evenDeleted(agentId),
    messages,
    true,
  );
  await core.store.transaction((records) =>
    learned(records, { conversationId: id, personId, callId }, analysis, core.clock.now()),
  );
}
