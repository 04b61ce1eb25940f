import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { overrideRule, setOwnRules } from '#core/campaigns/calling-rules.ts';
import { addLeads } from '#core/campaigns/add-leads.ts';
import { givenLead } from '../support/given-lead.ts';
import type { GivenLead } from '#core/campaigns/lead.ts';
import {
  campaignProgress,
  campaignReadiness,
  getCampaign,
  listCampaigns,
  listLeads,
} from '#core/campaigns/campaigns.ts';
import { createCampaign, moveCampaign, updateCampaign } from '#core/campaigns/manage-campaigns.ts';
import type { Core } from '#core/core.ts';
import { WEEKDAYS } from '#core/dialling/week-hours.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import { allowCalls, importDoNotCall } from '#core/people/do-not-call.ts';
import { recordConsent, revokeConsent } from '#core/people/consents.ts';
import { erasePerson } from '#core/people/erase-person.ts';
import { refuseCalls } from '#core/people/refuse-calls.ts';
import { openTestStore, serverName, type TestStore } from './test-store.ts';

let opened: TestStore;
let core: Core;
let ctx: { organizationId: number; requestId: string; actor: { kind: 'system'; name: string } };
// 13:00 in Chicago.
let now = new Date('2026-06-09T18:00:00Z');
const secrets = { keyedHash: (text: string) => `hash of ${text}` };

before(async () => {
  opened = await openTestStore();
  ctx = { organizationId: opened.organizationId, requestId: 'r', actor: { kind: 'system', name: 'test' } };
  core = {
    store: opened.store,
    clock: { now: () => now },
    secrets,
    carriers: { current: () => Promise.resolve({ real: false }) },
    limits: { maxConcurrentCalls: 10 },
  } as unknown as Core;
});
after(() => opened.close());

const PAGE = { skip: 0, limit: 100 };
let serial = 0;
/** A number of Chicago, or of another area code, that no other test uses. */
const fresh = (area = '312') => `+1${area}${String(2_000_000 + serial++).padStart(7, '0')}`;
const campaignWith = async (leads: readonly GivenLead[]) => {
  const { id } = await createCampaign(core, ctx, { name: 'C' });
  await addLeads(core, ctx, id, leads);
  return id;
};
const standing = async (campaignId: number, number: string) => {
  const found = (await opened.store.leads.byNumber(campaignId, number))!;
  return found.reason === null ? found.status : `${found.status}: ${found.reason}`;
};
const readiness = (id: number) => campaignReadiness(core, ctx, id);
const inOrganization = (organizationId: number) => ({ ...ctx, organizationId });

describe(`campaigns and leads on Postgres ${serverName}`, () => {
  it('gives a campaign back as it was made and changed, to its organization only', async () => {
    const hours = { mon: [['09:00', '12:00']] } as const;
    const made = await createCampaign(core, ctx, {
      name: 'Offer',
      type: 'outbound_sales',
      callingHours: hours,
      dailyCap: 5,
    });
    assert.deepEqual(await getCampaign(core, ctx, made.id), made);
    assert.deepEqual([made.status, made.maxAttempts, made.startedAt], ['draft', 3, null]);
    const changed = await updateCampaign(core, ctx, made.id, { dailyCap: null, description: 'of a new kind' });
    assert.deepEqual({ ...changed, updatedAt: now }, { ...made, dailyCap: null, description: 'of a new kind' });
    await assert.rejects(updateCampaign(core, ctx, made.id, { weight: 0 }), { code: 'invalid-input' });
    await assert.rejects(createCampaign(core, ctx, { name: 'x', agentId: 999 }), { code: 'not-found' });
    const elsewhere = inOrganization(ctx.organizationId + 1);
    await assert.rejects(getCampaign(core, elsewhere, made.id), { code: 'not-found' });
    await assert.rejects(updateCampaign(core, elsewhere, made.id, { name: 'x' }), { code: 'not-found' });
    await assert.rejects(moveCampaign(core, elsewhere, made.id, 'completed'), { code: 'not-found' });
    await assert.rejects(addLeads(core, elsewhere, made.id, [givenLead(fresh())]), { code: 'not-found' });
    await assert.rejects(readiness(made.id + 100), { code: 'not-found' });
    const found = async (filter: Parameters<typeof listCampaigns>[2]) =>
      (await listCampaigns(core, ctx, filter, PAGE)).rows.map(({ id }) => id);
    assert.deepEqual(await found({ search: 'NEW kind', type: 'outbound_sales', status: 'draft' }), [made.id]);
    assert.deepEqual(await found({ search: 'offer' }), [made.id]);
    assert.deepEqual(await found({ type: 'outbound' }), []);
  });

  it('23. starts only without findings that prevent it, and says which', async () => {
    const { id } = await createCampaign(core, ctx, { name: 'C' });
    await assert.rejects(moveCampaign(core, ctx, id, 'active'), { code: 'unchangeable', message: /add leads/ });
    const paused = await createCampaign(core, ctx, { name: 'D' });
    await moveCampaign(core, ctx, paused.id, 'paused');
    await assert.rejects(moveCampaign(core, ctx, paused.id, 'active'), { code: 'unchangeable', message: /add leads/ });
    const refused = fresh();
    await refuseCalls(core, ctx, phoneNumber(refused), 'api');
    await addLeads(core, ctx, id, [givenLead(refused)]);
    await assert.rejects(moveCampaign(core, ctx, id, 'active'), { message: /None of the leads may be called/ });
    await addLeads(core, ctx, id, [givenLead(fresh())]);
    await updateCampaign(core, ctx, id, { endsAt: now });
    await assert.rejects(moveCampaign(core, ctx, id, 'active'), (error: { issues: { path: string }[] }) =>
      error.issues.map(({ path }) => path).includes('schedule.end_date'),
    );
    await updateCampaign(core, ctx, id, { endsAt: null });
    const { canStart, findings } = await readiness(id);
    assert.deepEqual(
      [canStart, findings.map(({ field, prevents }) => [field, prevents])],
      [
        true,
        [
          ['leads', false],
          ['leads', false],
          ['settings.require_consent', false],
          ['settings.caller_id', false],
          ['carrier', false],
        ],
      ],
    );
    assert.equal((await moveCampaign(core, ctx, id, 'active')).status, 'active');
    const first = await moveCampaign(core, ctx, id, 'active');
    assert.deepEqual(first.startedAt, now);
    for (const to of ['paused', 'active', 'completed'] as const)
      assert.equal((await moveCampaign(core, ctx, id, to)).status, to);
    await assert.rejects(moveCampaign(core, ctx, id, 'paused'), { code: 'unchangeable' });
    await assert.rejects(addLeads(core, ctx, id, [givenLead(fresh())]), {
      code: 'unchangeable',
      message: /resume it first/,
    });
    assert.equal((await moveCampaign(core, ctx, id, 'active')).completedAt, null);
    const { rows: told } = await opened.database.pool.query<{ type: string }>(
      "select type from events where payload->>'campaignId' = $1 order by id",
      [String(id)],
    );
    // A second start tells nothing.
    assert.deepEqual(
      told.map(({ type }) => type.slice('campaign.'.length)),
      ['started', 'paused', 'started', 'completed', 'started'],
    );
  });

  it('23. each finding alone prevents the start and names the field; warnings do not', async () => {
    const agent = (
      await opened.store.agents.insert(
        ctx.organizationId,
        { ...(await opened.store.agents.default(ctx.organizationId))!, isActive: false },
        false,
        now,
      )
    ).id;
    const never = Object.fromEntries(WEEKDAYS.map((day) => [day, []]));
    const cases: readonly (readonly [Parameters<typeof updateCampaign>[3], string, boolean])[] = [
      [{ agentId: agent }, 'agent_id', true],
      [{ endsAt: now }, 'schedule.end_date', true],
      [{ callingHours: never }, 'settings.calling_hours', true],
      [{ callerIds: ['+13125550100'] }, 'settings.caller_id', false],
      [{ needsHuman: true }, 'settings.needs_human', false],
      [{ script: 'Your plan is {{plan}}.' }, 'agent_id', false],
    ];
    for (const [change, field, prevents] of cases) {
      const id = await campaignWith([givenLead(fresh(), { variables: { plan: 'gold' } }), givenLead(fresh())]);
      await updateCampaign(core, ctx, id, change);
      const { canStart, findings } = await readiness(id);
      assert.ok(
        findings.some((one) => one.field === field && one.prevents === prevents),
        `${field}: ${JSON.stringify(findings)}`,
      );
      assert.equal(canStart, !prevents);
      const start = moveCampaign(core, ctx, id, 'active');
      if (prevents) await assert.rejects(start, { code: 'unchangeable' });
      else await start;
    }
  });

  it('has one lead per number, and the same rows twice change nothing', async () => {
    const [one, other] = [fresh(), fresh()];
    const { id } = await createCampaign(core, ctx, { name: 'C' });
    const rows = [givenLead(one, { name: 'Ann', variables: { plan: 'gold' }, region: 'IL' }), givenLead(other)];
    assert.deepEqual(await addLeads(core, ctx, id, rows), { created: 2, updated: 0, unchanged: 0 });
    assert.deepEqual(await addLeads(core, ctx, id, rows), { created: 0, updated: 0, unchanged: 2 });
    const changed = [
      givenLead(one, { email: 'a@b.example', variables: { color: 'red' } }),
      givenLead(other, { timeZone: 'Asia/Tokyo' }),
    ];
    assert.deepEqual(await addLeads(core, ctx, id, changed), { created: 0, updated: 2, unchanged: 0 });
    const [ann] = (await listLeads(core, ctx, id, {}, PAGE)).rows;
    assert.deepEqual([ann!.name, ann!.email, ann!.variables], ['Ann', 'a@b.example', { plan: 'gold', color: 'red' }]);
    assert.deepEqual((await readiness(id)).blocked, { not_started: 2 });
    await assert.rejects(addLeads(core, ctx, id, [givenLead(fresh(), { timeZone: 'Mars/Olympus' })]), {
      code: 'invalid-input',
    });
  });

  it('answers for each lead why it is not dialled', async () => {
    const [blocked, away] = [fresh(), fresh('213')];
    await refuseCalls(core, ctx, phoneNumber(blocked), 'api');
    const id = await campaignWith([
      givenLead(fresh()),
      givenLead('+15005550006'),
      givenLead(blocked),
      givenLead(fresh('800')),
      givenLead(away, { postalCode: '60601' }),
      givenLead(fresh(), { consent: { given: false, source: 'list' } }),
    ]);
    assert.deepEqual((await readiness(id)).blocked, { not_started: 3, do_not_call: 1, zone_unknown: 1, no_consent: 1 });
    await moveCampaign(core, ctx, id, 'active');
    assert.equal((await readiness(id)).dialableNow, 3);
    // 21:00 in Chicago, 19:00 in Los Angeles.
    now = new Date('2026-06-10T02:00:00Z');
    const { dialableNow, blocked: reasons, total, opensAt } = await readiness(id);
    assert.deepEqual([dialableNow, reasons['outside_hours'], total, opensAt], [1, 2, 6, null]);
    now = new Date('2026-06-09T18:00:00Z');
    await moveCampaign(core, ctx, id, 'paused');
    assert.deepEqual((await readiness(id)).blocked, { paused: 3, do_not_call: 1, zone_unknown: 1, no_consent: 1 });
    assert.deepEqual(await campaignProgress(core, ctx, id), { total: 6, attempted: 0, done: 0, outcomes: {} });
  });

  it('3. two leads whose numbers are one: a refusal binds both campaigns, and lifting it frees both', async () => {
    const number = fresh();
    const [one, other] = [await campaignWith([givenLead(number)]), await campaignWith([givenLead(number)])];
    const both = async () => [await standing(one, number), await standing(other, number)];
    await importDoNotCall(core, ctx, [phoneNumber(number)], other);
    assert.deepEqual(await both(), ['ready', 'blocked: do_not_call']);
    await refuseCalls(core, ctx, phoneNumber(number), 'call CA1');
    assert.deepEqual(await both(), ['blocked: do_not_call', 'blocked: do_not_call']);
    await allowCalls(core, ctx, phoneNumber(number), null);
    assert.deepEqual(await both(), ['ready', 'blocked: do_not_call']);
    await allowCalls(core, ctx, phoneNumber(number), other);
    assert.deepEqual(await both(), ['ready', 'ready']);
  });

  it('who refuses on one number is not called on another one, until the refusal is lifted', async () => {
    const [one, other] = [fresh(), fresh()];
    const { id: personId } = await opened.store.transaction((records) =>
      records.persons.withNumber(ctx.organizationId, one, 'x'),
    );
    await opened.store.transaction((records) => records.persons.withNumber(ctx.organizationId, other, 'y', personId));
    const id = await campaignWith([givenLead(one), givenLead(other)]);
    await refuseCalls(core, ctx, phoneNumber(one), 'call CA1');
    assert.equal(await standing(id, other), 'blocked: do_not_call');
    await allowCalls(core, ctx, phoneNumber(one), null);
    assert.deepEqual([await standing(id, one), await standing(id, other)], ['ready', 'ready']);
  });

  it('consent that is recorded or revoked changes where a lead stands; a list does not undo a revocation', async () => {
    const number = fresh();
    const id = await campaignWith([givenLead(number, { consent: { given: true, source: 'list' } })]);
    const { id: personId } = (await opened.store.persons.byNumber(ctx.organizationId, number))!;
    assert.equal(await standing(id, number), 'ready');
    await revokeConsent(core, ctx, personId, 'by mail');
    assert.equal(await standing(id, number), 'blocked: no_consent');
    await addLeads(core, ctx, id, [givenLead(number, { consent: { given: true, source: 'list' } })]);
    assert.equal(await standing(id, number), 'blocked: no_consent');
    const fields = { personId, given: true, source: 'form', wording: null, purpose: null, evidence: null, at: now };
    await recordConsent(core, ctx, fields);
    assert.equal(await standing(id, number), 'ready');
  });

  it('2. dials of any API count: a number that has three in 24 hours waits until the first is a day old', async () => {
    const number = fresh();
    const first = new Date(now.getTime() - 5 * 3_600_000);
    for (const hours of [0, 1, 2]) {
      const placedAt = new Date(first.getTime() + hours * 3_600_000);
      const call = await opened.store.calls.insert(opened.newCall({ to: number, placedAt }));
      await opened.store.calls.progress(
        call.id,
        { owner: 'server-1', epoch: call.epoch },
        { carrierCallId: `X${call.id}` },
      );
    }
    // A dial that the carrier refused to take did not ring.
    const refused = await opened.store.calls.insert(opened.newCall({ to: number, placedAt: now }));
    const end = {
      status: 'refused',
      endReason: 'carrier_refused',
      failureReason: 'x',
      endedBy: 'carrier',
      endedAt: now,
    } as const;
    await opened.store.calls.end(refused.id, null, end);
    const id = await campaignWith([givenLead(number)]);
    assert.equal(await standing(id, number), 'waiting: attempt_limit');
    const { dueAt } = (await opened.store.leads.byNumber(id, number))!;
    assert.deepEqual(dueAt, new Date(first.getTime() + 86_400_000));
    now = dueAt;
    await moveCampaign(core, ctx, id, 'active');
    assert.deepEqual((await readiness(id)).dialableNow, 1, 'what is due is dialable before anything was written');
    now = new Date('2026-06-09T18:00:00Z');
  });

  it('16. and 21. the figures equal the rows, after any changes, erasures among them, by two at once', async () => {
    const { id } = await createCampaign(core, ctx, { name: 'C' });
    const numbers = Array.from({ length: 6 }, (_, index) => fresh(index % 3 === 0 ? '800' : '312'));
    const acts = {
      add: (number: string) => addLeads(core, ctx, id, [givenLead(number)]),
      place: (number: string) => addLeads(core, ctx, id, [givenLead(number, { timeZone: 'Asia/Tokyo' })]),
      refuse: (number: string) => refuseCalls(core, ctx, phoneNumber(number), 'api'),
      allow: (number: string) => allowCalls(core, ctx, phoneNumber(number), null),
      erase: (number: string) => erasePerson(core, ctx, number).catch(() => undefined),
      list: (number: string) => importDoNotCall(core, ctx, [phoneNumber(number)], id),
    };
    const step = fc.tuple(
      fc.constantFrom(...(Object.keys(acts) as (keyof typeof acts)[])),
      fc.constantFrom(...numbers),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, step), { minLength: 1, maxLength: 6 }), async (steps) => {
        for (const both of steps) {
          await Promise.all(both.map(([act, number]) => acts[act](number)));
          const { rows } = await opened.database.pool.query(
            `select place_id, status, reason, attempts > 0 as attempted, count(*) as leads from leads
             where campaign_id = $1 group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
            [id],
          );
          const counted = await opened.database.pool.query(
            `select place_id, status, reason, attempted, sum(leads)::bigint as leads from lead_counts
             where campaign_id = $1 group by 1, 2, 3, 4 having sum(leads) <> 0 order by 1, 2, 3, 4`,
            [id],
          );
          assert.deepEqual(counted.rows, rows);
          const { dialableNow, blocked, total } = await readiness(id);
          const leads = (rows as { leads: number }[]).reduce((sum, one) => sum + one.leads, 0);
          assert.deepEqual(
            [Object.values(blocked).reduce((sum, one) => sum + one, dialableNow), total],
            [leads, leads],
          );
        }
      }),
      { numRuns: 15 },
    );
  });

  it('an erased person leaves a lead without words, done', async () => {
    const number = fresh();
    const id = await campaignWith([
      givenLead(number, { name: 'Ann', email: 'a@b.example', variables: { plan: 'gold' } }),
    ]);
    await erasePerson(core, ctx, number);
    const [left] = (await listLeads(core, ctx, id, { statuses: ['done'] }, PAGE)).rows;
    assert.deepEqual(
      [left!.name, left!.email, left!.variables, left!.personId, left!.reason],
      [null, null, {}, null, 'erased'],
    );
    assert.ok(!left!.number.includes(number));
  });

  it('an organization tightens the rules, and loosens one only with a reason that is audited', async () => {
    const number = fresh('305');
    const id = await campaignWith([givenLead(number)]);
    await moveCampaign(core, ctx, id, 'active');
    // 20:30 in Miami, where the rule of Florida closes at 20:00.
    now = new Date('2026-06-10T00:30:00Z');
    const dialable = async () => (await readiness(id)).dialableNow;
    assert.equal(await dialable(), 0);
    await overrideRule(core, ctx, 'US-FL', { hours: null }, 'Calls to our own customers, by letter of 2026-06-01');
    assert.equal(await dialable(), 1);
    const [line] = await opened.store.outbox.audited(ctx.organizationId, 1);
    assert.deepEqual(
      [line!.action, line!.detail['reason']],
      ['calling-rules.override', 'Calls to our own customers, by letter of 2026-06-01'],
    );
    const own = { hours: null, limits: [], rests: [], requireConsent: false };
    await setOwnRules(core, ctx, { ...own, hours: { wed: [['08:00', '21:00']] } });
    assert.equal(await dialable(), 0, 'it is Tuesday');
    await setOwnRules(core, ctx, { ...own, requireConsent: true });
    await addLeads(core, ctx, id, [givenLead(number, { postalCode: '33101' })]);
    assert.equal(await standing(id, number), 'blocked: no_consent');
    await setOwnRules(core, ctx, own);
    await overrideRule(core, ctx, 'US-FL', null, 'no longer');
    await addLeads(core, ctx, id, [givenLead(number, { postalCode: '33102' })]);
    assert.equal(await dialable(), 0);
    now = new Date('2026-06-09T18:00:00Z');
    assert.equal(await dialable(), 1);
    await assert.rejects(overrideRule(core, ctx, 'US-XX', {}, 'x'), { code: 'not-found' });
    await assert.rejects(overrideRule(core, ctx, 'US-FL', {}, ' '), { code: 'invalid-input' });
    const wrong = { ...own, limits: [{ count: 0, hours: 24, scope: 'number' }] } as const;
    await assert.rejects(setOwnRules(core, ctx, wrong), { code: 'invalid-input' });
    const hours = { hours: { mon: [['9', '10']] } } as never;
    await assert.rejects(overrideRule(core, ctx, 'US-FL', hours, 'x'), { code: 'invalid-input' });
  });

  it('leads of a finished page are listed in order, with the total of the filter', async () => {
    const id = await campaignWith([givenLead(fresh()), givenLead(fresh()), givenLead(fresh('800'))]);
    const { rows, total } = await listLeads(core, ctx, id, {}, { skip: 1, limit: 1 });
    assert.deepEqual([rows.length, total], [1, 3]);
    assert.equal((await listLeads(core, ctx, id, { statuses: ['blocked'] }, PAGE)).total, 1);
  });
});
