import type { Core } from '../core.ts';
import { actorName, type Context } from '../kernel/context.ts';
import { invalid, notFound } from '../kernel/errors.ts';
import type { Records } from '../records.ts';
import type { ModelCatalog } from './model-catalog.ts';
import type { AgentFilter } from './agent-store.ts';
import type { Listed, Page } from '../kernel/page.ts';
import { voiceNumberIn } from '../voices/voice.ts';
import { settingsOf, withoutEqual } from './agent-version.ts';
import { AGENT_DEFAULTS, DEFAULT_AGENT, PROMPTS, type AgentSettings, type AiAgent } from './ai-agent.ts';

export type CreateAgent = Pick<AgentSettings, 'name'> & {
  readonly [K in Exclude<keyof AgentSettings, 'name'>]?: AgentSettings[K] | undefined;
};

export async function createAgent(core: Core, ctx: Context, input: CreateAgent): Promise<AiAgent> {
  return core.store.transaction(async (records) => {
    await needChain(records, ctx, input.chain ?? []);
    const agent = await records.agents.insert(
      ctx.organizationId,
      withDefaults(core.catalog, { ...input, ...(await ownVoice(records, ctx, input)) }),
      false,
      core.clock.now(),
      actorName(ctx.actor),
    );
    await records.outbox.audit(ctx, 'agent.create', `agent_${agent.id}`);
    await records.outbox.event(ctx.organizationId, { type: 'agent.created', agentId: agent.id, data: {} });
    return agent;
  });
}

/**
 * Helpers are agents of the same organization that do not talk themselves. @throws AppError not-found, invalid-input
 */
async function needChain(records: Records, ctx: Context, chain: readonly number[]): Promise<void> {
  for (const id of chain) {
    const { type } = await needAgent(records, ctx, id);
    if (type === 'conversation')
      throw invalid(
        'configuration.chain',
        `names agent_${id}, which talks: helpers are of the types input, memory and output`,
      );
  }
}

/**
 * The vendor of a voice of the catalogue, such as `cloned_voice_7`. @throws AppError invalid-input if it is not ready
 */
async function ownVoice(
  records: Pick<Records, 'voices'>,
  ctx: Context,
  { voiceId }: ChangeAgent,
): Promise<{ readonly voiceProvider?: string }> {
  const number = voiceId === undefined ? null : voiceNumberIn(voiceId);
  const voice = number === null ? null : await records.voices.find(ctx.organizationId, number);
  if (!voice) return {};
  if (voice.status !== 'ready') throw invalid('voice_id', `names a voice that is not ready: it is ${voice.status}`);
  return { voiceProvider: voice.provider };
}

/** Fills in defaults. The vendor of a voice or model follows from its name unless it is given. */
export function withDefaults(catalog: ModelCatalog, input: CreateAgent): AgentSettings {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const voiceId = input.voiceId ?? catalog.preferredVoice;
  const modelName = input.modelName ?? catalog.preferredModel;
  const own =
    input.type === undefined || input.type === 'conversation'
      ? {}
      : { systemPrompt: PROMPTS[input.type], firstMessage: null };
  return {
    ...AGENT_DEFAULTS,
    ...own,
    voiceId,
    voiceProvider: catalog.voiceProvider(voiceId),
    modelName,
    modelProvider: catalog.modelProvider(modelName),
    ...given,
    name: input.name,
  };
}

/** @throws AppError not-found */
export async function getAgent(core: Core, ctx: Context, id: number): Promise<AiAgent> {
  return needAgent(core.store, ctx, id);
}

/**
 * Everything of an agent is read through this check, so that no organization reaches another's agents. @throws AppError
 * not-found
 */
export async function needAgent(
  records: Pick<Records, 'agents'>,
  ctx: Pick<Context, 'organizationId'>,
  id: number,
): Promise<AiAgent> {
  const agent = await records.agents.find(ctx.organizationId, id);
  if (!agent) throw notFound('Agent', `agent_id: agent_${id}`);
  return agent;
}

/**
 * The same for a change that depends on what the agent, its draft or its tools are now: locked until the transaction
 * ends, so that concurrent changes follow each other. @throws AppError not-found
 */
export async function lockAgent(
  records: Pick<Records, 'agents'>,
  ctx: Pick<Context, 'organizationId'>,
  id: number,
): Promise<AiAgent> {
  const agent = await records.agents.lock(ctx.organizationId, id);
  if (!agent) throw notFound('Agent', `agent_id: agent_${id}`);
  return agent;
}

export function listAgents(core: Core, ctx: Context, filter: AgentFilter, page: Page): Promise<Listed<AiAgent>> {
  return core.store.agents.list(ctx.organizationId, filter, page);
}

export type ChangeAgent = { readonly [K in keyof AgentSettings]?: AgentSettings[K] | undefined };

/**
 * Changes the given settings, as a new version; running calls keep theirs. @throws AppError not-found, invalid-input
 * (the default agent stays active)
 */
export async function changeAgent(core: Core, ctx: Context, id: number, input: ChangeAgent): Promise<AiAgent> {
  return core.store.transaction(async (records) =>
    applyChange(core, records, ctx, await lockAgent(records, ctx, id), input, { action: 'change', note: null }),
  );
}

/** A change that may be made to this agent, with the vendors of its voice and model. @throws AppError invalid-input */
export async function checkedChange(
  records: Records,
  ctx: Context,
  catalog: ModelCatalog,
  agent: AiAgent,
  input: ChangeAgent,
): Promise<Partial<AgentSettings>> {
  const change = withVendors(catalog, input);
  if (agent.isDefault && change.isActive === false)
    throw invalid('is_active', 'must stay true: the default agent takes calls that name no agent');
  await needChain(records, ctx, change.chain ?? []);
  return { ...change, ...(await ownVoice(records, ctx, change)) };
}

/** Publishes a change as a new version; a change of nothing makes none. @throws AppError invalid-input */
export async function applyChange(
  core: Pick<Core, 'catalog' | 'clock'>,
  records: Records,
  ctx: Context,
  agent: AiAgent,
  input: ChangeAgent,
  how: { readonly action: 'change' | 'publish' | 'restore'; readonly note: string | null },
): Promise<AiAgent> {
  const settings = await checkedChange(records, ctx, core.catalog, agent, input);
  const changed = Object.keys(withoutEqual(settingsOf(agent), settings));
  if (changed.length === 0) return agent;
  const published = await records.agents.update(ctx.organizationId, agent.id, settings, {
    at: core.clock.now(),
    by: actorName(ctx.actor),
    note: how.note,
  });
  if (!published) throw notFound('Agent', `agent_id: agent_${agent.id}`);
  await records.outbox.audit(ctx, `agent.${how.action}`, `agent_${agent.id}`, { changed, version: published.version });
  return published;
}

/** Deletes an agent. Its conversations keep it; a deleted default agent is replaced. @throws AppError not-found */
export async function deleteAgent(core: Core, ctx: Context, id: number): Promise<void> {
  await core.store.transaction(async (records) => {
    const now = core.clock.now();
    const agent = await records.agents.delete(ctx.organizationId, id, now);
    if (!agent) throw notFound('Agent', `agent_id: agent_${id}`);
    await ensureDefaultAgent(records, core.catalog, ctx.organizationId, now);
    await records.outbox.audit(ctx, 'agent.delete', `agent_${id}`);
  });
}

/** Creates the agent for calls that name none, if the organization has no default agent. */
export async function ensureDefaultAgent(
  records: Records,
  catalog: ModelCatalog,
  organizationId: number,
  at: Date,
): Promise<void> {
  if (!(await records.agents.default(organizationId)))
    await records.agents.insert(organizationId, withDefaults(catalog, DEFAULT_AGENT), true, at);
}

/** Adds the vendor of a new voice or model, unless it is given. */
function withVendors(catalog: ModelCatalog, input: ChangeAgent): Partial<AgentSettings> {
  return Object.fromEntries(
    Object.entries({
      ...(input.voiceId === undefined ? {} : { voiceProvider: catalog.voiceProvider(input.voiceId) }),
      ...(input.modelName === undefined ? {} : { modelProvider: catalog.modelProvider(input.modelName) }),
      ...Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)),
    }),
  );
}
