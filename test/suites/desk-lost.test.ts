import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { acceptOffer } from '#core/desk/answer-offer.ts';
import { agentSeen, setAgentStatus } from '#core/desk/agent-status.ts';
import { superviseCall } from '#core/desk/supervise-call.ts';
import { transferCall, transfersOf } from '#core/desk/transfer-call.ts';
import { createUser } from '#core/identity/users.ts';
import type { Context } from '#core/kernel/context.ts';
import { SocketCaller } from '../support/caller.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// The line of a human agent ends while the database stores that they have the caller.

const WAIT_MS = 60_000;

describe('a human agent who goes while they are being connected', { concurrency: 1 }, () => {
  let server: TestServer;
  let admin: Context;
  before(async () => {
    server = await startServer();
    admin = server.system;
  });
  after(() => server.close());

  /** The transaction that `isIt` finds done is answered only when `meanwhile` is over. */
  function whileStored(isIt: () => Promise<boolean>, meanwhile: () => Promise<unknown>): void {
    const { store } = server.app.core;
    const transaction = store.transaction.bind(store);
    let begun = false;
    store.transaction = async (work) => {
      const made = await transaction(work);
      if (begun || !(await isIt())) return made;
      begun = true;
      store.transaction = transaction;
      await meanwhile();
      return made;
    };
  }

  async function offeredCall(skill: string) {
    const { core } = server.app;
    const { id } = await createUser(core, admin, {
      email: `${skill}@lost.test`,
      name: skill,
      role: 'agent',
      password: 'long-enough-password-7',
      skills: [skill],
    });
    const agent: Context = { ...admin, actor: { kind: 'user', id, role: 'agent', sessionId: 1 } };
    await agentSeen(core, agent, id);
    await setAgentStatus(core, agent, id, 'online');
    const { body } = await accepted(() => server.request('POST', '/v1/convai/web-calls', { agent_id: 'agent_1' }));
    const caller = new SocketCaller(String(body['websocket_url']));
    const call = await until('the call to be answered', WAIT_MS, async () => {
      const found = await core.store.calls.bySid(String(body['call_sid']));
      return found?.status === 'answered' ? found : null;
    });
    const transfer = { agentId: null, skills: [skill], transferType: 'cold', reason: null } as const;
    const { offer } = await transferCall(core, admin, call.id, transfer, 'x');
    const connect = async () => {
      const { token } = await acceptOffer(core, agent, offer!.id);
      return new SocketCaller(
        `${server.url.replace('http', 'ws')}/voice/websocket?call_sid=${call.sid}&token=${token}`,
      );
    };
    const lastOf = async () => (await transfersOf(core, call)).at(-1)!;
    const said = async (words: string) =>
      (await core.store.entries.ofCall(call.conversationId)).some(
        ({ role, text }) => role === 'agent' && text.includes(words),
      );
    const legsEnded = async () =>
      (await core.store.legs.ofCall(call.id)).filter(({ kind, status }) => kind === 'human-agent' && status === 'ended')
        .length;
    return { caller, call, connect, lastOf, said, legsEnded };
  }

  for (const how of ['hangs up', 'is lost'] as const)
    it(`who ${how} leaves the caller with the AI agent`, async () => {
      const { caller, connect, lastOf, said, legsEnded } = await offeredCall(how.replace(' ', '-'));
      let human: SocketCaller | undefined;
      let isOver = false;
      whileStored(
        async () => human !== undefined && (await lastOf()).outcome === 'bridged',
        async () => {
          if (how === 'is lost') human!.socket.terminate();
          else {
            human!.send({ event: 'stop', streamSid: 'MO1234567890' });
            human!.socket.close(1000);
          }
          await until('the leg to end', WAIT_MS, async () => (await legsEnded()) === 1);
          isOver = true;
        },
      );
      human = await connect();
      await until('the end of the line in the middle', WAIT_MS, () => isOver);
      const words = how === 'is lost' ? 'connection to my colleague' : 'colleague has left the call';
      await until('the AI agent to take the caller back', WAIT_MS, () => said(words));
      await until('the desk to know it', WAIT_MS, async () => (await lastOf()).endedAt);
      caller.socket.close(1000);
    });

  it('who is lost again while they come back is no longer waited for after 15 s', async () => {
    const { caller, connect, lastOf, said, legsEnded } = await offeredCall('law');
    const { store } = server.app.core;
    const first = await connect();
    await until('the agent to have the caller', WAIT_MS, async () => (await lastOf()).outcome === 'bridged');
    const isLost = async () =>
      (await store.desk.read(admin.organizationId)).entries.some(({ agentLostAt }) => agentLostAt !== null);
    first.socket.terminate();
    await until('the desk to know it', WAIT_MS, isLost);
    let again: SocketCaller | undefined;
    let isOver = false;
    whileStored(
      async () => again !== undefined && !(await isLost()),
      async () => {
        again!.socket.terminate();
        await until('the leg to end', WAIT_MS, async () => (await legsEnded()) === 2);
        isOver = true;
      },
    );
    again = await connect();
    await until('the end of the line in the middle', WAIT_MS, () => isOver);
    await until('the AI agent to say so', WAIT_MS, () => said('no longer on the line'));
    await until('the desk to give them up', WAIT_MS, async () => (await lastOf()).endedAt);
    caller.socket.close(1000);
  });

  it('who is lost comes back to no caller whom a supervisor has taken over', async () => {
    const { caller, call, connect, lastOf } = await offeredCall('tax');
    const { core } = server.app;
    const first = await connect();
    await until('the agent to have the caller', WAIT_MS, async () => (await lastOf()).outcome === 'bridged');
    first.socket.terminate();
    const entry = async () => (await core.store.desk.ofCall(call.id)).entries.at(-1)!;
    await until('the desk to know it', WAIT_MS, async () => (await entry()).agentLostAt);
    const { token } = await superviseCall(core, admin, call.id, 'take_over', 'x');
    const supervisor = new SocketCaller(
      `${server.url.replace('http', 'ws')}/voice/websocket?call_sid=${call.sid}&token=${token}`,
    );
    await until('the wait for the agent to end', WAIT_MS, async () => (await entry()).endedAt);
    assert.equal((await entry()).cause, 'taken_over');
    supervisor.socket.close(1000);
    caller.socket.close(1000);
  });
});
