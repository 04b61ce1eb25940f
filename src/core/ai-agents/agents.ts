import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/errors.ts';
import type { ModelCatalog } from '../ports.ts';
import { AGENT_DEFAULTS, type AgentSettings, type AiAgent } from './ai-agent.ts';

export type CreateAgent = Pick<AgentSettings, 'name'> & { readonly [K in Exclude<keyof AgentSettings, 'name'>]?: AgentSettings[K] | undefined };

export async function createAgent(core: Core, ctx: Context, input: CreateAgent): Promise<AiAgent> {
  return core.store.transaction(async (records) => {
    const agent = await records.agents.insert(ctx.organizationId, withDefaults(core.catalog, input), false, core.clock.now());
    await records.outbox.audit(ctx, 'agent.create', `agent_${agent.id}`);
    await records.outbox.event(ctx.organizationId, { type: 'agent.created', agentId: agent.id, data: {} });
    return agent;
  });
}

/** Settings made whole; the vendor of a voice or model follows from its name unless it is given. */
export function withDefaults(catalog: ModelCatalog, input: CreateAgent): AgentSettings {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const voiceId = input.voiceId ?? catalog.preferredVoice;
  const modelName = input.modelName ?? catalog.preferredModel;
  return { ...AGENT_DEFAULTS, voiceId, voiceProvider: catalog.voiceProvider(voiceId), modelName, modelProvider: catalog.modelProvider(modelName), ...given, name: input.name };
}

/** @throws AppError not-found */
export async function getAgent(core: Core, ctx: Context, id: number): Promise<AiAgent> {
  const agent = await core.store.agents.find(ctx.organizationId, id);
  if (!agent) throw notFound('Agent', `agent_id: agent_${id}`);
  return agent;
}
