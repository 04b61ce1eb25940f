import { z } from 'zod';
import { setAgentStatus } from '#core/desk/agent-status.ts';
import { listHumanAgents, type AgentOnDesk } from '#core/desk/desk-view.ts';
import { AGENT_STATUSES } from '#core/desk/human-agent.ts';
import { operation } from '../kit/operation.ts';
import { AgentId } from './ids.ts';

export const HumanAgent = z.object({
  agent_id: z.int(),
  name: z.string(),
  phone_number: z.string().nullable(),
  status: z.enum(AGENT_STATUSES),
  current_call_count: z.int(),
  max_concurrent_calls: z.int(),
  skills: z.array(z.string()),
});

export const presentAgent = ({ agent, status, callId }: AgentOnDesk): z.input<typeof HumanAgent> => ({
  agent_id: agent.id,
  name: agent.name,
  phone_number: agent.phoneNumber,
  status,
  current_call_count: callId === null ? 0 : 1,
  max_concurrent_calls: agent.maxConcurrentCalls,
  skills: [...agent.skills],
});

export const listHumanAgentsOperation = operation({
  method: 'GET',
  path: '/api/v1/agents',
  summary: 'List Agents: the users with the role `agent`',
  permission: 'read-calls',
  reply: z.object({ agents: z.array(HumanAgent), total: z.int() }),
  handle: async ({ core, ctx }) => {
    const agents = (await listHumanAgents(core, ctx)).map(presentAgent);
    return { agents, total: agents.length };
  },
});

export const agentStatusOperation = operation({
  method: 'PUT',
  path: '/api/v1/agents/:human_agent_id/status',
  summary: 'Update Agent Status: the one that the agent wants; it counts from the end of a call on',
  permission: 'end-calls',
  params: z.object({ human_agent_id: AgentId }),
  body: z.object({ status: z.enum(AGENT_STATUSES), reason: z.string().trim().min(1).max(100).optional() }),
  reply: z.object({
    success: z.literal(true),
    agent_id: z.int(),
    status: z.enum(AGENT_STATUSES),
    message: z.string(),
  }),
  handle: async ({ core, ctx, params, body: { status, reason } }) => {
    const agent = await setAgentStatus(core, ctx, params.human_agent_id, status, reason ?? null);
    return {
      success: true as const,
      agent_id: agent.id,
      status: agent.wanted,
      message: 'Agent status updated successfully',
    };
  },
});
