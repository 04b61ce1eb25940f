import { z } from 'zod';
import type { AgentTest } from '#core/agent-tests/agent-test.ts';
import { addTest, deleteTest, listTests } from '#core/agent-tests/manage-tests.ts';
import { runTest } from '#core/agent-tests/run-test.ts';
import { IdText, idOf, numberIn, numberOf } from '../kit/codecs.ts';
import { operation } from '../kit/operation.ts';
import { agentNumber, AgentParams, deleted, Deleted, time } from './dialect.ts';

const LONGEST_NAME = 200;
const LONGEST_EXPECTATION = 2000;

const TestReply = z.object({
  test_id: z.string(),
  agent_id: z.string(),
  call_id: z.string(),
  seq: z.int().describe('The entry of the caller that is answered'),
  name: z.string(),
  expectation: z.string().nullable(),
  created_at: z.string(),
});
const present = (test: AgentTest): z.input<typeof TestReply> => ({
  test_id: idOf('test', test.id),
  agent_id: idOf('agent', test.agentId),
  call_id: idOf('call', test.callId),
  seq: test.seq,
  name: test.name,
  expectation: test.expectation,
  created_at: time(test.createdAt),
});

const TestParams = AgentParams.extend({ test_id: IdText });
const testNumber = (id: string): number => numberOf('test', id, 'Test', 'test_id');

export const addTestOperation = operation({
  method: 'POST',
  path: '/v1/convai/agents/:agent_id/tests',
  summary: 'Keep a turn of a call as a test of an agent',
  permission: 'manage-agents',
  creates: true,
  params: AgentParams,
  body: z.object({
    call_id: IdText.describe('`call_7`, or the call’s sid'),
    seq: z.int().min(0).max(1_000_000_000).describe('Of the agent’s answer, or of the caller’s words before it'),
    name: z.string().trim().min(1).max(LONGEST_NAME).optional(),
    expectation: z.string().trim().max(LONGEST_EXPECTATION).optional().describe('What a good answer says'),
  }),
  reply: TestReply,
  handle: async ({ core, ctx, params, body }) =>
    present(
      await addTest(core, ctx, agentNumber(params.agent_id), {
        call: numberIn('call', body.call_id) ?? body.call_id,
        seq: body.seq,
        name: body.name ?? null,
        expectation: body.expectation || null,
      }),
    ),
});

export const listTestsOperation = operation({
  method: 'GET',
  path: '/v1/convai/agents/:agent_id/tests',
  summary: 'Tests of an agent',
  permission: 'read',
  params: AgentParams,
  reply: z.object({ tests: z.array(TestReply) }),
  handle: async ({ core, ctx, params }) => ({
    tests: (await listTests(core, ctx, agentNumber(params.agent_id))).map(present),
  }),
});

export const deleteTestOperation = operation({
  method: 'DELETE',
  path: '/v1/convai/agents/:agent_id/tests/:test_id',
  summary: 'Delete a test of an agent',
  permission: 'manage-agents',
  params: TestParams,
  reply: Deleted,
  handle: async ({ core, ctx, params }) => {
    await deleteTest(core, ctx, agentNumber(params.agent_id), testNumber(params.test_id));
    return deleted('Test deleted');
  },
});

export const runTestOperation = operation({
  method: 'POST',
  path: '/v1/convai/agents/:agent_id/tests/:test_id/run',
  summary: 'Ask an agent for its answer at the turn of a test; tools are not executed and nothing is stored',
  permission: 'manage-agents',
  params: TestParams,
  body: z.object({ use_draft: z.boolean().default(true) }),
  reply: z.object({
    question: z.string().describe('The caller’s words'),
    recorded: z.string().nullable().describe('What was answered on the call'),
    answer: z.string(),
    tool_calls: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })),
    model: z.string(),
    took_ms: z.int(),
  }),
  handle: async ({ core, ctx, params, body }) => {
    const run = await runTest(core, ctx, agentNumber(params.agent_id), testNumber(params.test_id), {
      useDraft: body.use_draft,
    });
    return {
      question: run.question,
      recorded: run.recorded,
      answer: run.answer,
      tool_calls: run.toolCalls.map(({ name, args }) => ({ name, arguments: args })),
      model: run.model,
      took_ms: run.tookMs,
    };
  },
});
