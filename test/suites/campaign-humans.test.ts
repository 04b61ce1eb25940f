import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { addLeads } from '#core/campaigns/add-leads.ts';
import { campaignReadiness, listLeads } from '#core/campaigns/campaigns.ts';
import { createCampaign, moveCampaign } from '#core/campaigns/manage-campaigns.ts';
import { agentSeen, setAgentStatus } from '#core/desk/agent-status.ts';
import { acceptOffer } from '#core/desk/answer-offer.ts';
import { viewDesk } from '#core/desk/desk-view.ts';
import { createUser } from '#core/identity/users.ts';
import type { Context } from '#core/kernel/context.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import { SocketCaller } from '../support/caller.ts';
import { givenLead } from '../support/given-lead.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

const LONG_MS = 60_000;
const HOUR_MS = 3_600_000;

let server: TestServer;
let admin: Context;
let agent: Context;
before(async () => {
  // An agent has to take the call while the telephone rings.
  server = await startServer({ SIMULATOR_SPEED: '1' });
  admin = server.system;
  const { id } = await createUser(server.app.core, admin, {
    email: 'ann@desk.test',
    name: 'Ann',
    role: 'agent',
    password: 'long-enough-password-7',
  });
  agent = { ...admin, actor: { kind: 'user', id, role: 'agent', sessionId: 1 } };
});
after(() => server.close());

const agentId = () => (agent.actor as { id: number }).id;
/** An agent on duty, with the page of the desk open. */
async function onDuty(): Promise<void> {
  const { core } = server.app;
  await agentSeen(core, agent, agentId());
  await setAgentStatus(core, agent, agentId(), 'online');
}

/** A campaign that promises a human agent, with one person to call. */
async function campaignOf(number: string): Promise<number> {
  const { core } = server.app;
  const { id } = await createCampaign(core, admin, { name: 'C', needsHuman: true, callerIds: [] });
  await addLeads(core, admin, id, [givenLead(phoneNumber(number))]);
  await moveCampaign(core, admin, id, 'active');
  return id;
}
const offered = () =>
  until(
    'an offer while the telephone rings',
    LONG_MS,
    async () => (await viewDesk(server.app.core, agent)).offers[0] ?? null,
  );
const callOf = (campaignId: number, status: string) =>
  until(`the call to be ${status}`, LONG_MS, async () => {
    const rows = await server.database(
      `select id, status, end_reason from calls where campaign_id = ${campaignId} and status = '${status}'`,
    );
    return rows[0] ?? null;
  });
const leadOf = async (campaignId: number) =>
  (await listLeads(server.app.core, admin, campaignId, {}, { skip: 0, limit: 1 })).rows[0]!;

describe('dialling.md 13: a campaign that promises a human agent', () => {
  it('whose agent leaves before the answer says who called within 2 s; the person rests for 72 hours', async () => {
    const { core } = server.app;
    await onDuty();
    const id = await campaignOf('+15005550006');
    await offered();
    await setAgentStatus(core, agent, agentId(), 'away');
    const call = await callOf(id, 'completed');
    assert.equal(call['end_reason'], 'abandoned');
    const said = await server.database(`
      select role, text, start_ms, end_ms from entries join conversations c on c.id = entries.conversation_id
      where c.call_id = ${String(call['id'])} order by start_ms`);
    const message = said.find(({ role }) => role === 'agent')!;
    assert.match(String(message['text']), /^This was a call from .*no one is free to talk to you/);
    const greeting = said.find(({ role }) => role === 'caller');
    const waitedMs = Number(message['start_ms']) - Number(greeting?.['end_ms'] ?? 0);
    assert.ok(waitedMs <= 2000, `the message begins ${waitedMs} ms after the greeting`);
    assert.equal(said.filter(({ role }) => role === 'agent').length, 1, 'the agent says nothing else');
    const lead = await leadOf(id);
    assert.deepEqual(
      [lead.status, lead.reason, lead.lastOutcome, lead.attempts],
      ['waiting', 'resting', 'abandoned', 1],
    );
    const restsMs = lead.dueAt.getTime() - Date.now();
    assert.ok(restsMs > 71.9 * HOUR_MS && restsMs < 72.1 * HOUR_MS, `${restsMs} ms`);
    const { abandonment } = await campaignReadiness(core, admin, id);
    const counted = { live: 1, abandoned: 1 };
    assert.deepEqual(abandonment, { day: counted, month: counted });
  });

  it('gives the person to the agent who took the call while it rang, and counts a live answer', async () => {
    const { core } = server.app;
    await onDuty();
    const id = await campaignOf('+15005550010');
    const offer = await offered();
    const { call, token } = await acceptOffer(core, agent, offer.id);
    const media = new SocketCaller(
      `${server.url.replace('http', 'ws')}/voice/websocket?call_sid=${call.sid}&token=${token}`,
    );
    media.speak(Int16Array.from({ length: 8000 * 60 }, (_, i) => 8000 * Math.sin((2 * Math.PI * 440 * i) / 8000)));
    await until('the agent to have the person', LONG_MS, async () => {
      const rows = await server.database(`select state from queue_entries where call_id = ${call.id}`);
      return rows[0]?.['state'] === 'connected' || null;
    });
    const answered = await callOf(id, 'answered');
    assert.equal(answered['id'], call.id);
    await core.live.send(call.id, { type: 'end', reason: 'completed', by: 'human' });
    await callOf(id, 'completed');
    assert.equal((await leadOf(id)).lastOutcome, 'answered');
    const { abandonment } = await campaignReadiness(core, admin, id);
    assert.deepEqual(abandonment?.day, { live: 1, abandoned: 0 });
    media.socket.close();
  });

  it('releases the agent where a machine answers, which is no live answer', async () => {
    const { core } = server.app;
    await until('the agent to be free', LONG_MS, async () => {
      const [row] = await server.database(`select wrap_up_until from desk_agents where user_id = ${agentId()}`);
      return row?.['wrap_up_until'] === null || null;
    });
    await onDuty();
    const id = await campaignOf('+15005550004');
    await offered();
    await callOf(id, 'voicemail');
    assert.equal((await viewDesk(core, agent)).offers.length, 0);
    assert.deepEqual((await campaignReadiness(core, admin, id)).abandonment?.day, { live: 0, abandoned: 0 });
  });
});
