import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { capacityHold } from '#core/campaigns/capacity.ts';
import { claimNext } from '#core/campaigns/claim-next.ts';
import { readSpokenTime } from '#core/bookings/spoken-time.ts';
import { finishCall } from '#core/calls/finish-call.ts';
import { campaignReadiness, getCampaign, listLeads } from '#core/campaigns/campaigns.ts';
import { dialLead } from '#core/campaigns/dial-lead.ts';
import { addLeads } from '#core/campaigns/add-leads.ts';
import { completeIfDone } from '#core/campaigns/complete-campaigns.ts';
import { createCampaign, moveCampaign } from '#core/campaigns/manage-campaigns.ts';
import { OpenPlaces } from '#core/campaigns/open-places.ts';
import { Recalls } from '#core/campaigns/recall-dials.ts';
import type { Core } from '#core/core.ts';
import { DESK_POLICY, type Desk } from '#core/desk/desk.ts';
import type { DeskEvent } from '#core/desk/desk-event.ts';
import { deskStep } from '#core/desk/desk-step.ts';
import type { Call } from '#core/calls/call.ts';
import { timeZone } from '#core/kernel/locale.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import { Dialler } from '#dialler/dialler.ts';
import { newEntry } from '../desk/made-up-desk.ts';
import { givenLead } from '../support/given-lead.ts';
import { until } from '../support/server.ts';
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
      failed: (error) => assert.ifError(error),
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

  it('13. a person who met no agent and then refuses further calls counts as abandoned', async () => {
    const { id } = await createCampaign(core, ctx, { name: 'Refused', needsHuman: true });
    const number = phoneNumber(`+1312${2_540_000 + serial++}`);
    await addLeads(core, ctx, id, [givenLead(number)]);
    await moveCampaign(core, ctx, id, 'active');
    await freeAgent('dee');
    const [claimed] = await claim(id);
    const dialled = await dialLead(core, claimed!.lead, SERVER, reservation);
    assert.ok('call' in dialled);
    await opened.database.pool.query(
      "update calls set dialled_at = placed_at, answered_at = placed_at, status = 'answered' where id = $1",
      [dialled.call.id],
    );
    await opened.store.doNotCall.add(ctx.organizationId, [number], { campaignId: null, source: 'spoken', at: now });
    await finishCall(core, dialled.call.id, null, { status: 'completed', reason: 'abandoned', failure: null });
    const { abandonment } = await campaignReadiness(core, ctx, id);
    assert.deepEqual(abandonment?.day, { live: 1, abandoned: 1 });
    await moveCampaign(core, ctx, id, 'completed');
  });

  /** Records of which some methods are replaced. */
  const having = <T extends object>(records: T, methods: Partial<T>): T =>
    new Proxy(records, {
      get(target, key) {
        const found: unknown = Reflect.get(key in methods ? methods : target, key);
        return typeof found === 'function' ? (found.bind(target) as unknown) : found;
      },
    });

  it('a part of a step that fails keeps nothing else from being done, and no slot', async () => {
    const { id } = await createCampaign(core, ctx, { name: 'Slots' });
    const other = await createCampaign(core, ctx, { name: 'Poisoned' });
    for (const one of [id, other.id]) {
      await addLeads(core, ctx, one, [givenLead(phoneNumber(`+1312${2_550_000 + serial++}`))]);
      await moveCampaign(core, ctx, one, 'active');
    }
    const failing = (name: string) => () => Promise.reject(new Error(name));
    const { dialling, attempts, campaigns } = opened.store;
    const poisoned = {
      ...opened.store,
      attempts: having(attempts, { overdue: failing('overdue') }),
      dialling: having(dialling, {
        nextInstant: failing('nextInstant'),
        // As if the second one were of another organization, whose records cannot be read.
        active: async () =>
          (await dialling.active()).map((load) =>
            load.campaign.id === other.id ? { ...load, campaign: { ...load.campaign, organizationId: -1 } } : load,
          ),
      }),
      campaigns: having(campaigns, {
        callingRules: (organizationId: number) =>
          organizationId === -1 ? Promise.reject(new Error('rules')) : campaigns.callingRules(organizationId),
      }),
    };
    const failures: string[] = [];
    let slots = 0;
    const claimed = await claimNext(
      { ...core, store: poisoned },
      {
        owner: SERVER,
        places: new OpenPlaces(),
        recalls,
        reserve: () => {
          slots++;
          return { serverId: SERVER, give: () => void slots-- };
        },
        isHeld: (campaignId) => campaignId !== id,
        lookAgain: () => undefined,
        failed: (error) => failures.push((error as Error).message),
      },
    );
    assert.deepEqual(failures, ['overdue', 'rules', 'nextInstant']);
    assert.deepEqual([claimed.map(({ lead }) => lead.campaignId), slots], [[id], 1]);
    for (const one of [id, other.id]) await moveCampaign(core, ctx, one, 'completed');
  });

  it('a lead that is added while its campaign would be completed keeps it open', async () => {
    const { id } = await createCampaign(core, ctx, { name: 'Open' });
    const add = (of: Core) => addLeads(of, ctx, id, [givenLead(phoneNumber(`+1312${2_570_000 + serial++}`))]);
    await add(core);
    await moveCampaign(core, ctx, id, 'active');
    const { pool } = opened.database;
    await pool.query("update leads set status = 'done', reason = 'answered' where campaign_id = $1", [id]);
    const [added, commit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const transaction: Core['store']['transaction'] = (work) =>
      opened.store.transaction(async (records) => {
        const result = await work(records);
        added.resolve();
        await commit.promise;
        return result;
      });
    const adding = add({ ...core, store: { ...opened.store, transaction } });
    await added.promise;
    let isOver = false;
    const completing = completeIfDone(core, ctx.organizationId, id).finally(() => (isOver = true));
    await until('the completion to wait or to end', 10_000, async () => {
      const { rows } = await pool.query('select from pg_locks where not granted');
      return isOver || rows.length > 0 || null;
    });
    commit.resolve();
    await adding;
    assert.equal(await completing, false);
    await moveCampaign(core, ctx, id, 'completed');
    await assert.rejects(add(core), /completed/);
  });

  it('counts of leads are added up where that makes them fewer, and not written anew for nothing', async () => {
    const { id } = await createCampaign(core, ctx, { name: 'Counts' });
    await addLeads(core, ctx, id, [givenLead(phoneNumber(`+1312${2_560_000 + serial++}`))]);
    const { pool } = opened.database;
    const add = (reason: string) =>
      pool.query(
        `insert into lead_counts select campaign_id, place_id, 'blocked', ${reason}, false, 1
        from lead_counts, generate_series(1, 300) n where campaign_id = $1 and reason is null`,
        [id],
      );
    const rows = async () =>
      (await pool.query('select xmin, leads from lead_counts where campaign_id = $1 order by reason', [id])).rows;
    await add("'r' || n");
    const many = await rows();
    await opened.store.dialling.compactCounts(true);
    assert.deepEqual(await rows(), many, '301 kinds of leads');
    for (let time = 0; time < 2; time++) await add("'r' || n");
    await opened.store.dialling.compactCounts(false);
    assert.equal((await rows()).length, 901, 'the campaign neither dials nor imports');
    await opened.store.dialling.compactCounts(true);
    assert.deepEqual(
      (await rows()).map(({ leads }) => Number(leads)),
      [...Array.from({ length: 300 }, () => 3), 1],
    );
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
  async function promised(dueAt: Date, before: (call: Call) => Promise<unknown> = () => Promise.resolve()) {
    const { id } = await createCampaign(core, ctx, { name: 'Callbacks' });
    await addLeads(core, ctx, id, [givenLead(phoneNumber(`+1312${2_600_000 + serial++}`))]);
    await moveCampaign(core, ctx, id, 'active');
    const [first] = await claim(id);
    const dialled = await dialLead(core, first!.lead, SERVER, reservation);
    assert.ok('call' in dialled);
    const callback = { personId: null, number: null, wanted: 'tomorrow at three', dueAt, reason: 'asked' };
    const ours = { ...callback, conversationId: dialled.call.conversationId };
    await opened.store.bookings.insertCallback(ctx.organizationId, ours, now);
    await before(dialled.call);
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

  it('22. who keeps a place in line is called by the desk, and not by the campaign as well', async () => {
    now = new Date('2026-06-09T18:00:00Z');
    const due = new Date('2026-06-10T18:00:00Z');
    const { id, lead } = await promised(due, async ({ id: callId }) => {
      await change({ type: 'enter', entry: newEntry(callId) });
      await change({ type: 'take-callback', callId, number: '+13125550100', at: due });
      const talked = "update calls set answered_at = placed_at - interval '1 minute' where id = $1";
      await opened.database.pool.query(talked, [callId]);
    });
    const { status, callbackAt } = await lead();
    assert.deepEqual([status, callbackAt], ['done', null]);
    assert.deepEqual(await callbacks(id), { promised: 0, missed: 0 });
  });

  it('22. a promised callback whose dial is recalled while it rings stays promised', async () => {
    now = new Date('2026-06-09T18:00:00Z');
    const due = new Date('2026-06-10T18:00:00Z');
    const { id, lead } = await promised(due);
    now = due;
    const [claimed] = await claim(id);
    const dialled = await dialLead(core, claimed!.lead, SERVER, reservation);
    assert.ok('call' in dialled);
    await opened.database.pool.query('update calls set dialled_at = placed_at where id = $1', [dialled.call.id]);
    await moveCampaign(core, ctx, id, 'paused');
    await claim(id);
    await recalls.settled();
    const recalled = await lead();
    assert.deepEqual([recalled.status, recalled.lastOutcome, recalled.callbackAt], ['ready', 'canceled', due]);
    await moveCampaign(core, ctx, id, 'active');
    assert.equal((await claim(id)).length, 1);
  });

  it('many claimed leads are dialled a few at a time: each dial takes a connection until it is stored', async () => {
    const { id } = await createCampaign(core, ctx, { name: 'Many' });
    const numbers = Array.from({ length: 20 }, () => phoneNumber(`+1312${2_580_000 + serial++}`));
    await addLeads(
      core,
      ctx,
      id,
      numbers.map((number) => givenLead(number)),
    );
    await moveCampaign(core, ctx, id, 'active');
    let [atOnce, most] = [0, 0];
    const transaction: Core['store']['transaction'] = async (work) => {
      most = Math.max(most, ++atOnce);
      try {
        return await opened.store.transaction(work);
      } finally {
        atOnce--;
      }
    };
    const errors: unknown[] = [];
    const dialler = new Dialler({
      core: {
        ...core,
        live: { ...core.live, reserve: () => ({ reservation }) },
        store: { ...opened.store, transaction },
      },
      serverId: SERVER,
      log: { info: () => undefined, warn: () => undefined, error: (fields) => errors.push(fields) },
    });
    await until('all dials', 30_000, async () => {
      const { rowCount } = await opened.database.pool.query('select from attempts where campaign_id = $1', [id]);
      return rowCount === numbers.length || null;
    });
    await dialler.close();
    assert.ok(most <= 5, `${most} transactions at once`);
    assert.deepEqual(errors, []);
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
