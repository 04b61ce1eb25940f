import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DESK_POLICY, type Desk } from '#core/desk/desk.ts';
import type { DeskEvent } from '#core/desk/desk-event.ts';
import { deskStep } from '#core/desk/desk-step.ts';
import { serviceLevelOfAll, serviceLevelOfAnswered } from '#core/desk/line-figures.ts';
import type { WaitLimits } from '#core/desk/wait-limits.ts';
import { newEntry } from '../desk/made-up-desk.ts';
import { openTestStore, serverName, type TestStore } from './test-store.ts';

let opened: TestStore;
let store: TestStore['store'];

before(async () => {
  opened = await openTestStore();
  ({ store } = opened);
});
after(() => opened.close());

const agent = async (email: string) =>
  (await store.users.insert({
    organizationId: opened.organizationId,
    email,
    name: email,
    role: 'agent',
    preferences: {},
    passwordHash: 'x',
    answerBy: 'phone',
    phoneNumber: '+15005550107',
    skills: ['billing'],
    at: new Date(0),
  }))!.id;

/** One change of the desk, as `changeDesk` makes it. */
const change = (event: DeskEvent, now = new Date()) =>
  store.transaction(async (records) => {
    const before: Desk = {
      ...(await records.desk.lock(opened.organizationId)),
      simulated: true,
      policy: DESK_POLICY,
    };
    return records.desk.save(opened.organizationId, before, deskStep(before, event, now));
  });

describe(`the desk on Postgres ${serverName}`, () => {
  it('desk.md 9: two accepts of one entry on two servers, one is bridged and the other finds it taken', async () => {
    const [first, second] = [await agent('one@desk'), await agent('two@desk')];
    for (const agentId of [first, second])
      await change({ type: 'status', agentId, wanted: 'online', reason: null, at: new Date() });
    const call = await store.calls.insert(opened.newCall());
    const entered = await change({ type: 'enter', entry: newEntry(call.id, { skills: ['billing'] }) });
    assert.equal(entered.offers.length, 1);
    const offer = entered.offers[0]!;
    assert.equal(offer.agentId, first, 'the one who has been idle longest');
    // Both servers act on the same offer at once: under the lock one of them comes second and changes nothing.
    await Promise.all([
      change({ type: 'media-proven', offerId: offer.id }),
      change({ type: 'media-proven', offerId: offer.id }),
      change({ type: 'decline', offerId: offer.id }),
    ]);
    const { entries, offers } = await store.desk.ofCall(call.id);
    assert.equal(entries.length, 1);
    assert.ok(offers.filter(({ state }) => state === 'bridged').length <= 1);
    const open = await store.desk.read(opened.organizationId);
    assert.ok(open.entries.length === 1 && open.offers.length <= 1);
    await change({ type: 'call-ended', callId: call.id, cause: 'caller_hung_up' });
    const over = await store.desk.ofCall(call.id);
    assert.equal(over.entries[0]!.state, 'done');
    assert.deepEqual((await store.desk.read(opened.organizationId)).offers, []);
    assert.deepEqual(await store.desk.openAmong([call.id]), []);
  });

  it('an offer or entry of another organization is not found', async () => {
    const call = await store.calls.insert(opened.newCall());
    const { entries, offers } = await change({ type: 'enter', entry: newEntry(call.id) });
    const other = (await store.organizations.insert('Other')).id;
    assert.ok(await store.desk.entry(opened.organizationId, entries.at(-1)!.id));
    assert.equal(await store.desk.entry(other, entries.at(-1)!.id), null);
    for (const { id } of offers) assert.equal(await store.desk.offer(other, id), null);
    assert.deepEqual((await store.desk.read(other)).agents, []);
    await change({ type: 'call-ended', callId: call.id, cause: 'caller_hung_up' });
  });

  it('records survive the store unchanged: a callback, resting agents, wrap-up and handling times', async () => {
    for (const { id } of (await store.desk.read(opened.organizationId)).agents)
      await change({ type: 'end-wrap-up', agentId: id });
    const call = await store.calls.insert(opened.newCall());
    const at = new Date();
    const { offers } = await change({ type: 'enter', entry: newEntry(call.id, { reason: 'a bill' }) }, at);
    await change({ type: 'decline', offerId: offers.find(({ callId }) => callId === call.id)!.id }, at);
    const waiting = (await store.desk.read(opened.organizationId)).entries.find(({ callId }) => callId === call.id)!;
    assert.equal(waiting.resting.length, 1);
    assert.ok(waiting.resting[0]!.until instanceof Date);
    const second = (await store.desk.read(opened.organizationId)).offers.find(({ callId }) => callId === call.id);
    if (second) {
      await change({ type: 'media-proven', offerId: second.id }, at);
      await change({ type: 'agent-left', callId: call.id, cause: 'hung_up' }, new Date(at.getTime() + 60_000));
      const agent = (await store.desk.read(opened.organizationId)).agents.find(({ id }) => id === second.agentId)!;
      assert.equal(agent.wrapUp!.callId, call.id);
      assert.deepEqual(await store.desk.withWork(), [opened.organizationId]);
      const times = await store.desk.handlingTimes(opened.organizationId);
      assert.deepEqual(
        times.bySkills['']!.map((ms) => Math.round(ms / 1000)),
        [60],
      );
      assert.ok(times.organization.length > 0);
      assert.ok((await store.desk.waits(opened.organizationId, new Date(at.getTime() - 1000))).answered >= 1);
    } else assert.fail('the second agent was not offered the entry');
  });

  it('figures of the line: both service levels, who had to leave, and how wrong estimates were', async () => {
    const base = new Date('2031-01-01T12:00:00Z');
    const at = (seconds: number) => new Date(base.getTime() + seconds * 1000);
    const figures = (since: Date) =>
      store.desk.figures(opened.organizationId, since, { serviceMs: 20_000, shortMs: 5000 });
    const enter = async (seconds: number, estimateMs: number, limits: WaitLimits | null = null) => {
      const call = await store.calls.insert(opened.newCall());
      await change({ type: 'enter', entry: newEntry(call.id, { limits }) }, at(seconds));
      await store.transaction(async (records) => {
        const before = await records.desk.lock(opened.organizationId);
        const entries = before.entries.map((one) => (one.callId === call.id ? { ...one, estimateMs } : one));
        await records.desk.save(opened.organizationId, before, { ...before, entries });
      });
      return call.id;
    };
    const answer = async (callId: number, seconds: number) => {
      const { offers } = await store.desk.read(opened.organizationId);
      const offer = offers.find((one) => one.callId === callId)!;
      await change({ type: 'media-proven', offerId: offer.id }, at(seconds));
    };
    for (const { id } of (await store.desk.read(opened.organizationId)).agents) {
      await change({ type: 'status', agentId: id, wanted: 'online', reason: null, at: base }, base);
      await change({ type: 'end-wrap-up', agentId: id }, base);
    }
    const [soon, late] = [await enter(0, 12_000), await enter(0, 90_000)];
    await answer(soon, 10);
    const gone = await enter(11, 0);
    await change({ type: 'call-ended', callId: gone, cause: 'caller_hung_up' }, at(14));
    const limits = { closesAt: null, opensAt: null, leaveAt: at(20), mostWaiting: null, noAgentsMs: null };
    const sent = await enter(15, 0, { ...limits, offers: ['callback'] });
    const [waiting] = (await store.desk.ofCall(sent)).entries;
    assert.deepEqual(waiting!.limits, { ...limits, offers: ['callback'] }, 'limits survive the store');
    for (const ms of [90_000, 30_000, 60_000]) await store.desk.told(waiting!.id, ms);
    assert.equal((await store.desk.entry(opened.organizationId, waiting!.id))!.toldMs, 30_000, 'the shortest');
    await answer(late, 30);
    await change({ type: 'tick' }, at(31));
    assert.ok((await store.desk.handlingTimes(opened.organizationId)).leaving > 0, 'one of those who waited left');
    assert.deepEqual(await figures(base), {
      answered: 2,
      answeredInTime: 1,
      abandoned: 1,
      abandonedInTime: 1,
      abandonedShort: 1,
      overflowed: 1,
      estimateErrorMs: { median: 31_000, p90: 54_200 },
    });
    assert.deepEqual(
      [serviceLevelOfAnswered(await figures(base)), serviceLevelOfAll(await figures(base))],
      [1 / 2, 2 / 3],
    );
    const none = await figures(at(60));
    assert.deepEqual(
      [none.answered, none.estimateErrorMs, serviceLevelOfAll(none), serviceLevelOfAnswered(none)],
      [0, null, null, null],
    );
  });
});
