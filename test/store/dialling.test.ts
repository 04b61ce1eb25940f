import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { capacityHold } from '#core/campaigns/capacity.ts';
import { claimNext } from '#core/campaigns/claim-next.ts';
import { getCampaign } from '#core/campaigns/campaigns.ts';
import { dialLead } from '#core/campaigns/dial-lead.ts';
import { addLeads } from '#core/campaigns/add-leads.ts';
import { createCampaign, moveCampaign } from '#core/campaigns/manage-campaigns.ts';
import { OpenPlaces } from '#core/campaigns/open-places.ts';
import type { Core } from '#core/core.ts';
import { DESK_POLICY, type Desk } from '#core/desk/desk.ts';
import type { DeskEvent } from '#core/desk/desk-event.ts';
import { deskStep } from '#core/desk/desk-step.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import { givenLead } from '../support/given-lead.ts';
import { openTestStore, serverName, type TestStore } from './test-store.ts';

// The dialler's claims and dials on the database, without a server around them.

const SERVER = 'server-1';

describe(`dialling on Postgres ${serverName}`, () => {
  let opened: TestStore;
  let core: Core;
  let ctx: { organizationId: number; requestId: string; actor: { kind: 'system'; name: string } };
  let serial = 0;
  before(async () => {
    opened = await openTestStore();
    ctx = { organizationId: opened.organizationId, requestId: 'r', actor: { kind: 'system', name: 'test' } };
    core = {
      store: opened.store,
      // 13:00 in Chicago.
      clock: { now: () => new Date('2026-06-09T18:00:00Z') },
      secrets: { keyedHash: (text: string) => `hash of ${text}`, callSid: () => `CA${++serial}` },
      carriers: {
        current: () => Promise.resolve({ id: 'simulator', real: false, resting: false, recovering: false }),
        failover: () => Promise.resolve([]),
      },
      live: { send: () => Promise.resolve('not-running'), dial: () => Promise.resolve() },
      limits: { maxConcurrentCalls: 100, leaseMs: 60_000 },
    } as unknown as Core;
  });
  after(() => opened.close());

  const reservation = { serverId: SERVER, give: () => undefined };
  const claim = () =>
    claimNext(core, { owner: SERVER, places: new OpenPlaces(), reserve: () => reservation, isHeld: () => false });

  it('13. a campaign that needs human agents dials as many people as agents are free, and none without', async () => {
    const { id } = await createCampaign(core, ctx, { name: 'C', needsHuman: true });
    const numbers = Array.from({ length: 5 }, () => phoneNumber(`+1312${2_500_000 + serial++}`));
    await addLeads(
      core,
      ctx,
      id,
      numbers.map((number) => givenLead(number)),
    );
    await moveCampaign(core, ctx, id, 'active');
    const hold = async () => capacityHold(core, await getCampaign(core, ctx, id));
    assert.deepEqual(await claim(), []);
    assert.equal(await hold(), 'no_human');
    const agents = [await freeAgent('ann'), await freeAgent('bob'), await freeAgent('cy')];
    const claimed = await claim();
    assert.equal(claimed.length, 3);
    assert.equal(await hold(), 'no_human', 'the claimed ones will need them');
    const dialled = await dialLead(core, claimed[0]!.lead, SERVER, reservation);
    assert.ok('call' in dialled);
    assert.equal(await hold(), 'no_human', 'the person who is called will need one');
    // An agent leaves between claim and dial.
    await change({ type: 'status', agentId: agents[0]!, wanted: 'away', reason: null, at: core.clock.now() });
    const second = await dialLead(core, claimed[1]!.lead, SERVER, reservation);
    assert.ok('call' in second);
    assert.deepEqual(await dialLead(core, claimed[2]!.lead, SERVER, reservation), { reason: 'capacity' });
  });

  const change = (event: DeskEvent) =>
    opened.store.transaction(async (records) => {
      const stored = await records.desk.lock(ctx.organizationId);
      const desk: Desk = { ...stored, simulated: true, policy: DESK_POLICY };
      return records.desk.save(ctx.organizationId, desk, deskStep(desk, event, core.clock.now()));
    });

  async function freeAgent(name: string): Promise<number> {
    const user = await opened.store.users.insert({
      organizationId: ctx.organizationId,
      email: `${name}@desk.example`,
      name,
      role: 'agent',
      preferences: {},
      passwordHash: 'x',
      answerBy: 'phone',
      phoneNumber: '+15005550107',
      skills: [],
      at: new Date(0),
    });
    await change({ type: 'status', agentId: user!.id, wanted: 'online', reason: null, at: core.clock.now() });
    return user!.id;
  }
});
