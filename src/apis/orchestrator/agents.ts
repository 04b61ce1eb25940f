import { agentActivity } from '#core/ai-agents/agent-activity.ts';
import { z } from 'zod';
import { AGENT_TYPES, type AiAgent } from '#core/ai-agents/ai-agent.ts';
import { changeAgent, createAgent, getAgent, listAgents, type ChangeAgent } from '#core/ai-agents/agents.ts';
import { writeToAgent, type Answered, type WriteToAgent } from '#core/conversations/talk.ts';
import { LONGEST_USER_ID } from '#core/people/person-of.ts';
import type { Limit } from '../kit/limit.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, leftOut, numberIn, numberOf, timeInMilliseconds, Variables } from '../kit/codecs.ts';

const MANAGEMENT: Limit = { name: 'agents', points: 200, windowS: 60 };
/** More than anybody has; the seed's list has no pages. */
const ALL = { skip: 0, limit: 10_000 };

const agentNumber = (id: string) => numberOf('agent', id, 'Agent', 'agent_id');
const params = z.object({ agentId: IdText });

const Configuration = z.object({
  model: z.string().min(1).max(200).optional(),
  temperature: z.number().min(0).max(2).nullable().optional(),
  max_tokens: z.int().min(1).max(100_000).nullable().optional(),
  system_prompt: z.string().max(100_000).optional(),
  first_message: z.string().max(5000).nullable().optional(),
  chain: z
    .array(IdText)
    .max(10)
    .optional()
    .describe('Agents that this one thinks with, of the types input, memory and output'),
});

const settingsOf = (configuration: z.output<typeof Configuration>): ChangeAgent => ({
  modelName: configuration.model,
  temperature: configuration.temperature,
  maxTokens: configuration.max_tokens,
  systemPrompt: configuration.system_prompt,
  firstMessage: configuration.first_message,
  chain: configuration.chain?.map((id) => numberOf('agent', id, 'Agent', 'configuration.chain')),
});

const Listed = z.object({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  status: z.string(),
  model: z.string(),
  created_at: z.string(),
  last_error: z.string().optional().describe('What a vendor last refused; left out once its model has answered since'),
  last_error_at: z.string().optional(),
});
const Shown = Listed.extend({
  configuration: z.object({
    temperature: z.number().optional(),
    max_tokens: z.int().optional(),
    system_prompt: z.string().optional(),
    first_message: z.string().optional(),
    chain: z.array(z.string()).optional(),
  }),
});

const statusOf = (agent: AiAgent) => (agent.isActive ? 'active' : 'inactive');
const listed = (agent: AiAgent): z.input<typeof Listed> => ({
  id: idOf('agent', agent.id),
  type: agent.type,
  name: agent.name,
  status: statusOf(agent),
  model: agent.modelName,
  created_at: timeInMilliseconds(agent.createdAt),
  ...(agent.lastError === null
    ? {}
    : { last_error: agent.lastError.message, last_error_at: timeInMilliseconds(agent.lastError.at) }),
});
const numbersOf = (agent: AiAgent) => ({
  ...(agent.temperature === null ? {} : { temperature: agent.temperature }),
  ...(agent.maxTokens === null ? {} : { max_tokens: agent.maxTokens }),
  ...(agent.chain.length === 0 ? {} : { chain: agent.chain.map((id) => idOf('agent', id)) }),
});
const whole = (agent: AiAgent): z.input<typeof Shown> => ({
  ...listed(agent),
  configuration: {
    ...numbersOf(agent),
    system_prompt: agent.systemPrompt,
    ...(agent.firstMessage === null ? {} : { first_message: agent.firstMessage }),
  },
});

export const listAgentsOperation = operation({
  method: 'GET',
  path: '/agents',
  summary: 'Get Available Agents',
  permission: 'read',
  limit: MANAGEMENT,
  query: z.object({ type: z.enum(AGENT_TYPES).optional(), status: z.enum(['active', 'inactive']).optional() }),
  reply: z.object({ agents: z.array(Listed) }),
  handle: async ({ core, ctx, query: { type, status } }) => ({
    agents: (
      await listAgents(
        core,
        ctx,
        { ...(type === undefined ? {} : { type }), ...(status === undefined ? {} : { isActive: status === 'active' }) },
        ALL,
      )
    ).rows.map(listed),
  }),
});

export const createAgentOperation = operation({
  method: 'POST',
  path: '/agents/create',
  summary: 'Create Agent',
  permission: 'manage-agents',
  limit: MANAGEMENT,
  creates: true,
  body: z.object({
    name: z.string().trim().min(1).max(200),
    agent_type: z.enum(AGENT_TYPES).default('conversation'),
    configuration: Configuration.default({}),
  }),
  reply: z.object({ success: z.literal(true), agent: Shown }),
  handle: async ({ core, ctx, body: { name, agent_type: type, configuration } }) => {
    const agent = await createAgent(core, ctx, { ...settingsOf(configuration), name, type });
    // What was sent is shown; the rest stands at the agent's own address.
    const given = {
      ...numbersOf(agent),
      ...(configuration.system_prompt === undefined ? {} : { system_prompt: agent.systemPrompt }),
      ...(configuration.first_message == null ? {} : { first_message: configuration.first_message }),
    };
    return { success: true as const, agent: { ...listed(agent), configuration: given } };
  },
});

export const getAgentOperation = operation({
  method: 'GET',
  path: '/agents/:agentId',
  summary: 'Get Agent',
  permission: 'read',
  record: ({ agentId }) => idOf('agent', agentNumber(agentId)),
  limit: MANAGEMENT,
  params,
  reply: Shown,
  handle: async ({ core, ctx, params: { agentId } }) => whole(await getAgent(core, ctx, agentNumber(agentId))),
});

export const changeAgentOperation = operation({
  method: 'PUT',
  path: '/agents/:agentId',
  summary: 'Change Agent',
  permission: 'manage-agents',
  record: ({ agentId }) => idOf('agent', agentNumber(agentId)),
  limit: MANAGEMENT,
  params,
  body: z.object({
    name: z.string().trim().min(1).max(200).optional(),
    status: z.enum(['active', 'inactive']).optional(),
    configuration: Configuration.default({}),
  }),
  reply: Shown,
  handle: async ({ core, ctx, params: { agentId }, body: { name, status, configuration } }) =>
    whole(
      await changeAgent(core, ctx, agentNumber(agentId), {
        ...settingsOf(configuration),
        name,
        isActive: status === undefined ? undefined : status === 'active',
      }),
    ),
});

export const agentStatusOperation = operation({
  method: 'GET',
  path: '/agents/:agentId/status',
  summary: 'Get Agent Status',
  permission: 'read',
  limit: MANAGEMENT,
  params,
  reply: z.object({
    agent_id: z.string(),
    status: z.string(),
    type: z.string(),
    model: z.string(),
    last_activity: z.string().nullable(),
    total_requests: z.int(),
    average_response_time: z.int(),
  }),
  handle: async ({ core, ctx, params: { agentId } }) => {
    const { agent, activity } = await agentActivity(core, ctx, agentNumber(agentId));
    const { requests, responseMs, lastAt } = activity;
    return {
      agent_id: idOf('agent', agent.id),
      status: statusOf(agent),
      type: agent.type,
      model: agent.modelName,
      last_activity: lastAt && timeInMilliseconds(lastAt),
      total_requests: requests,
      average_response_time: requests === 0 ? 0 : Math.round(responseMs / requests),
    };
  },
});

const name = z.string().min(1).max(LONGEST_USER_ID);

const MessageBody = z.object({
  message: z.string().trim().min(1).max(20_000),
  context: z
    .object({
      user_id: name.nullable().optional(),
      session_id: name.nullable().optional(),
      conversation_id: name.nullable().optional(),
      dynamic_variables: leftOut(Variables).describe('Fill {{name}} in the prompt, from this message on'),
    })
    .prefault({}),
  options: z
    .object({
      stream: leftOut(z.boolean()),
      temperature: leftOut(z.number().min(0).max(2)),
      use_draft: leftOut(z.boolean()).describe('The draft of the agent answers'),
    })
    .prefault({}),
});

const MessageReply = z.object({
  success: z.literal(true),
  response: z.object({
    message: z.string(),
    agent_id: z.string(),
    model: z.string(),
    tokens_used: z.int(),
    response_time: z.int(),
    conversation_id: z.string().optional().describe('Of a conversation that the request did not name'),
    intent: z.string().optional().describe('What an agent of type input understood'),
    entities: z.record(z.string(), z.string()).optional().describe('What was named, by an agent of type input'),
  }),
});

function written(agentId: string, { message, context, options }: z.output<typeof MessageBody>): WriteToAgent {
  const named = context.conversation_id ?? context.session_id ?? null;
  return {
    agentId: agentNumber(agentId),
    text: message,
    userId: context.user_id ?? null,
    conversation: named === null ? null : { name: named, id: numberIn('conv', named) },
    temperature: options.temperature ?? null,
    useDraft: options.use_draft ?? false,
    ...(context.dynamic_variables === undefined ? {} : { variables: context.dynamic_variables }),
  };
}

function answered(
  { agent, conversation, message, model, tokens, tookMs, understood }: Answered,
  { context }: z.output<typeof MessageBody>,
): z.input<typeof MessageReply> {
  const unnamed = context.conversation_id == null && context.session_id == null;
  return {
    success: true,
    response: {
      message: message.text,
      agent_id: idOf('agent', agent.id),
      model,
      tokens_used: tokens,
      response_time: tookMs,
      ...(unnamed ? { conversation_id: idOf('conv', conversation.id) } : {}),
      ...(understood ? { intent: understood.intent, entities: { ...understood.entities } } : {}),
    },
  };
}

export const messageAgentOperation = operation({
  method: 'POST',
  path: '/agents/:agentId/message',
  summary: 'Send Message to Agent',
  permission: 'place-calls',
  limit: MANAGEMENT,
  creates: true,
  params,
  body: MessageBody,
  reply: MessageReply,
  handle: async ({ core, ctx, params: { agentId }, body }) =>
    answered(await writeToAgent(core, ctx, written(agentId, body)), body),
  stream: {
    wanted: ({ options }) => options.stream === true,
    handle: async ({ core, ctx, params: { agentId }, body }, send, signal) => {
      const done = await writeToAgent(core, ctx, {
        ...written(agentId, body),
        onText: (content) => send('delta', { content }),
        signal,
      });
      send('done', answered(done, body));
    },
  },
});
