import type { McpServer } from './mcp-server.ts';
import { lockAgent, needAgent } from '../ai-agents/agents.ts';
import type { BaseCore } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { notFound, tooMany } from '../kernel/errors.ts';

const MOST_SERVERS = 20;

/** @throws AppError not-found (the agent), conflict (too many) */
export async function attachMcpServer(
  core: BaseCore,
  ctx: Context,
  agentId: number,
  input: { readonly name: string; readonly url: string; readonly authorization: string | null },
): Promise<McpServer> {
  return core.store.transaction(async (records) => {
    await lockAgent(records, ctx, agentId);
    if ((await records.mcpServers.list(agentId)).length >= MOST_SERVERS)
      throw tooMany(MOST_SERVERS, 'MCP servers of this agent');
    const server = await records.mcpServers.insert({
      organizationId: ctx.organizationId,
      agentId,
      name: input.name,
      url: input.url,
      sealedAuthorization: input.authorization === null ? null : core.secrets.seal(input.authorization),
      at: core.clock.now(),
    });
    await records.outbox.audit(ctx, 'mcp-server.attach', `mcp_${server.id}`, { agent: `agent_${agentId}` });
    return server;
  });
}

/** @throws AppError not-found */
export async function listMcpServers(core: BaseCore, ctx: Context, agentId: number): Promise<readonly McpServer[]> {
  await needAgent(core.store, ctx, agentId);
  return (await core.store.mcpServers.list(agentId)).map(({ server }) => server);
}

/** @throws AppError not-found */
export async function detachMcpServer(core: BaseCore, ctx: Context, agentId: number, id: number): Promise<void> {
  await core.store.transaction(async (records) => {
    await lockAgent(records, ctx, agentId);
    if (!(await records.mcpServers.delete(agentId, id, core.clock.now())))
      throw notFound('MCP server', `server_id: mcp_${id}`);
    await records.outbox.audit(ctx, 'mcp-server.detach', `mcp_${id}`, { agent: `agent_${agentId}` });
  });
}
