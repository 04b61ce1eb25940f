import { asDrafted } from '../ai-agents/agent-version.ts';
import { needAgent } from '../ai-agents/agents.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import type { AgentTestRun } from './agent-test.ts';
import { questionAt } from './question.ts';

/** How many entries of a long call are passed to the model. */
const REMEMBERED = 60;

/**
 * Asks the agent for its answer at the turn of a test, after the words of the call as they were. Nothing is executed or
 * stored. @throws AppError not-found, conflict (the words are deleted), upstream-failed
 */
export async function runTest(
  core: Core,
  ctx: Context,
  agentId: number,
  id: number,
  { useDraft }: { readonly useDraft: boolean },
): Promise<AgentTestRun> {
  const published = await needAgent(core.store, ctx, agentId);
  const test = await core.store.agentTests.find(agentId, id);
  if (!test) throw notFound('Test', `test_id: test_${id}`);
  const agent = useDraft ? asDrafted(published, await core.store.agents.draft(agentId)) : published;
  const call = (await core.store.calls.byId(test.callId))!;
  const { before, question, recorded } = questionAt(await core.store.entries.ofCall(call.conversationId), test.seq);
  if (!question)
    throw new AppError('conflict', 'The words of this call are deleted: the test cannot run any more', {
      subject: `test_id: test_${id}`,
    });
  const began = core.clock.now();
  const given = await core.dialogue.answer({
    agent,
    conversation: { id: call.conversationId, organizationId: ctx.organizationId },
    personId: null,
    number: null,
    messages: before.slice(-REMEMBERED),
    temperature: null,
    onText: () => undefined,
    signal: null,
    onTool: () => Promise.resolve(),
    isRehearsal: true,
  });
  return {
    question: question.text,
    recorded: recorded?.text ?? null,
    answer: given.text,
    toolCalls: given.rehearsedCalls ?? [],
    model: given.model,
    tookMs: core.clock.now().getTime() - began.getTime(),
  };
}
