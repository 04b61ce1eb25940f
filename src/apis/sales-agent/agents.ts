import { z } from 'zod';
import type { AiAgent } from '#core/ai-agents/ai-agent.ts';
import {
  changeAgent,
  createAgent,
  deleteAgent,
  getAgent,
  listAgents,
  type ChangeAgent,
} from '#core/ai-agents/agents.ts';
import { BUILT_IN_TOOLS } from '#core/tools/tool.ts';
import { operation } from '../kit/operation.ts';
import { pageLimit, pageSkip, phoneNumberText, queryFlag } from '../kit/codecs.ts';
import { agentIdOf, agentNumber, AgentParams, deleted, Deleted, time } from './dialect.ts';

const text = (max: number) => z.string().max(max);

export const AgentReply = z.object({
  agent_id: z.string(),
  name: z.string(),
  system_prompt: z.string(),
  first_message: z.string().nullable(),
  voice_provider: z.string(),
  voice_id: z.string(),
  model_provider: z.string(),
  model_name: z.string(),
  interrupt_enabled: z.boolean(),
  silence_threshold_sec: z.number(),
  is_active: z.boolean(),
  created_at: z.string(),
  updated_at: z.string(),
  // Only where they were set: the seed knows nothing of them.
  voicemail_message: z.string().optional(),
  transfer_number: z.string().optional(),
  built_in_tools: z.array(z.string()).optional(),
  // Only while there is one.
  last_error: z.string().optional(),
  last_error_at: z.string().optional(),
});

const AgentBody = z.object({
  name: text(200).trim().min(1),
  system_prompt: text(100_000).optional(),
  first_message: text(5000).nullable().optional(),
  voice_provider: text(100).min(1).optional(),
  voice_id: text(200).min(1).optional(),
  model_provider: text(100).min(1).optional(),
  model_name: text(200).min(1).optional(),
  interrupt_enabled: z.boolean().optional(),
  silence_threshold_sec: z.number().min(0).max(10).optional(),
  is_active: z.boolean().optional(),
  voicemail_message: text(5000).nullable().optional(),
  transfer_number: phoneNumberText.nullable().optional(),
  built_in_tools: z
    .array(z.enum(BUILT_IN_TOOLS))
    .max(50)
    .transform((names) => [...new Set(names)])
    .optional(),
});

export const AgentChange = AgentBody.partial();

export function settings(body: z.output<typeof AgentChange>): ChangeAgent {
  return {
    name: body.name,
    systemPrompt: body.system_prompt,
    firstMessage: body.first_message,
    voiceProvider: body.voice_provider,
    voiceId: body.voice_id,
    modelProvider: body.model_provider,
    modelName: body.model_name,
    interruptEnabled: body.interrupt_enabled,
    silenceThresholdMs:
      body.silence_threshold_sec === undefined ? undefined : Math.round(body.silence_threshold_sec * 1000),
    isActive: body.is_active,
    voicemailMessage: body.voicemail_message,
    transferNumber: body.transfer_number,
    builtInTools: body.built_in_tools,
  };
}

export function present(agent: AiAgent): z.input<typeof AgentReply> {
  return {
    agent_id: agentIdOf(agent.id),
    name: agent.name,
    system_prompt: agent.systemPrompt,
    first_message: agent.firstMessage,
    voice_provider: agent.voiceProvider,
    voice_id: agent.voiceId,
    model_provider: agent.modelProvider,
    model_name: agent.modelName,
    interrupt_enabled: agent.interruptEnabled,
    silence_threshold_sec: agent.silenceThresholdMs / 1000,
    is_active: agent.isActive,
    created_at: time(agent.createdAt),
    updated_at: time(agent.updatedAt),
    ...(agent.lastError === null
      ? {}
      : { last_error: agent.lastError.message, last_error_at: time(agent.lastError.at) }),
    ...(agent.voicemailMessage === null ? {} : { voicemail_message: agent.voicemailMessage }),
    ...(agent.transferNumber === null ? {} : { transfer_number: agent.transferNumber }),
    ...(agent.builtInTools.length === BUILT_IN_TOOLS.length ? {} : { built_in_tools: [...agent.builtInTools] }),
  };
}

/** The draft is part of the record: to edit either makes the other's ETag old. */
export const recordOf = (params: z.output<typeof AgentParams>): string => agentIdOf(agentNumber(params.agent_id));

export const createAgentOperation = operation({
  method: 'POST',
  path: '/v1/convai/agents',
  summary: 'Create Agent',
  permission: 'manage-agents',
  creates: true,
  body: AgentBody,
  reply: AgentReply,
  handle: async ({ core, ctx, body }) => present(await createAgent(core, ctx, { ...settings(body), name: body.name })),
});

export const listAgentsOperation = operation({
  method: 'GET',
  path: '/v1/convai/agents',
  summary: 'List Agents',
  permission: 'read',
  query: z.object({ skip: pageSkip, limit: pageLimit(100), is_active: queryFlag.optional() }),
  reply: z.object({ agents: z.array(AgentReply), total: z.int(), skip: z.int(), limit: z.int() }),
  handle: async ({ core, ctx, query: { skip, limit, is_active: isActive } }) => {
    const { rows, total } = await listAgents(
      core,
      ctx,
      { type: 'conversation', ...(isActive === undefined ? {} : { isActive }) },
      { skip, limit },
    );
    return { agents: rows.map(present), total, skip, limit };
  },
});

export const getAgentOperation = operation({
  method: 'GET',
  path: '/v1/convai/agents/:agent_id',
  summary: 'Get Agent',
  permission: 'read',
  record: recordOf,
  params: AgentParams,
  reply: AgentReply,
  handle: async ({ core, ctx, params }) => present(await getAgent(core, ctx, agentNumber(params.agent_id))),
});

export const updateAgentOperation = operation({
  method: 'PATCH',
  path: '/v1/convai/agents/:agent_id',
  summary: 'Update Agent',
  permission: 'manage-agents',
  record: recordOf,
  params: AgentParams,
  body: AgentChange,
  reply: AgentReply,
  handle: async ({ core, ctx, params, body }) =>
    present(await changeAgent(core, ctx, agentNumber(params.agent_id), settings(body))),
});

export const deleteAgentOperation = operation({
  method: 'DELETE',
  path: '/v1/convai/agents/:agent_id',
  summary: 'Delete Agent',
  permission: 'manage-agents',
  params: AgentParams,
  reply: Deleted,
  handle: async ({ core, ctx, params }) => {
    await deleteAgent(core, ctx, agentNumber(params.agent_id));
    return deleted('Agent deleted');
  },
});
