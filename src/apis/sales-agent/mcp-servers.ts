import { z } from 'zod';
import { attachMcpServer, detachMcpServer, listMcpServers } from '#core/tools/mcp-servers.ts';
import { type McpServer } from '#core/tools/mcp-server.ts';
import { operation } from '../kit/operation.ts';
import { IdText, webUrl } from '../kit/codecs.ts';
import { agentNumber, AgentParams, deleted, Deleted, mcpServerIdOf, mcpServerNumber, time } from './dialect.ts';

const ServerReply = z.object({
  server_id: z.string(),
  agent_id: z.string(),
  name: z.string(),
  url: z.string(),
  created_at: z.string(),
});
const present = (server: McpServer, agentId: string): z.input<typeof ServerReply> => ({
  server_id: mcpServerIdOf(server.id),
  agent_id: agentId,
  name: server.name,
  url: server.url,
  created_at: time(server.createdAt),
});

export const attachMcpServerOperation = operation({
  method: 'POST',
  path: '/v1/convai/agents/:agent_id/mcp-servers',
  summary: 'Attach an MCP server as tools',
  permission: 'manage-agents',
  creates: true,
  params: AgentParams,
  body: z.object({
    name: z.string().trim().min(1).max(200),
    url: webUrl,
    authorization: z
      .string()
      .min(1)
      .max(2000)
      .optional()
      .describe('Sent as the header Authorization; never shown again'),
  }),
  reply: ServerReply,
  handle: async ({ core, ctx, params, body }) =>
    present(
      await attachMcpServer(core, ctx, agentNumber(params.agent_id), {
        name: body.name,
        url: body.url,
        authorization: body.authorization ?? null,
      }),
      params.agent_id,
    ),
});

export const listMcpServersOperation = operation({
  method: 'GET',
  path: '/v1/convai/agents/:agent_id/mcp-servers',
  summary: 'MCP servers of an agent',
  permission: 'read',
  params: AgentParams,
  reply: z.object({ servers: z.array(ServerReply), total: z.int() }),
  handle: async ({ core, ctx, params }) => {
    const servers = await listMcpServers(core, ctx, agentNumber(params.agent_id));
    return { servers: servers.map((one) => present(one, params.agent_id)), total: servers.length };
  },
});

export const detachMcpServerOperation = operation({
  method: 'DELETE',
  path: '/v1/convai/agents/:agent_id/mcp-servers/:server_id',
  summary: 'Detach an MCP server',
  permission: 'manage-agents',
  params: AgentParams.extend({ server_id: IdText }),
  reply: Deleted,
  handle: async ({ core, ctx, params }) => {
    await detachMcpServer(core, ctx, agentNumber(params.agent_id), mcpServerNumber(params.server_id));
    return deleted('MCP server detached');
  },
});
