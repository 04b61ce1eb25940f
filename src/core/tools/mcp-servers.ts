import { needAgent } from '../ai-agents/agents.ts';
import type { Basics } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { notFound, tooMany } from '../kernel/errors.ts';

/** A server of tools that an agent may use (Model Context Protocol, streamable HTTP). */
export interface McpServer {
  readonly id: number;
  readonly agentId: number;
  readonly name: string;
  readonly url: string;
  readonly createdAt: Date;
}

export interface ArmedMcpServer {
  readonly server: McpServer;
  /** Of the header Authorization; null where it wants none. */
  readonly sealedAuthorization: string | null;
}

export interface McpServerStore {
  insert(server: {
    readonly organizationId: number;
    readonly agentId: number;
    readonly name: string;
    readonly url: string;
    readonly sealedAuthorization: string | null;
    readonly at: Date;
  }): Promise<McpServer>;
  /** Oldest first. */
  list(agentId: number): Promise<readonly ArmedMcpServer[]>;
  delete(agentId: number, id: number, at: Date): Promise<boolean>;
}

const MOST_SERVERS = 20;

/** @throws AppError not-found (the agent), conflict (too many) */
export async function attachMcpServer(
  core: Basics,
  ctx: Context,
  agentId: number,
  input: { readonly name: string; readonly url: string; readonly authorization: string | null },
): Promise<McpServer> {
  return core.store.transaction(async (records) => {
    await needAgent(records, ctx, agentId);
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
export async function listMcpServers(core: Basics, ctx: Context, agentId: number): Promise<readonly McpServer[]> {
  await needAgent(core.store, ctx, agentId);
  return (await core.store.mcpServers.list(agentId)).map(({ server }) => server);
}

/** @throws AppError not-found */
export async function detachMcpServer(core: Basics, ctx: Context, agentId: number, id: number): Promise<void> {
  await core.store.transaction(async (records) => {
    await needAgent(records, ctx, agentId);
    if (!(await records.mcpServers.delete(agentId, id, core.clock.now())))
      throw notFound('MCP server', `server_id: mcp_${id}`);
    await records.outbox.audit(ctx, 'mcp-server.detach', `mcp_${id}`, { agent: `agent_${agentId}` });
  });
}
