import type { AiAgent } from '../ai-agents/ai-agent.ts';
import type { Core } from '../core.ts';
import type { CallEntry } from '../conversations/entry.ts';
import type { WhichEntries } from '../conversations/entry-store.ts';
import type { Call } from './call.ts';

/** The further content of a call. The agent may have been deleted since. */
export async function contentOfCall(
  core: Pick<Core, 'store'>,
  call: Call,
  which?: WhichEntries,
): Promise<{ readonly agent: AiAgent | null; readonly entries: readonly CallEntry[] }> {
  const [agent, entries] = await Promise.all([
    core.store.agents.evenDeleted(call.agentId),
    core.store.entries.ofCall(call.conversationId, which),
  ]);
  return { agent, entries };
}
