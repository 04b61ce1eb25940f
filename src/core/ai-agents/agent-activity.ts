import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { AgentActivity } from './agent-store.ts';
import { getAgent } from './agents.ts';
import type { AiAgent } from './ai-agent.ts';

/** An agent with its request counts. @throws AppError not-found */
export async function agentActivity(
  core: Core,
  ctx: Context,
  id: number,
): Promise<{ readonly agent: AiAgent; readonly activity: AgentActivity }> {
  const agent = await getAgent(core, ctx, id);
  return { agent, activity: await core.store.agents.activity(agent.id) };
}
