import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { acceptOffer, declineOffer } from '#core/desk/answer-offer.ts';
import { agentPageClosed, agentSeen, setAgentStatus } from '#core/desk/agent-status.ts';
import { endAgentCall, handBack, holdCaller, resumeCaller, wrapUpCall } from '#core/desk/desk-call.ts';
import { listHumanAgents, queuePosition, queueStatus, viewDesk } from '#core/desk/desk-view.ts';
import { superviseCall } from '#core/desk/supervise-call.ts';
import { transferCall, transfersOf } from '#core/desk/transfer-call.ts';
import type { Context } from '#core/kernel/context.ts';
import { createUser } from '#core/identity/users.ts';
import { initiate, startServer, until, type TestServer } from '../support/server.ts';

let server: TestServer;
let admin: Context;

before(async () => {
  server = await startServer();
  admin = {
    organizationId: server.app.organization.id,
    actor: { kind: 'system', name: 'test' },
    requestId: 'test',
  };
});
after(() => server.close());

let serial = 0;
const newAgent = async (more: object = {}) =>
  createUser(server.app.core, admin, {
    email: `agent${++serial}@desk.test`,
    name: `Agent ${serial}`,
    role: 'agent',
    password: 'long-enough-password-7',
    ...more,
  });
const as = (userId: number): Context => ({
  ...admin,
  actor: { kind: 'user', id: userId, role: 'agent', sessionId: 1 },
});
const answeredCall = async (to: string) => {
  const { call_id: id } = await initiate(server, { phone_number: to });
  return until('the call to be answered', 60_000, async () => {
    const call = await server.app.core.store.calls.byId(Number(String(id).replace('call_', '')));
    return call?.status === 'answered' ? call : null;
  });
};
const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected;

describe('the desk', () => {
  it('a transfer is offered to the named agent, who declines; another agent cannot answer the offer', async () => {
    const { core } = server.app;
    const [agent, other] = [await newAgent(), await newAgent()];
    const call = await answeredCall('+15005550010');
    await agentSeen(core, as(agent.id), agent.id);
    await setAgentStatus(core, as(agent.id), agent.id, 'online');
    const transfer = { agentId: agent.id, skills: [], transferType: 'warm', reason: 'a bill' } as const;
    const { offer } = await transferCall(core, admin, call.id, transfer, 'x');
    assert.equal(offer!.via, 'browser');
    assert.equal((await queuePosition(core, admin, call.id)).position, 1);
    assert.equal((await queueStatus(core, admin)).waiting, 1);
    const row = (await listHumanAgents(core, admin)).find(({ agent: { id } }) => id === agent.id)!;
    assert.deepEqual([row.status, row.agent.wanted], ['busy', 'online']);
    assert.equal((await viewDesk(core, as(other.id))).offers.length, 0);
    await assert.rejects(acceptOffer(core, as(other.id), offer!.id), code('not-found'));
    await assert.rejects(superviseCall(core, as(other.id), call.id, 'listen', 'x'), code('forbidden'));
    for (const act of [holdCaller, resumeCaller, handBack, endAgentCall])
      await assert.rejects(act(core, as(agent.id), call.id), code('not-found'));
    await assert.rejects(wrapUpCall(core, as(agent.id), call.id, { extend: false }), code('not-found'));
    await assert.rejects(setAgentStatus(core, as(other.id), agent.id, 'away'), code('forbidden'));
    await declineOffer(core, as(agent.id), offer!.id);
    await assert.rejects(acceptOffer(core, as(agent.id), offer!.id), code('conflict'));
    const [done] = await transfersOf(core, call);
    assert.deepEqual([done!.outcome, done!.humanConnectedAt], ['declined', null]);
    await agentPageClosed(core, as(agent.id), agent.id);
    await core.live.send(call.id, { type: 'end', reason: 'completed' });
  });
});
