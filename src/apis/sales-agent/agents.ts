import { z } from 'zod';
import type { AiAgent } from '#core/ai-agents/ai-agent.ts';
import { createAgent, getAgent } from '#core/ai-agents/agents.ts';
import { operation } from '../kit/operation.ts';
import { agentIdOf, agentNumber, time } from './words.ts';

const text = (max: number) => z.string().max(max);

const AgentReply = z.object({
  agent_id: z.string(), name: z.string(), system_prompt: z.string(), first_message: z.string().nullable(), voice_provider: z.string(), voice_id: z.string(), model_provider: z.string(), model_name: z.string(),
  interrupt_enabled: z.boolean(), silence_threshold_sec: z.number(), is_active: z.boolean(), created_at: z.string(), updated_at: z.string(),
});

function present(agent: AiAgent): z.input<typeof AgentReply> {
  return {
    agent_id: agentIdOf(agent.id), name: agent.name, system_prompt: agent.systemPrompt, first_message: agent.firstMessage, voice_provider: agent.voiceProvider, voice_id: agent.voiceId,
    model_provider: agent.modelProvider, model_name: agent.modelName, interrupt_enabled: agent.interruptEnabled, silence_threshold_sec: agent.silenceThresholdMs / 1000, is_active: agent.isActive,
    created_at: time(agent.createdAt), updated_at: time(agent.updatedAt),
  };
}

export const createAgentOperation = operation({
  method: 'POST', path: '/v1/convai/agents', summary: 'Create Agent', permission: 'manage-agents',
  body: z.object({
    name: text(200).trim().min(1),
    system_prompt: text(100_000).optional(),
    first_message: text(5000).nullable().optional(),
    voice_provider: text(100).optional(),
    voice_id: text(200).optional(),
    model_provider: text(100).optional(),
    model_name: text(200).optional(),
    interrupt_enabled: z.boolean().optional(),
    silence_threshold_sec: z.number().min(0).max(10).optional(),
    is_active: z.boolean().optional(),
  }),
  reply: AgentReply,
  handle: async ({ core, ctx, body }) =>
    present(await createAgent(core, ctx, {
      name: body.name, systemPrompt: body.system_prompt, firstMessage: body.first_message, voiceProvider: body.voice_provider, voiceId: body.voice_id, modelProvider: body.model_provider, modelName: body.model_name,
      interruptEnabled: body.interrupt_enabled, silenceThresholdMs: body.silence_threshold_sec === undefined ? undefined : Math.round(body.silence_threshold_sec * 1000), isActive: body.is_active,
    })),
});

export const getAgentOperation = operation({
  method: 'GET', path: '/v1/convai/agents/:agent_id', summary: 'Get Agent', permission: 'read',
  params: z.object({ agent_id: z.string() }),
  reply: AgentReply,
  handle: async ({ core, ctx, params }) => present(await getAgent(core, ctx, agentNumber(params.agent_id))),
});
