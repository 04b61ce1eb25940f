import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { askForHuman } from '#core/desk/ask-for-human.ts';
import { acceptOffer, declineOffer, type MediaAccess } from '#core/desk/answer-offer.ts';
import { agentPageClosed, agentSeen, setAgentStatus } from '#core/desk/agent-status.ts';
import { endAgentCall, handBack, holdCaller, resumeCaller, wrapUpCall } from '#core/desk/desk-call.ts';
import { listHumanAgents, queuePosition, queueStatus, viewDesk } from '#core/desk/desk-view.ts';
import { callBack, keepPlace } from '#core/desk/queue-callback.ts';
import { getSession } from '#core/calls/call-sessions.ts';
import { superviseCall } from '#core/desk/supervise-call.ts';
import { transferCall, transfersOf, type Transfer } from '#core/desk/transfer-call.ts';
import type { Context } from '#core/kernel/context.ts';
import { changeOrganization } from '#core/identity/organizations.ts';
import { changeUser, createUser } from '#core/identity/users.ts';
import { erasePerson } from '#core/people/erase-person.ts';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import { makeOfflineProviders } from '#providers/offline/offline.ts';
import { speak } from '../contract/text-to-speech.ts';
import { amplitudeAt } from '../engine/bridge-stage.ts';
import { SocketCaller } from '../support/caller.ts';
import { accepted, initiate, startServer, until, type TestServer } from '../support/server.ts';

let server: TestServer;
let admin: Context;

before(async () => {
  server = await startServer();
  admin = server.system;
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

/** A call whose caller is this test. */
async function webCall(): Promise<{ caller: SocketCaller; callId: number }> {
  const agent = { agent_id: `agent_${await defaultAgent()}` };
  const { body } = await accepted(() => server.request('POST', '/v1/convai/web-calls', agent));
  const caller = new SocketCaller(String(body['websocket_url']));
  const call = await until('the web call to be answered', 60_000, async () => {
    const found = await server.app.core.store.calls.bySid(String(body['call_sid']));
    return found?.status === 'answered' ? found : null;
  });
  return { caller, callId: call.id };
}
const defaultAgent = async () => (await server.app.core.store.agents.default(admin.organizationId))!.id;
const mediaUrl = ({ call, token }: MediaAccess) =>
  `${server.url.replace('http', 'ws')}/voice/websocket?call_sid=${call.sid}&token=${token}`;
const bridged = (callId: number) =>
  until('the human agent to have the caller', 60_000, async () =>
    (await transfersOf(server.app.core, { id: callId })).some(({ outcome }) => outcome === 'bridged'),
  );
/** Who handles a call, and how often it was transferred, as the API shows it. */
const handling = async (callId: number) => {
  const { handledBy, transferCount } = await getSession(server.app.core, admin, callId, 'x', 'Call');
  return [handledBy, transferCount];
};
/** A sentence as it sounds on the telephone. */
async function spoken(text: string): Promise<Int16Array> {
  const offline = makeOfflineProviders(1);
  try {
    return decodeMulaw(encodeMulaw((await speak(offline.textToSpeech[0]!, text, 'offline-martin')).pcm));
  } finally {
    await offline.close();
  }
}
const speakFor = (who: SocketCaller, hz: number) =>
  who.speak(Int16Array.from({ length: 8000 * 60 }, (_, i) => 8000 * Math.sin((2 * Math.PI * hz * i) / 8000)));
/** The amplitude of a tone in the last half second that was heard. */
const lately = (who: SocketCaller, hz: number) => amplitudeAt(who.heard().slice(-4000), hz);

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
    assert.deepEqual(await handling(call.id), ['ai-agent', 0], 'only an accepted transfer counts');
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

  it('a supervisor who loses the role is disconnected, and cannot connect again', async () => {
    const { core } = server.app;
    const supervisor = await newAgent({ role: 'manager' });
    const { caller, callId } = await webCall();
    const ctx: Context = { ...admin, actor: { kind: 'user', id: supervisor.id, role: 'manager', sessionId: 1 } };
    const listen = async () => new SocketCaller(mediaUrl(await superviseCall(core, ctx, callId, 'listen', 'x')));
    const ear = await listen();
    await until('the supervisor to hear the call', 60_000, () => ear.agent.length > 0);
    const later = await superviseCall(core, ctx, callId, 'listen', 'x');
    await changeUser(core, admin, supervisor.id, { role: 'agent' });
    await until('the supervisor to be disconnected', 60_000, () => ear.closed);
    const again = new SocketCaller(mediaUrl(later));
    await until('the token to be refused', 60_000, () => again.refused ?? again.closed);
    assert.equal(caller.closed, null, 'the call goes on');
    caller.socket.close();
  });

  it('a browser agent takes a call: audio both ways, hold with music or quiet, hand-back', async () => {
    const { core } = server.app;
    const agent = await newAgent();
    const { caller, callId } = await webCall();
    await agentSeen(core, as(agent.id), agent.id);
    await setAgentStatus(core, as(agent.id), agent.id, 'online');
    const transfer = { agentId: agent.id, skills: [], transferType: 'warm', reason: 'a bill' } as const;
    const { offer } = await transferCall(core, admin, callId, transfer, 'x');
    const human = new SocketCaller(mediaUrl(await acceptOffer(core, as(agent.id), offer!.id)));
    await bridged(callId);
    assert.equal((await core.store.calls.byId(callId))!.status, 'answered');
    assert.deepEqual(await handling(callId), ['human-agent', 1]);
    const words = await spoken('when are you open');
    human.speak(words);
    await until('the words of the human agent in the transcript', 60_000, async () => {
      const { body } = await server.request('GET', `/api/v1/calls/${callId}/transcript`);
      const said = body as unknown as readonly { speaker: string; text: string }[];
      return said.some(({ speaker, text }) => speaker === 'human_agent' && text.length > 0);
    });
    caller.speak(words);
    await until('the words of the caller to the human agent in the transcript', 60_000, async () => {
      const { conversationId } = (await core.store.calls.byId(callId))!;
      const entries = await core.store.entries.ofCall(conversationId);
      return entries.some(({ role, detail }) => role === 'caller' && detail['to'] === 'human-agent');
    });
    speakFor(caller, 1000);
    speakFor(human, 500);
    await until('the human to hear the caller', 60_000, () => lately(human, 1000) > 1000);
    await until('the caller to hear the human', 60_000, () => lately(caller, 500) > 1000);
    const level = (who: SocketCaller) => Math.hypot(...who.heard().slice(-4000)) / Math.sqrt(4000);
    await holdCaller(core, as(agent.id), callId);
    await until('the human to hear nothing of the music', 60_000, () => level(human) < 10);
    await until('the caller on hold to hear music', 60_000, () => lately(caller, 500) < 300 && level(caller) > 300);
    assert.ok(level(human) < 10, 'the human hears nothing of it');
    await resumeCaller(core, as(agent.id), callId);
    await until('the caller to hear the human', 60_000, () => lately(caller, 500) > 1000);
    await changeOrganization(core, admin, admin.organizationId, { holdAudio: 'quiet' });
    await holdCaller(core, as(agent.id), callId);
    await until('the caller on hold to hear nothing', 60_000, () => level(caller) < 10);
    await until('the human to hear nothing of the caller on hold', 60_000, () => lately(human, 1000) < 10);
    await resumeCaller(core, as(agent.id), callId);
    await until('the caller to hear the human again', 60_000, () => lately(caller, 500) > 1000);
    await handBack(core, as(agent.id), callId);
    await until('the human to be off the call', 60_000, () => human.closed !== null);
    await until('the AI agent to take the caller back', 60_000, async () =>
      (await core.store.entries.ofCall((await core.store.calls.byId(callId))!.conversationId)).some(
        ({ role, text }) => role === 'agent' && text.includes('with the assistant'),
      ),
    );
    // A hold that comes when its agent has gone takes no one off the line.
    await core.live.send(callId, { type: 'desk', act: 'hold' });
    const from = caller.heard().length + 4000;
    await core.live.send(callId, { type: 'message', text: 'When are you open?' });
    await until('the caller to hear the AI agent', 60_000, () =>
      caller
        .heard()
        .slice(from)
        .some((sample) => Math.abs(sample) > 1000),
    );
    const [done] = await transfersOf(core, { id: callId });
    assert.equal(done!.outcome, 'bridged');
    assert.ok(done!.humanConnectedAt);
    const wrapping = (await listHumanAgents(core, admin)).find(({ agent: { id } }) => id === agent.id)!;
    assert.equal(wrapping.agent.wrapUp!.callId, callId);
    await wrapUpCall(core, as(agent.id), callId, { extend: false, disposition: 'paid' });
    await agentPageClosed(core, as(agent.id), agent.id);
    caller.socket.close(1000);
    await until('the call to end', 60_000, async () => (await core.store.calls.byId(callId))!.endedAt);
  });

  it('desk.md 23: number …0008 asks for a human, waits in line, and a colleague takes the call', async () => {
    const { core } = server.app;
    const call = await answeredCall('+15005550008');
    await until('the caller to wait in line', 60_000, async () =>
      (await viewDesk(core, admin)).queue.some(({ entry }) => entry.callId === call.id),
    );
    const waiting = await queuePosition(core, admin, call.id);
    assert.deepEqual([waiting.position, waiting.estimateMinutes], [1, null], 'no agent is on duty');
    await until(
      'the call to show that its caller waits',
      60_000,
      async () => (await core.store.calls.byId(call.id))!.waitingSince,
    );
    const agent = await newAgent({ phoneNumber: '+15005550123' });
    await setAgentStatus(core, as(agent.id), agent.id, 'online');
    await bridged(call.id);
    await until(
      'the call to show that its caller waits no longer',
      60_000,
      async () => (await core.store.calls.byId(call.id))!.waitingSince === null,
    );
    const legs = await core.store.legs.ofCall(call.id);
    assert.deepEqual(
      legs.map(({ kind, address }) => [kind, address]),
      [
        ['person', '+15005550008'],
        ['human-agent', '+15005550123'],
      ],
    );
    const [done] = await transfersOf(core, call);
    assert.deepEqual([done!.outcome, done!.agentId], ['bridged', agent.id]);
    const { body: figures } = await server.request('GET', '/api/v1/queue/figures');
    assert.ok(Number(figures['answered']) >= 1, JSON.stringify(figures));
    for (const name of ['service_level_of_answered', 'service_level_of_all'])
      assert.ok(Number(figures[name]) >= 0 && Number(figures[name]) <= 1, name);
    await core.live.send(call.id, { type: 'end', reason: 'completed' });
  });

  it('desk.md 18, 23, 24: a callback keeps its place; not after an opt-out, nor after an erasure', async () => {
    const { core } = server.app;
    const agent = await newAgent({ phoneNumber: '+15005550124' });
    const waits = async (to: string) => {
      const call = await answeredCall(to);
      const { entry } = await askForHuman(core, call, 'a bill');
      await assert.rejects(erasePerson(core, admin, to), code('conflict'), 'who waits is on a call');
      assert.ok(await keepPlace(core, call, to, null));
      await core.live.send(call.id, { type: 'end', reason: 'completed' });
      return entry;
    };
    const erased = await waits('+15005550006');
    const [optedOut, entry] = [await waits('+15005550010'), await waits('+15005550008')];
    await server.request('POST', '/api/people/do-not-call', { phone_number: '+15005550010' });
    const now = (id: number) => core.store.desk.entry(admin.organizationId, id);
    await until(
      'the call of the erased one to end',
      60_000,
      async () => (await core.store.calls.byId(erased.callId))!.endedAt,
    );
    assert.ok((await erasePerson(core, admin, '+15005550006')).calls >= 1);
    const { outcome, cause, reason, callback } = (await now(erased.id))!;
    assert.deepEqual(
      { outcome, cause, reason, callback },
      { outcome: 'callback', cause: 'erased', reason: null, callback: null },
    );
    await setAgentStatus(core, as(agent.id), agent.id, 'online');
    await until('the one who opted out to be left alone', 60_000, async () => (await now(optedOut.id))!.endedAt);
    assert.deepEqual([(await now(optedOut.id))!.outcome, (await now(optedOut.id))!.cause], ['callback', 'do_not_call']);
    const called = await until('the other one to be called', 90_000, async () => {
      const one = (await now(entry.id))!;
      return one.callId === entry.callId ? null : one;
    });
    const dials = () => server.database(`select id from calls where to_number = '+15005550008' order by id`);
    const before = await dials();
    await callBack(core, admin.organizationId, { ...entry, state: 'calling', callback: called.callback });
    assert.deepEqual(await dials(), before, 'an attempt that has its call makes no second one');
    await until(
      'the other one to talk with the agent',
      90_000,
      async () => (await now(entry.id))!.state === 'connected',
    );
    const connected = (await now(entry.id))!;
    assert.notEqual(connected.callId, entry.callId);
    assert.deepEqual([connected.enteredAt, connected.callback!.tries], [entry.enteredAt, 1]);
    const call = (await core.store.calls.byId(connected.callId))!;
    const origin = (await core.store.callOrigins.of([call.id])).get(call.id)!;
    assert.equal(call.to, '+15005550008');
    assert.match(origin.roomName!, /^callback-15005550008-\d+$/);
    await core.live.send(call.id, { type: 'end', reason: 'completed' });
  });

  it('desk.md 15: on the simulator every end of a transfer by telephone has its outcome and cause', async () => {
    const { core } = server.app;
    const { caller, callId } = await webCall();
    for (const [number, outcome] of [
      ['+15005550001', 'failed'],
      ['+15005550002', 'busy'],
      ['+15005550007', 'declined'],
      ['+15005550004', 'no_answer'],
    ] as const) {
      const agent = await newAgent({ phoneNumber: number, answerBy: 'phone' });
      const transfer = { agentId: agent.id, skills: [], transferType: 'cold', reason: null } as const;
      await transferCall(core, admin, callId, transfer, 'x');
      const found = await until(`the transfer to ${number} to end`, 90_000, async () => {
        const last = (await transfersOf(core, { id: callId })).at(-1)!;
        return last.outcome === null ? null : last;
      });
      assert.deepEqual([found.outcome, found.humanConnectedAt], [outcome, null]);
      assert.ok(found.cause);
    }
    caller.socket.close(1000);
  });

  /** Whether the AI agent of a call has said it. */
  const agentSaid = async (callId: number, words: string): Promise<boolean> => {
    const { conversationId } = (await server.app.core.store.calls.byId(callId))!;
    return (await server.app.core.store.entries.ofCall(conversationId)).some(
      ({ role, text }) => role === 'agent' && text.includes(words),
    );
  };
  const hears = (callId: number, words: string) =>
    until(`the AI agent to say "${words}"`, 60_000, () => agentSaid(callId, words));

  it('human to human: the first agent keeps the caller until the second has them, and after a decline', async () => {
    const { core } = server.app;
    const [first, second] = [await newAgent(), await newAgent()];
    const { caller, callId } = await webCall();
    const transfer = async (ctx: Context, to: number) => {
      await agentSeen(core, as(to), to);
      await setAgentStatus(core, as(to), to, 'online');
      const details = { agentId: to, skills: [], transferType: 'cold', reason: 'a contract' } as const;
      return (await transferCall(core, ctx, callId, details, 'x')).offer!.id;
    };
    const accept = async (id: number, offerId: number) =>
      new SocketCaller(mediaUrl(await acceptOffer(core, as(id), offerId)));
    const ann = await accept(first.id, await transfer(admin, first.id));
    speakFor(ann, 500);
    await until('the caller to hear the first agent', 60_000, () => lately(caller, 500) > 1000);
    await declineOffer(core, as(second.id), await transfer(as(first.id), second.id));
    const outcomes = async () =>
      (await transfersOf(core, { id: callId })).map(({ requestedBy, outcome }) => [requestedBy, outcome]);
    assert.deepEqual(await outcomes(), [
      ['api', 'bridged'],
      ['human-agent', 'declined'],
    ]);
    assert.ok(lately(caller, 500) > 1000 && ann.closed === null, 'the first agent still has the caller');
    const bob = await accept(second.id, await transfer(as(first.id), second.id));
    speakFor(bob, 700);
    await until('the caller to hear the second agent', 60_000, () => lately(caller, 700) > 1000);
    await until('the first agent to be off the call', 60_000, () => ann.closed !== null);
    assert.deepEqual((await outcomes()).at(-1), ['human-agent', 'bridged']);
    assert.deepEqual(await handling(callId), ['human-agent', 2]);
    const wraps = (await listHumanAgents(core, admin)).find(({ agent: { id } }) => id === first.id)!;
    assert.equal(wraps.agent.wrapUp!.callId, callId);
    assert.equal(await agentSaid(callId, 'colleague'), false, 'the AI agent kept quiet');
    for (const { id } of [first, second]) await agentPageClosed(core, as(id), id);
    caller.socket.close(1000);
  });

  it('desk.md 11: three agents decline: the caller hears the exits, and no agent is rung twice', async () => {
    const { core } = server.app;
    const agents = [];
    for (let n = 0; n < 3; n++) {
      const agent = await newAgent({ skills: ['law'] });
      await agentSeen(core, as(agent.id), agent.id);
      await setAgentStatus(core, as(agent.id), agent.id, 'online');
      agents.push(agent.id);
    }
    const { caller, callId } = await webCall();
    const transfer = { agentId: null, skills: ['law'], transferType: 'cold', reason: null } as const;
    await transferCall(core, admin, callId, transfer, 'x');
    for (let n = 0; n < 3; n++) {
      const offer = (await viewDesk(core, admin)).offers.find((one) => one.callId === callId)!;
      await declineOffer(core, as(offer.agentId), offer.id);
    }
    await hears(callId, 'welcome to wait');
    const [{ offers }] = (await transfersOf(core, { id: callId })) as [Transfer];
    assert.equal(offers.length, 3);
    assert.deepEqual(new Set(offers.map((one) => one.agentId)), new Set(agents));
    assert.ok(offers.every(({ state }) => state === 'declined'));
    assert.equal((await queuePosition(core, admin, callId)).position, 1, 'the caller keeps the place');
    for (const id of agents) await agentPageClosed(core, as(id), id);
    caller.socket.close(1000);
  });

  it('desk.md 13: the last agent leaves while five wait: all of them hear an exit within 10 s', async () => {
    const { core } = server.app;
    const agent = await newAgent({ skills: ['cars'] });
    await agentSeen(core, as(agent.id), agent.id);
    await setAgentStatus(core, as(agent.id), agent.id, 'online');
    const waiting = [];
    for (let n = 0; n < 5; n++) waiting.push(await webCall());
    const transfer = { agentId: null, skills: ['cars'], transferType: 'cold', reason: null } as const;
    await agentSeen(core, as(agent.id), agent.id);
    for (const { callId } of waiting) await transferCall(core, admin, callId, transfer, 'x');
    const leftMs = Date.now();
    await setAgentStatus(core, as(agent.id), agent.id, 'offline');
    await Promise.all(waiting.map(({ callId }) => hears(callId, 'welcome to wait')));
    for (const { callId } of waiting) {
      const { conversationId } = (await core.store.calls.byId(callId))!;
      const entries = await core.store.entries.ofCall(conversationId);
      const { at, startMs, endMs } = entries.find(({ text }) => text.includes('welcome to wait'))!;
      const lateMs = at.getTime() - leftMs;
      assert.ok(lateMs < 10_000 + endMs - startMs, `on record after ${lateMs} ms`);
    }
    for (const { caller } of waiting) caller.socket.close(1000);
  });

  it('desk.md 12, 13: a lost agent comes back; with the last agent gone the caller hears an exit', async () => {
    const { core } = server.app;
    const agent = await newAgent({ skills: ['tax'] });
    const { caller, callId } = await webCall();
    const said = (words: string) => hears(callId, words);
    await agentSeen(core, as(agent.id), agent.id);
    await setAgentStatus(core, as(agent.id), agent.id, 'online');
    const transfer = { agentId: null, skills: ['tax'], transferType: 'cold', reason: null } as const;
    const { offer } = await transferCall(core, admin, callId, transfer, 'x');
    const first = new SocketCaller(mediaUrl(await acceptOffer(core, as(agent.id), offer!.id)));
    await bridged(callId);
    first.socket.terminate();
    await said('connection to my colleague');
    const backMs = Date.now();
    const again = new SocketCaller(mediaUrl(await acceptOffer(core, as(agent.id), offer!.id)));
    speakFor(caller, 1000);
    await until('the agent to hear the caller again', 60_000, () => lately(again, 1000) > 1000);
    assert.ok(Date.now() - backMs < 5000, `audio after ${Date.now() - backMs} ms`);
    again.socket.terminate();
    await said('no longer on the line');
    const [lost] = await transfersOf(core, { id: callId });
    assert.ok(lost!.endedAt!.getTime() - backMs < 25_000, 'the AI agent takes over after 15 s');
    await wrapUpCall(core, as(agent.id), callId, { extend: false });
    await agentSeen(core, as(agent.id), agent.id);
    await transferCall(core, admin, callId, transfer, 'x');
    await setAgentStatus(core, as(agent.id), agent.id, 'offline');
    await said('welcome to wait');
    caller.socket.close(1000);
  });
});
