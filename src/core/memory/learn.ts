import type { Call } from '../calls/call.ts';
import { holdsBooking, type CallAnalysis } from '../calls/call-review.ts';
import { qualityOf } from '../calls/quality.ts';
import type { Entry } from '../conversations/entry.ts';
import type { Core } from '../core.ts';
import type { Records } from '../records.ts';
import { priced } from '../usage/usage.ts';
import type { Analysis } from './analyst.ts';
import { keywordsOf } from './keywords.ts';

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

function analysisOf(
  call: Pick<Call, 'status' | 'latency' | 'vendorErrors'>,
  messages: readonly Entry[],
  { judgement, topics }: Analysis,
): CallAnalysis | null {
  const quality = qualityOf(
    call,
    messages.flatMap(({ role, text, detail }) => (role === 'system' ? [] : [{ role, text, detail }])),
  );
  if (judgement === null || quality === null) return null;
  return {
    ...judgement,
    converted: judgement.converted || holdsBooking(messages),
    keywords: keywordsOf(messages, topics),
    quality,
  };
}

/** Analyses an ended call, or the messages so far. Of a call the review and the facts are kept as well. */
export async function learnFrom(
  core: Pick<Core, 'store' | 'clock' | 'dialogue'>,
  which: { readonly callId: number } | { readonly conversationId: number },
): Promise<void> {
  const { conversations, entries, agents } = core.store;
  const conversation =
    'callId' in which ? await conversations.ofCall(which.callId) : await conversations.byId(which.conversationId);
  if (!conversation) return;
  const { id, personId, agentId, callId } = conversation;
  const messages = await entries.of(conversation.id);
  if (!messages.some((message) => message.role === 'caller')) return;
  const agent = agentId === null ? null : await agents.evenDeleted(agentId);
  const call = callId === null ? null : await core.store.calls.byId(callId);
  const analysis = await (call
    ? core.dialogue.analyseCall(agent, messages)
    : core.dialogue.analyse(agent, messages, true));
  const found = call && analysisOf(call, messages, analysis);
  const at = core.clock.now();
  await core.store.transaction(async (records) => {
    if (personId !== null) await learned(records, { conversationId: id, personId }, analysis, at);
    if (!call) return;
    const isUsed = await chargeAnalysis(records, call, analysis);
    if (found) await records.callReviews.analysed(call.id, found, at);
    if (found || isUsed) await records.metrics.settle([call.id], found ?? undefined);
  });
}

/** Adds what an analysis used to its call, whose facts are to be settled then; false if it used nothing. */
export async function chargeAnalysis(
  records: Pick<Records, 'usage'>,
  call: Pick<Call, 'id'>,
  { used = [] }: Analysis,
): Promise<boolean> {
  if (used.length === 0) return false;
  await records.usage.record(call.id, priced(used, await records.usage.prices()));
  return true;
}
