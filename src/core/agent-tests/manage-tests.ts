import { needAgent } from '../ai-agents/agents.ts';
import { getCall } from '../calls/get-call.ts';
import type { Core } from '../core.ts';
import { actorName, type Context } from '../kernel/context.ts';
import { AppError, invalid, notFound } from '../kernel/errors.ts';
import type { AgentTest } from './agent-test.ts';
import { questionAt } from './question.ts';

const MOST_TESTS = 200;

export interface AddAgentTest {
  /** Our number of the call, our id or the carrier's. */
  readonly call: string | number;
  /** An entry of the call: the agent's answer, or the caller's words before it. */
  readonly seq: number;
  readonly name: string | null;
  readonly expectation: string | null;
}

/**
 * Keeps a turn of a call as a test of an agent. @throws AppError not-found (the agent, the call), invalid-input (the
 * entry answers no caller), conflict (too many tests)
 */
export async function addTest(core: Core, ctx: Context, agentId: number, input: AddAgentTest): Promise<AgentTest> {
  await needAgent(core.store, ctx, agentId);
  const call = await getCall(core, ctx, input.call, `call_id: ${input.call}`);
  const { question } = questionAt(await core.store.entries.ofCall(call.conversationId), input.seq);
  if (!question) throw invalid('seq', 'must be an entry that the caller said, or that answers the caller');
  if ((await core.store.agentTests.count(agentId)) >= MOST_TESTS)
    throw new AppError('conflict', `An agent has at most ${MOST_TESTS} tests: delete one first`, {
      subject: `agent_id: agent_${agentId}`,
    });
  return core.store.transaction(async (records) => {
    const test = await records.agentTests.insert({
      organizationId: ctx.organizationId,
      agentId,
      callId: call.id,
      seq: question.seq,
      name: input.name ?? `Turn ${question.seq} of call_${call.id}`,
      expectation: input.expectation,
      createdBy: actorName(ctx.actor),
      createdAt: core.clock.now(),
    });
    await records.outbox.audit(ctx, 'agent-test.add', `test_${test.id}`, { agent: `agent_${agentId}` });
    return test;
  });
}

/** @throws AppError not-found */
export async function listTests(core: Core, ctx: Context, agentId: number): Promise<readonly AgentTest[]> {
  await needAgent(core.store, ctx, agentId);
  return core.store.agentTests.list(agentId);
}

/** @throws AppError not-found */
export async function deleteTest(core: Core, ctx: Context, agentId: number, id: number): Promise<void> {
  await needAgent(core.store, ctx, agentId);
  await core.store.transaction(async (records) => {
    if (!(await records.agentTests.delete(agentId, id))) throw notFound('Test', `test_id: test_${id}`);
    await records.outbox.audit(ctx, 'agent-test.delete', `test_${id}`, { agent: `agent_${agentId}` });
  });
}
