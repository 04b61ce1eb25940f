import { getTranscript } from '../../src/apis/campaigns/livekit.ts';
import * as orchestratorCalls from '../../src/apis/orchestrator/calls.ts';
import * as orchestratorConversations from '../../src/apis/orchestrator/conversations.ts';
import { getMemoryOperation } from '../../src/apis/orchestrator/memory.ts';
import * as salesConversations from '../../src/apis/sales-agent/conversations.ts';
import { listExecutionsOperation } from '../../src/apis/sales-agent/tools.ts';
import { listDeliveriesOperation } from '../../src/apis/sales-agent/webhooks.ts';
import type { Operation } from '../../src/apis/kit/operation.ts';
import type { Core } from '#core/core.ts';

type Row = Readonly<Record<string, string | number>>;

const URLS = {
  mediaSocket: () => 'media',
  callPage: (sid: string) => `page ${sid}`,
  recording: (sid: string) => sid,
  speech: (file: string) => file,
};

/** What the APIs answer about all calls and conversations of an organization, by request. */
export async function repliesOf(
  core: Core,
  organizationId: number,
  rows: (text: string) => Promise<readonly Row[]>,
): Promise<Record<string, unknown>> {
  const replies: Record<string, unknown> = {};
  const ctx = { organizationId, actor: { kind: 'system', name: 'test' }, requestId: 'r' } as const;
  const ask = async (
    operation: Operation,
    input: { params?: object; query?: object; body?: object } = {},
  ): Promise<void> => {
    const params = operation.params?.parse(input.params ?? {});
    const query = operation.query?.parse(input.query ?? {});
    const body = operation.body?.parse(input.body ?? {});
    const name = `${operation.name} ${JSON.stringify(input)}`;
    const reply = await operation
      .handle({
        core,
        ctx,
        requestId: 'r',
        address: '',
        count: () => Promise.resolve(),
        params,
        query,
        body,
        urls: URLS,
      })
      .catch((error: unknown) => ({ error: String(error) }));
    replies[name] = JSON.parse(JSON.stringify(reply)) as unknown;
  };
  await ask(salesConversations.listConversationsOperation, { query: {} });
  await ask(orchestratorCalls.listCallsOperation, { query: {} });
  for (const status of [undefined, 'active', 'completed', 'archived'])
    await ask(orchestratorConversations.listConversationsOperation, { query: status ? { status } : {} });
  for (const { id, sid } of await rows('select id, sid from calls order by id')) {
    await ask(salesConversations.getConversationOperation, { params: { conversation_id: sid } });
    await ask(orchestratorCalls.callStatusOperation, { params: { callId: `call_${id}` } });
    await ask(getTranscript, { body: { callId: sid } });
  }
  for (const { id } of await rows('select id from conversations order by id'))
    await ask(orchestratorConversations.getConversationOperation, { params: { conversationId: `conv_${id}` } });
  for (const { user_id } of await rows(
    'select distinct user_id from conversations where user_id is not null order by 1',
  ))
    await ask(getMemoryOperation, { params: { userId: user_id } });
  for (const { id, agent_id } of await rows('select id, agent_id from tools order by id'))
    await ask(listExecutionsOperation, { params: { agent_id: `agent_${agent_id}`, tool_id: `tool_${id}` }, query: {} });
  for (const { id } of await rows('select id from webhooks order by id'))
    await ask(listDeliveriesOperation, { params: { webhook_id: `webhook_${id}` }, query: {} });
  return replies;
}
