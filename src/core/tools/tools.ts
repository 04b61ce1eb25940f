import { lockAgent, needAgent } from '../ai-agents/agents.ts';
import type { BaseCore } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, invalid, notFound, tooMany } from '../kernel/errors.ts';
import type { Records } from '../records.ts';
import type { Listed, Page } from '../kernel/page.ts';
import { isBuiltIn, type Tool, type ToolExecution, type ToolSettings } from './tool.ts';

/** Every model request lists all tools of the agent; vendors accept about this many. */
const MOST_TOOLS = 100;

/** `secret` null: one is made. */
export type CreateTool = ToolSettings & { readonly secret: string | null };
export type ChangeTool = { readonly [K in keyof ToolSettings]?: ToolSettings[K] | undefined } & {
  readonly secret?: string | undefined;
};

/** `madeSecret` is shown once. @throws AppError not-found (the agent), invalid-input, conflict (the name) */
export async function createTool(
  core: BaseCore,
  ctx: Context,
  agentId: number,
  input: CreateTool,
): Promise<{ tool: Tool; madeSecret: string | null }> {
  checkSettings(input);
  const madeSecret = input.secret === null ? core.secrets.signingSecret() : null;
  const tool = await core.store.transaction(async (records) => {
    await lockAgent(records, ctx, agentId);
    if ((await records.tools.list(agentId)).length >= MOST_TOOLS) throw tooMany(MOST_TOOLS, 'tools of this agent');
    const { secret, ...settings } = input;
    const made = await records.tools.insert({
      ...settings,
      organizationId: ctx.organizationId,
      agentId,
      sealedSecret: core.secrets.seal(secret ?? madeSecret!),
      at: core.clock.now(),
    });
    if (!made) throw taken(input.name);
    await records.outbox.audit(ctx, 'tool.create', `tool_${made.id}`, { agent: `agent_${agentId}`, name: made.name });
    return made;
  });
  return { tool, madeSecret };
}

/** @throws AppError not-found */
export async function listTools(core: BaseCore, ctx: Context, agentId: number): Promise<readonly Tool[]> {
  await needAgent(core.store, ctx, agentId);
  return (await core.store.tools.list(agentId)).map(({ tool }) => tool);
}

/** @throws AppError not-found */
export async function getTool(core: BaseCore, ctx: Context, agentId: number, id: number): Promise<Tool> {
  return needTool(core.store, ctx, agentId, id);
}

/**
 * Changes the given settings; running calls keep their old ones. @throws AppError not-found, invalid-input, conflict
 */
export async function changeTool(
  core: BaseCore,
  ctx: Context,
  agentId: number,
  id: number,
  input: ChangeTool,
): Promise<Tool> {
  return core.store.transaction(async (records) => {
    await lockAgent(records, ctx, agentId);
    const before = await needTool(records, ctx, agentId, id);
    const { secret, ...settings } = input;
    const change = Object.fromEntries(
      Object.entries(settings).filter(([, value]) => value !== undefined),
    ) as Partial<ToolSettings>;
    checkSettings({ ...before, ...change });
    const tool = await records.tools.update(
      agentId,
      id,
      { ...change, ...(secret === undefined ? {} : { sealedSecret: core.secrets.seal(secret) }) },
      core.clock.now(),
    );
    if (tool === 'taken') throw taken(change.name ?? before.name);
    if (tool === null) throw notFound('Tool', `tool_id: tool_${id}`);
    await records.outbox.audit(ctx, 'tool.change', `tool_${id}`, { changed: Object.keys(input) });
    return tool;
  });
}

/** @throws AppError not-found */
export async function deleteTool(core: BaseCore, ctx: Context, agentId: number, id: number): Promise<void> {
  await core.store.transaction(async (records) => {
    await lockAgent(records, ctx, agentId);
    await needTool(records, ctx, agentId, id);
    await records.tools.delete(agentId, id, core.clock.now());
    await records.outbox.audit(ctx, 'tool.delete', `tool_${id}`);
  });
}

/** The executions of a tool, newest first. @throws AppError not-found */
export async function listExecutions(
  core: BaseCore,
  ctx: Context,
  agentId: number,
  id: number,
  page: Page,
): Promise<Listed<ToolExecution>> {
  await needTool(core.store, ctx, agentId, id);
  return core.store.tools.executions(id, page);
}

function checkSettings({ name, requiredParams, optionalParams }: ToolSettings): void {
  if (isBuiltIn(name)) throw invalid('name', `must not be that of a built-in tool: ${name}`);
  const params = [...requiredParams, ...optionalParams];
  const twice = params.find((param, i) => params.indexOf(param) !== i);
  if (twice !== undefined)
    throw invalid(
      requiredParams.includes(twice) && optionalParams.includes(twice) ? 'optional_params' : 'required_params',
      `names ${twice} twice`,
    );
}

const taken = (name: string) =>
  new AppError('conflict', `The agent has a tool ${name} already`, { subject: `name: ${name}` });

async function needTool(
  records: Pick<Records, 'agents' | 'tools'>,
  ctx: Context,
  agentId: number,
  id: number,
): Promise<Tool> {
  await needAgent(records, ctx, agentId);
  const tool = await records.tools.find(agentId, id);
  if (!tool) throw notFound('Tool', `tool_id: tool_${id}`);
  return tool;
}
