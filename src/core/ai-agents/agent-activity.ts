import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { total } from '../metrics/metrics.ts';
import type { AgentActivity } from './agent-store.ts';
import { getAgent } from './agents.ts';
import type { AiAgent } from './ai-agent.ts';

/** All days that roll-ups can be kept for. */
const EVER = { period: 0, span: 'day', from: 0, to: Date.UTC(9999, 0, 1) } as const;

/** An agent with the turns it answered: those of ended calls, and those in text. @throws AppError not-found */
export async function agentActivity(
  core: Core,
  ctx: Context,
  id: number,
): Promise<{ readonly agent: AiAgent; readonly activity: AgentActivity }> {
  const agent = await getAgent(core, ctx, id);
  const { agents, metrics } = core.store;
  const { organizationId } = ctx;
  const [inText, onCalls, lastCallAt] = await Promise.all([
    agents.activity(id),
    metrics.fromRollups({ organizationId, by: null, filter: { agent: [String(id)] }, parts: [EVER] }),
    metrics.lastAnsweredAt(id),
  ]);
  const { turns, waitedMs } = total(onCalls);
  const lastTimes = [inText.lastAt, lastCallAt].filter((at) => at !== null);
  return {
    agent,
    activity: {
      requests: inText.requests + turns,
      responseMs: inText.responseMs + waitedMs,
      lastAt: lastTimes.toSorted((one, other) => one.getTime() - other.getTime()).at(-1) ?? null,
    },
  };
}
