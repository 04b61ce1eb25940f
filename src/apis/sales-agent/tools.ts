import { z } from 'zod';
import type { Tool, ToolExecution } from '#core/tools/tool.ts';
import { changeTool, createTool, deleteTool, getTool, listExecutions, listTools } from '#core/tools/tools.ts';
import { operation } from '../kit/operation.ts';
import { IdText, jsonOfAtMost, pageLimit, pageSkip, signingSecretText, webUrl } from '../kit/codecs.ts';
import { agentIdOf, agentNumber, AgentParams, deleted, Deleted, time, toolIdOf, toolNumber } from './dialect.ts';

const param = z
  .string()
  .regex(/^[\w.-]{1,64}$/, 'must be letters, digits, _, . and -, at most 64')
  .max(64);
const params = z.array(param).max(50);

const LARGEST_SCHEMA = 20_000;
const schema = z
  .looseObject({ type: z.literal('object') })
  .refine(...jsonOfAtMost(LARGEST_SCHEMA))
  .describe('JSON schema of the parameters: shown to models as it is, and values are checked against it');

const ToolBody = z.object({
  name: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'must be letters, digits, _ and -, at most 64')
    .max(64),
  description: z.string().max(2000),
  required_params: params.optional(),
  optional_params: params.optional(),
  parameters: schema.nullable().optional(),
  confirm: z
    .boolean()
    .nullable()
    .optional()
    .describe('Whether the caller agrees before it runs; left out or null: its name and description decide'),
  webhook_url: webUrl,
  secret: signingSecretText.optional(),
});

const ToolParams = AgentParams.extend({ tool_id: IdText });

const ListedTool = z.object({
  tool_id: z.string(),
  name: z.string(),
  description: z.string(),
  required_params: z.array(z.string()),
});
const ToolReply = ListedTool.extend({
  agent_id: z.string(),
  optional_params: z.array(z.string()),
  parameters: z.record(z.string(), z.unknown()).optional(),
  confirm: z.boolean().optional().describe('Shown where it was set'),
  webhook_url: z.string(),
  created_at: z.string(),
});

const listed = (tool: Tool): z.input<typeof ListedTool> => ({
  tool_id: toolIdOf(tool.id),
  name: tool.name,
  description: tool.description,
  required_params: [...tool.requiredParams],
});
const present = (tool: Tool): z.input<typeof ToolReply> => ({
  ...listed(tool),
  agent_id: agentIdOf(tool.agentId),
  optional_params: [...tool.optionalParams],
  ...(tool.parameters === null ? {} : { parameters: { ...tool.parameters } }),
  ...(tool.confirm === null ? {} : { confirm: tool.confirm }),
  webhook_url: tool.webhookUrl,
  created_at: time(tool.createdAt),
});

export const createToolOperation = operation({
  method: 'POST',
  path: '/v1/convai/agents/:agent_id/tools',
  summary: 'Create Tool',
  permission: 'manage-agents',
  creates: true,
  params: AgentParams,
  body: ToolBody,
  reply: ToolReply.extend({ secret: z.string().optional().describe('Shown once, where none was sent') }),
  handle: async ({ core, ctx, params: { agent_id }, body }) => {
    const { tool, madeSecret } = await createTool(core, ctx, agentNumber(agent_id), {
      name: body.name,
      description: body.description,
      requiredParams: body.required_params ?? [],
      optionalParams: body.optional_params ?? [],
      parameters: body.parameters ?? null,
      confirm: body.confirm ?? null,
      webhookUrl: body.webhook_url,
      secret: body.secret ?? null,
    });
    return { ...present(tool), ...(madeSecret === null ? {} : { secret: madeSecret }) };
  },
});

export const listToolsOperation = operation({
  method: 'GET',
  path: '/v1/convai/agents/:agent_id/tools',
  summary: 'List Tools',
  permission: 'read',
  params: AgentParams,
  reply: z.object({ tools: z.array(ListedTool), total: z.int() }),
  handle: async ({ core, ctx, params: { agent_id } }) => {
    const tools = await listTools(core, ctx, agentNumber(agent_id));
    return { tools: tools.map(listed), total: tools.length };
  },
});

export const getToolOperation = operation({
  method: 'GET',
  path: '/v1/convai/agents/:agent_id/tools/:tool_id',
  summary: 'Get Tool',
  permission: 'read',
  record: ({ tool_id: id }) => toolIdOf(toolNumber(id)),
  params: ToolParams,
  reply: ToolReply,
  handle: async ({ core, ctx, params: { agent_id, tool_id } }) =>
    present(await getTool(core, ctx, agentNumber(agent_id), toolNumber(tool_id))),
});

export const updateToolOperation = operation({
  method: 'PATCH',
  path: '/v1/convai/agents/:agent_id/tools/:tool_id',
  summary: 'Update Tool',
  permission: 'manage-agents',
  record: ({ tool_id: id }) => toolIdOf(toolNumber(id)),
  params: ToolParams,
  body: ToolBody.partial(),
  reply: ToolReply,
  handle: async ({ core, ctx, params: { agent_id, tool_id }, body }) =>
    present(
      await changeTool(core, ctx, agentNumber(agent_id), toolNumber(tool_id), {
        name: body.name,
        description: body.description,
        requiredParams: body.required_params,
        optionalParams: body.optional_params,
        parameters: body.parameters,
        confirm: body.confirm,
        webhookUrl: body.webhook_url,
        secret: body.secret,
      }),
    ),
});

export const deleteToolOperation = operation({
  method: 'DELETE',
  path: '/v1/convai/agents/:agent_id/tools/:tool_id',
  summary: 'Delete Tool',
  permission: 'manage-agents',
  params: ToolParams,
  reply: Deleted,
  handle: async ({ core, ctx, params: { agent_id, tool_id } }) => {
    await deleteTool(core, ctx, agentNumber(agent_id), toolNumber(tool_id));
    return deleted('Tool deleted');
  },
});

const Execution = z.object({
  execution_id: z.string(),
  call_sid: z.string().nullable(),
  idempotency_key: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  status: z.string(),
  output: z.string().nullable(),
  started_at: z.string(),
  duration_ms: z.int().nullable(),
});

const execution = (one: ToolExecution): z.input<typeof Execution> => ({
  execution_id: `exec_${one.id}`,
  call_sid: one.callSid,
  idempotency_key: one.key,
  parameters: { ...one.input },
  status: one.status,
  output: one.output,
  started_at: time(one.startedAt),
  duration_ms: one.durationMs,
});

export const listExecutionsOperation = operation({
  method: 'GET',
  path: '/v1/convai/agents/:agent_id/tools/:tool_id/executions',
  summary: 'What a tool was asked to do, and what it answered',
  permission: 'manage-agents',
  params: ToolParams,
  query: z.object({ skip: pageSkip, limit: pageLimit(100) }),
  reply: z.object({ executions: z.array(Execution), total: z.int(), skip: z.int(), limit: z.int() }),
  handle: async ({ core, ctx, params: { agent_id, tool_id }, query: { skip, limit } }) => {
    const { rows, total } = await listExecutions(core, ctx, agentNumber(agent_id), toolNumber(tool_id), {
      skip,
      limit,
    });
    return { executions: rows.map(execution), total, skip, limit };
  },
});
