import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { capacityHold } from '#core/campaigns/capacity.ts';
import { claimNext } from '#core/campaigns/claim-next.ts';
import { readSpokenTime } from '#core/bookings/spoken-time.ts';
import { finishCall } from '#core/calls/finish-call.ts';
import { campaignReadiness, getCampaign, listLeads } from '#core/campaigns/campaigns.ts';
import { dialLead } from '#core/campaigns/dial-lead.ts';
import { addLeads } from '#core/campaigns/add-leads.ts';
import { createCampaign, moveCampaign } from '#core/campaigns/manage-campaigns.ts';
import { OpenPlaces } from '#core/campaigns/open-places.ts';
import { Recalls } from '#core/campaigns/recall-dials.ts';
import type { Core } from '#core/core.ts';
import { DESK_POLICY, type Desk } from '#core/desk/desk.ts';
import type { DeskEvent } from '#core/desk/desk-event.ts';
import { deskStep } from '#core/desk/desk-step.ts';
import { timeZone } from '#core/kernel/locale.ts';
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
  const notRunning = (_: number): Promise<'not-running'> => Promise.resolve('not-running');
  let sends = notRunning;
  // 13:00 in Chicago.
  let now = new Date('2026-06-09T18:00:00Z');
  before(async () => {
    opened = await openTestStore();
    ctx = { organizationId: opened.organizationId, requestId: 'r', actor: { kind: 'system', name: 'test' } };
    core = {
      store: opened.store,
      clock: { now: () => now },
      secrets: { keyedHash: (text: string) => `hash of ${text}`, callSid: () => `CA${++serial}` },
      carriers: {
        current: () => Promise.resolve({ id: 'simulator', real: false, resting: false, recovering: false }),
        failover: () => Promise.resolve([]),
      },
      live: { send: (to: number) => sends(to), dial: () => Promise.resolve() },
      limits: { maxConcurrentCalls: 100, leaseMs: 60_000 },
    } as unknown as Core;
  });
  after(() => opened.close());

  const failedRecalls: number[] = [];
  const recalls = new Recalls((_, callId) => failedRecalls.push(callId));
  const reservation = { serverId: SERVER, give: () => undefined };
  /** Claims leads of one campaign, or of all. */
  const claim = (of?: number) =>
    claimNext(core, {
      owner: SERVER,
      places: new OpenPlaces(),
      recalls,
      reserve: () => reservation,
      isHeld: (id) => of !== undefined && id !== of,
      lookAgain: () => undefined,
    });

  it('dialling.md 13: a campaign that needs agents dials as many people as are free, and none without', async () => {
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

  it('5. a dial whose server is slow to end it delays no other dial, and its end is known in the end', async () => {
    now = new Date('2026-06-09T18:00:00Z');
    const running = async () => {
      const { id } = await createCampaign(core, ctx, { name: 'C' });
      const numbers = [1, 2].map(() => phoneNumber(`+1312${2_700_000 + serial++}`));
      await addLeads(
        core,
        ctx,
        id,
        numbers.map((number) => givenLead(number)),
      );
      await moveCampaign(core, ctx, id, 'active');
      return id;
    };
    const [slow, other] = [await running(), await running()];
    const [first] = await claim(slow);
    const dialled = await dialLead(core, first!.lead, SERVER, reservation);
    assert.ok('call' in dialled);
    const { id: callId } = dialled.call;
    const call = async () => (await opened.store.calls.byId(callId))!;
    await moveCampaign(core, ctx, slow, 'paused');
    const sent: number[] = [];
    const answer = Promise.withResolvers<'not-running'>();
    sends = (to) => {
      sent.push(to);
      return sent.length === 1 ? Promise.reject(new Error('is away')) : answer.promise;
    };
    assert.equal((await claim(other)).length, 2, 'the other campaign is dialled');
    await recalls.settled();
    assert.deepEqual([failedRecalls, (await call()).endedAt], [[callId], null]);
    await claim(other);
    await claim(other);
    assert.deepEqual(sent, [callId, callId], 'an end that failed begins again, and goes on once at a time');
    answer.resolve('not-running');
    await recalls.settled();
    assert.deepEqual([(await call()).status, (await call()).endReason], ['canceled', 'campaign_paused']);
    sends = notRunning;
  });

  /** A campaign whose only lead, in Chicago, asks on its first call to be called at a time. */
  async function promised(dueAt: Date) {
    const { id } = await createCampaign(core, ctx, { name: 'Callbacks' });
    await addLeads(core, ctx, id, [givenLead(phoneNumber(`+1312${2_600_000 + serial++}`))]);
    await moveCampaign(core, ctx, id, 'active');
    const [first] = await claim(id);
    const dialled = await dialLead(core, first!.lead, SERVER, reservation);
    assert.ok('call' in dialled);
    const callback = { personId: null, number: null, wanted: 'tomorrow at three', dueAt, reason: 'asked' };
    const ours = { ...callback, conversationId: dialled.call.conversationId };
    await opened.store.bookings.insertCallback(ctx.organizationId, ours, now);
    await opened.database.pool.query('update calls set dialled_at = placed_at where id = $1', [dialled.call.id]);
    await finishCall(core, dialled.call.id, null, { status: 'completed', reason: 'caller_hung_up', failure: null });
    const lead = async () => {
      const { rows } = await listLeads(core, ctx, id, {}, { skip: 0, limit: 10 });
      return rows[0]!;
    };
    return { id, lead };
  }
  const callbacks = async (id: number) => (await campaignReadiness(core, ctx, id)).callbacks;

  it('22. a callback promised for 15:00 over a change of the clocks is dialled at 15:00 of the person', async () => {
    // Saturday 13:00 in Chicago; clocks are put back in the night, so that 15:00 is 21:00 UTC on Sunday.
    now = new Date('2026-10-31T18:00:00Z');
    const zone = timeZone('America/Chicago');
    const { at } = readSpokenTime('tomorrow at 3 pm', { now, zone, dateOrder: 'month-first' });
    assert.equal(at?.toISOString(), '2026-11-01T21:00:00.000Z');
    const { id, lead } = await promised(at);
    const { blockedBy, nextAttemptAt, callbackAt } = await lead();
    assert.deepEqual([blockedBy, nextAttemptAt, callbackAt], ['resting', at, at]);
    assert.deepEqual(await callbacks(id), { promised: 1, missed: 0 });
    now = new Date(at.getTime() - 1000);
    assert.deepEqual(await claim(id), []);
    now = at;
    const [claimed] = await claim(id);
    const dialled = await dialLead(core, claimed!.lead, SERVER, reservation);
    assert.ok('call' in dialled);
    await opened.database.pool.query('update calls set dialled_at = placed_at where id = $1', [dialled.call.id]);
    await finishCall(core, dialled.call.id, null, { status: 'completed', reason: 'caller_hung_up', failure: null });
    const kept = await lead();
    assert.deepEqual([kept.status, kept.callbackAt, kept.callbackMissed, kept.attempts], ['done', null, null, 2]);
    assert.deepEqual(await callbacks(id), { promised: 0, missed: 0 });
  });

  it('22. a promised callback that cannot be dialled in time is missed once, with its reason', async () => {
    now = new Date('2026-06-09T18:00:00Z');
    const due = new Date('2026-06-10T18:00:00Z');
    const { id, lead } = await promised(due);
    await moveCampaign(core, ctx, id, 'paused');
    now = new Date(due.getTime() + 15 * 60_000);
    await claim(id);
    assert.deepEqual(await callbacks(id), { promised: 1, missed: 0 }, 'within the tolerance');
    now = new Date(now.getTime() + 1000);
    await Promise.all([claim(id), claim(id)]);
    assert.equal((await lead()).callbackMissed, 'paused');
    assert.deepEqual(await callbacks(id), { promised: 0, missed: 1 });
    const { rows } = await opened.database.pool.query("select detail from audit where action = 'callback.miss'");
    assert.deepEqual(
      rows.map(({ detail }) => detail),
      [{ promised: due.toISOString(), reason: 'paused' }],
    );
    await moveCampaign(core, ctx, id, 'active');
    assert.equal((await claim(id)).length, 1, 'it is dialled as soon as it may be');
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
