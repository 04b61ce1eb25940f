import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { addLeads } from '#core/campaigns/add-leads.ts';
import { campaignReadiness } from '#core/campaigns/campaigns.ts';
import { CAMPAIGN_DEFAULTS, type CampaignSettings } from '#core/campaigns/campaign.ts';
import { createCampaign, moveCampaign, updateCampaign } from '#core/campaigns/manage-campaigns.ts';
import { setAgentStatus } from '#core/desk/agent-status.ts';
import { createUser } from '#core/identity/users.ts';
import type { Context } from '#core/kernel/context.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import { campaignClient } from '../support/campaign-client.ts';
import { givenLead } from '../support/given-lead.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

// The dialler never sweeps here: whatever lets a lead be dialled has to wake it.

const LONG_MS = 60_000;
const SOON_MS = 1000;
const BUSY = '+15005550002';
const client = campaignClient(() => server);

let server: TestServer;
let ctx: Context;
before(async () => {
  server = await startServer({ SIMULATOR_SPEED: '40' }, { diallerSweepMs: Infinity });
  ctx = server.system;
});
after(async () => {
  // A server that stops gives its calls five seconds, which are short on a loaded machine.
  await server.database(`update campaigns set status = 'completed' where status = 'active'`);
  await until('all calls to end', LONG_MS, async () => {
    const live = await server.database(`select id from calls where status in ('placed', 'ringing', 'answered')`);
    for (const { id } of live) await server.app.core.live.send(Number(id), { type: 'end', reason: 'completed' });
    return live.length === 0 || null;
  });
  await server.close();
});

const campaign = async (settings: Partial<CampaignSettings> = {}) =>
  (await createCampaign(server.app.core, ctx, { name: 'C', ...settings })).id;
const add = (id: number, ...numbers: readonly string[]) =>
  addLeads(
    server.app.core,
    ctx,
    id,
    numbers.map((number) => givenLead(phoneNumber(number))),
  );
const start = (id: number) => moveCampaign(server.app.core, ctx, id, 'active');
const dialsOf = async (id: number): Promise<readonly { readonly at: number; readonly endedAt: number | null }[]> =>
  (
    await server.database(`
      select a.dialled_at, c.ended_at from attempts a join calls c on c.id = a.call_id
      where a.campaign_id = ${id} order by a.id`)
  ).map((row) => ({
    at: (row['dialled_at'] as Date).getTime(),
    endedAt: (row['ended_at'] as Date | null)?.getTime() ?? null,
  }));
/** The n-th dial of a campaign comes within a second of an instant. */
async function dialsSoon(id: number, n: number, sinceMs: number): Promise<void> {
  const dials = await until(`dial ${n} of campaign ${id}`, LONG_MS, async () => {
    const made = await dialsOf(id);
    return made.length >= n ? made : null;
  });
  const tookMs = dials[n - 1]!.at - sinceMs;
  assert.ok(tookMs <= SOON_MS, `dial ${n} comes after ${tookMs} ms`);
}
/** Nothing is left that a step could do. */
const idle = (id: number) =>
  until('the campaign to be idle', LONG_MS, async () => {
    const { dialableNow, blocked } = await campaignReadiness(server.app.core, ctx, id);
    return (dialableNow === 0 && blocked.being_called === undefined) || null;
  });

describe('16. without a sweep, a lead that may be dialled is dialled within a second', () => {
  it('when its campaign starts', async () => {
    const id = await campaign();
    await add(id, BUSY);
    const at = Date.now();
    await start(id);
    await dialsSoon(id, 1, at);
  });

  it('when it is added to a campaign that runs, and when a list of it has been imported', async () => {
    const id = await campaign();
    // It is dialled again in 15 minutes: the campaign goes on.
    await add(id, BUSY);
    await start(id);
    await until('the first dial', LONG_MS, async () => (await dialsOf(id)).length === 1 || null);
    await idle(id);
    const at = Date.now();
    await add(id, '+15005552001');
    await dialsSoon(id, 2, at);
    await client.imported(`campaign_${id}`, 'phone_number\n+15005552002\n');
    const [row] = await server.database(`select finished_at from lead_imports where campaign_id = ${id}`);
    await dialsSoon(id, 3, (row!['finished_at'] as Date).getTime());
  });

  it('when the call before it ends', async () => {
    const id = await campaign({ maxConcurrentCalls: 1 });
    await add(id, BUSY, '+15005550005', '+15005550003');
    await start(id);
    for (const n of [1, 2]) {
      const ended = await until(`call ${n} to end`, LONG_MS, async () => (await dialsOf(id))[n - 1]?.endedAt ?? null);
      await dialsSoon(id, n + 1, ended);
    }
  });

  it('when its campaign is resumed, its settings are changed, or its schedule begins', async () => {
    const startsAt = new Date(Date.now() + 1500);
    const id = await campaign({ startsAt, dailyCap: 1 });
    await add(id, '+15005552021', '+15005552022', '+15005552023');
    await start(id);
    await dialsSoon(id, 1, startsAt.getTime());
    assert.ok((await dialsOf(id))[0]!.at >= startsAt.getTime());
    const raisedMs = Date.now();
    await updateCampaign(server.app.core, ctx, id, { dailyCap: 2 });
    await dialsSoon(id, 2, raisedMs);
    await moveCampaign(server.app.core, ctx, id, 'paused');
    await updateCampaign(server.app.core, ctx, id, { dailyCap: null });
    const resumedMs = Date.now();
    await start(id);
    await dialsSoon(id, 3, resumedMs);
  });

  it('when it is due, and at the pace of its campaign', async () => {
    const minutes = [1500 / 60_000];
    const retries = { ...CAMPAIGN_DEFAULTS.retries, busy: { attempts: 1, wait: { kind: 'open', minutes } } } as const;
    const id = await campaign({ retries });
    await add(id, BUSY);
    await start(id);
    const ended = await until('the first call to end', LONG_MS, async () => (await dialsOf(id))[0]?.endedAt ?? null);
    await dialsSoon(id, 2, ended + 1500);
    const paced = await campaign({ callsPerSecond: 2 });
    await add(paced, '+15005552031', '+15005552032', '+15005552033', '+15005552034');
    await start(paced);
    const dials = await until('four dials', LONG_MS, async () => {
      const made = await dialsOf(paced);
      return made.length === 4 ? made : null;
    });
    const tookMs = dials[3]!.at - dials[0]!.at;
    assert.ok(tookMs >= 1300 && tookMs <= 2500, `four dials at two a second take ${tookMs} ms`);
  });

  it('when a human agent is free', async () => {
    const { core } = server.app;
    const user = await createUser(core, ctx, {
      email: 'ann@desk.test',
      name: 'Ann',
      role: 'agent',
      password: 'long-enough-password-7',
      phoneNumber: '+15005550003',
      answerBy: 'phone',
    });
    const id = await campaign({ needsHuman: true });
    await add(id, '+15005552041');
    await start(id);
    assert.deepEqual((await campaignReadiness(core, ctx, id)).blocked, { no_human: 1 });
    const agent: Context = { ...ctx, actor: { kind: 'user', id: user.id, role: 'agent', sessionId: 1 } };
    const at = Date.now();
    await setAgentStatus(core, agent, user.id, 'online');
    await dialsSoon(id, 1, at);
  });
});
