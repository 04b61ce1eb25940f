import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { NO_ORIGIN } from '#core/calls/call-origin.ts';
import type { Core } from '#core/core.ts';
import { askForHuman } from '#core/desk/ask-for-human.ts';
import { keepPlace } from '#core/desk/queue-callback.ts';
import type { Overflow } from '#core/desk/wait-limits.ts';
import { changeOrganization } from '#core/identity/organizations.ts';
import type { Context } from '#core/kernel/context.ts';
import type { Routing } from '#core/routing/dispatch-rule.ts';
import { createRule, deleteRule, updateRule } from '#core/routing/manage-rules.ts';
import { openTestStore, serverName, type TestStore } from './test-store.ts';

// What a change of a rule means for callers who wait by it, on the database, without calls that run.

const NUMBER = '+15005550006';
const NO_ROUTING: Routing = { greeting: null, skills: [], openingHours: null, outsideHours: null, overflow: null };
const ALWAYS = Object.fromEntries(
  ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, [['09:00', '17:00']]]),
) as Routing['openingHours'];
const overflow = (more: Partial<Overflow>): Overflow => ({
  longestWaitMs: null,
  mostWaiting: null,
  noAgentsMs: null,
  offers: ['callback', 'message'],
  ...more,
});

describe(`callers who wait by a rule that is changed, on Postgres ${serverName}`, () => {
  let opened: TestStore;
  let core: Core;
  let ctx: Context;
  let now = new Date('2026-06-09T12:00:00Z');
  before(async () => {
    opened = await openTestStore();
    ctx = { organizationId: opened.organizationId, requestId: 'r', actor: { kind: 'system', name: 'test' } };
    let serial = 0;
    core = {
      store: opened.store,
      clock: { now: () => now },
      secrets: { callSid: () => `CA${String(++serial).padStart(12, '0')}${'0'.repeat(20)}` },
      carriers: { current: () => Promise.resolve({ real: true }), sipServer: () => null },
      live: { send: () => Promise.resolve('done') },
      deskAlarm: { set: () => undefined, callBack: () => undefined },
    } as unknown as Core;
  });
  after(() => opened.close());

  const fields = (routing: Partial<Routing>) => ({
    name: 'Desk',
    trunkIds: ['ST_of_another_server'],
    roomPattern: 'call-{call_id}',
    hidePhoneNumber: false,
    agentId: null,
    metadata: {},
    routing: { ...NO_ROUTING, ...routing },
  });
  const rule = async (routing: Partial<Routing>) => (await createRule(core, ctx, fields(routing))).id;
  const change = (id: string, routing: Partial<Routing>) => updateRule(core, ctx, id, fields(routing));
  /** A caller whom the rule has routed, before they ask for a human agent. */
  async function caller(ruleId: string, skills: readonly string[] = []) {
    const call = await opened.store.calls.insert(opened.newCall());
    await opened.store.callOrigins.insert(call.id, { ...NO_ORIGIN, ruleId, skills });
    return call;
  }
  const waits = async (call: { readonly id: number }) => (await opened.store.desk.ofCall(call.id)).entries.at(-1)!;
  const later = (ms: number) => (now = new Date(now.getTime() + ms));
  const hangUp = (...calls: readonly { readonly id: number }[]) =>
    opened.database.pool.query(
      `update queue_entries set state = 'done', outcome = 'caller_gone', cause = 'x', ended_at = now()
       where call_id = any($1)`,
      [calls.map(({ id }) => id)],
    );

  it('they wait by its new skills and limits from the change on, and by none once it is deleted', async () => {
    const id = await rule({ skills: ['tax'], overflow: overflow({ longestWaitMs: 600_000 }) });
    const [one, other] = [await caller(id, ['tax']), await caller(await rule({}))];
    for (const call of [one, other]) await askForHuman(core, call, null);
    const enteredAt = now;
    assert.deepEqual((await waits(one)).limits!.leaveAt, new Date(enteredAt.getTime() + 600_000));
    later(1000);
    await change(id, { skills: ['billing'], overflow: overflow({ longestWaitMs: 900_000, offers: ['message'] }) });
    const changed = await waits(one);
    assert.deepEqual([changed.skills, changed.limits!.offers], [['billing'], ['message']]);
    assert.deepEqual(changed.limits!.leaveAt, new Date(enteredAt.getTime() + 900_000), 'counted from when they came');
    await change(id, { skills: ['billing'], overflow: overflow({ mostWaiting: 0 }) });
    assert.equal((await waits(one)).state, 'waiting', 'who waits already is not turned away');
    later(1000);
    await change(id, { overflow: overflow({ longestWaitMs: 2000 }) });
    const { outcome, cause, endedAt } = await waits(one);
    assert.deepEqual([outcome, cause, endedAt], ['returned_to_ai', 'longest_wait', now]);
    const next = await caller(id);
    await askForHuman(core, next, null);
    await deleteRule(core, ctx, id);
    assert.deepEqual([(await waits(next)).limits, (await waits(other)).state], [null, 'waiting']);
    await hangUp(other, next);
  });

  it('closing it sends callers away at once; a callback keeps its place until it opens', async () => {
    now = new Date('2026-06-09T08:00:00Z');
    const id = await rule({ overflow: overflow({ longestWaitMs: 1000 }) });
    const [kept, waiting] = [await caller(id), await caller(id)];
    await askForHuman(core, kept, null);
    assert.ok(await keepPlace(core, kept, NUMBER, null));
    await askForHuman(core, waiting, null);
    await change(id, { openingHours: ALWAYS });
    const opensAt = new Date('2026-06-09T09:00:00Z');
    const { cause, limits } = await waits(waiting);
    assert.deepEqual([cause, limits!.opensAt], ['closed', opensAt]);
    const { state, callback, limits: ofCallback } = await waits(kept);
    assert.deepEqual([state, callback!.at, ofCallback!.leaveAt], ['callback', opensAt, null]);
    // Who had to leave and takes a callback now does so by the rule of now.
    await change(id, {});
    const place = await keepPlace(core, waiting, NUMBER, null);
    assert.deepEqual([place!.notBefore, (await waits(waiting)).limits], [null, null]);
    await hangUp(kept, waiting);
  });

  it('a change of the zone moves the opening hours of those who wait', async () => {
    now = new Date('2026-06-09T12:00:00Z');
    await changeOrganization(core, ctx, ctx.organizationId, { timeZone: 'UTC' });
    const call = await caller(await rule({ openingHours: ALWAYS }));
    await askForHuman(core, call, null);
    assert.deepEqual((await waits(call)).limits!.closesAt, new Date('2026-06-09T17:00:00Z'));
    await changeOrganization(core, ctx, ctx.organizationId, { timeZone: 'Europe/Berlin' });
    assert.deepEqual((await waits(call)).limits!.closesAt, new Date('2026-06-09T15:00:00Z'));
    await changeOrganization(core, ctx, ctx.organizationId, { timeZone: 'Asia/Tokyo' });
    assert.equal((await waits(call)).cause, 'closed');
    await changeOrganization(core, ctx, ctx.organizationId, { timeZone: 'UTC' });
  });

  it('callers who ask while a rule is being changed wait by the new one', async () => {
    const id = await rule({});
    for (let round = 1; round <= 10; round++) {
      const calls = await Promise.all(Array.from({ length: 4 }, () => caller(id)));
      const longestWaitMs = round * 60_000;
      await Promise.all([
        ...calls.map((call) => askForHuman(core, call, null)),
        change(id, { overflow: overflow({ longestWaitMs }) }),
      ]);
      for (const call of calls) {
        const { limits, enteredAt } = await waits(call);
        assert.equal(limits!.leaveAt!.getTime() - enteredAt.getTime(), longestWaitMs);
      }
      await hangUp(...calls);
    }
  });
});
