import type { Core } from '../core.ts';
import type { Records } from '../records.ts';
import type { Analysis } from './analyst.ts';

/** Stores the analysis in the person's memory and as the conversation's summary. Repeating it changes nothing. */
export async function learned(
  records: Pick<Records, 'memory' | 'conversations'>,
  { conversationId, personId }: { readonly conversationId: number; readonly personId: number },
  { summary, topics, preferences }: Analysis,
  at: Date,
): Promise<void> {
  await records.memory.merge(personId, { preferences, topics }, at);
  if (summary !== null) await records.conversations.summarize(conversationId, summary, at);
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
  const { id, personId, agentId } = conversation;
  const messages = await conversations.messages(conversation.id);
  if (!messages.some((message) => message.role === 'caller')) return;
  const analysis = await core.dialogue.analyse(
    agentId === null ? null : await agents.evenDeleted(agentId),
    messages,
    true,
  );
  await core.store.transaction((records) =>
    learned(records, { conversationId: id, personId }, analysis, core.clock.now()),
  );
}
