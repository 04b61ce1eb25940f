import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import type { Call } from '#core/calls/call.ts';
import type { NewLeg } from '#core/calls/leg-store.ts';
import { finishCall } from '#core/calls/finish-call.ts';
import { legsOfCall } from '#core/calls/legs-of-call.ts';
import type { Core } from '#core/core.ts';
import { applyMigrations, migrationFiles } from '#store/database.ts';
import { openTestStore, serverName, type TestStore } from './test-store.ts';

let opened: TestStore;
let store: TestStore['store'];
let newCall: TestStore['newCall'];

before(async () => {
  opened = await openTestStore();
  ({ store, newCall } = opened);
});
after(() => opened.close());

const by = (call: Call) => ({ owner: 'server-1', epoch: call.epoch });
const endOf = (more: { reason?: string } = {}) =>
  ({ status: 'completed', reason: more.reason ?? 'caller_hung_up', failure: null }) as const;
const finish = (call: Call, reason?: string) =>
  finishCall(
    { store, clock: { now: () => new Date() } },
    call.id,
    by(call),
    endOf(reason === undefined ? {} : { reason }),
  );
const humanLeg = (): NewLeg => ({
  kind: 'human-agent',
  carrier: 'simulator',
  carrierLegId: null,
  address: '+15005550100',
  createdAt: new Date(),
});

describe(`legs and participants on Postgres ${serverName}`, () => {
  it('the first leg is placed, answered and ended with its call, and its participants with it', async () => {
    const call = await store.calls.insert(newCall());
    const [placed] = await store.legs.ofCall(call.id);
    assert.deepEqual(
      { ...placed!, id: 0 },
      {
        id: 0,
        callId: call.id,
        kind: 'person',
        carrier: 'simulator',
        carrierLegId: null,
        address: '+15005550006',
        userId: null,
        status: 'placed',
        cause: null,
        createdAt: call.placedAt,
        answeredAt: null,
        endedAt: null,
      },
    );
    assert.ok(await store.calls.progress(call.id, by(call), { carrierCallId: 'there', placedMs: 5 }));
    assert.equal(await store.calls.write(call.id, by(call), 1, { status: 'ringing' }), 'written');
    assert.deepEqual(await store.legs.participants(call.id), []);
    const answeredAt = new Date();
    assert.equal(await store.calls.write(call.id, by(call), 2, { status: 'answered', answeredAt }), 'written');
    assert.equal(await store.calls.write(call.id, by(call), 2, { status: 'answered', answeredAt }), 'repeated');
    const [answered] = await store.legs.ofCall(call.id);
    assert.deepEqual(
      [answered!.status, answered!.carrierLegId, answered!.answeredAt],
      ['answered', 'there', answeredAt],
    );
    const present = await store.legs.participants(call.id);
    assert.deepEqual(
      present
        .toSorted((a, b) => a.role.localeCompare(b.role))
        .map(({ role, legId, agentId, joinedAt, leftAt }) => [role, legId, agentId, joinedAt, leftAt]),
      [
        ['ai-agent', null, call.agentId, answeredAt, null],
        ['person', placed!.id, null, answeredAt, null],
      ],
    );
    assert.ok(await finish(call));
    const over = (await store.calls.byId(call.id))!;
    const [ended] = await store.legs.ofCall(call.id);
    assert.deepEqual([ended!.status, ended!.cause, ended!.endedAt], ['ended', 'caller_hung_up', over.endedAt]);
    assert.equal(over.endedBy, 'caller');
    for (const one of await store.legs.participants(call.id)) assert.deepEqual(one.leftAt, over.endedAt);
  });

  it('an announced call has the leg of its caller, joined if it was answered at once', async () => {
    const announced = { direction: 'inbound', from: '+15005550007', to: '+15005550000', announcedBy: null } as const;
    for (const answeredAt of [null, new Date()]) {
      const carrierCallId = `announced-${String(answeredAt !== null)}`;
      const call = (await store.calls.insertAnnounced({
        ...newCall(announced),
        ...announced,
        carrierCallId,
        answeredAt,
      }))!;
      const [leg] = await store.legs.ofCall(call.id);
      assert.deepEqual([leg!.address, leg!.carrierLegId, leg!.status], ['+15005550007', carrierCallId, call.status]);
      assert.equal((await store.legs.participants(call.id)).length, answeredAt === null ? 0 : 2);
      assert.equal(
        await store.calls.insertAnnounced({ ...newCall(announced), ...announced, carrierCallId, answeredAt }),
        null,
      );
    }
  });

  it('the leg is with the carrier that took the call in the end', async () => {
    const call = await store.calls.insert(newCall({ carrier: 'first' }));
    const pace = { callsPerSecond: null, concurrentCalls: null };
    assert.equal(await store.carriers.takeTurn(call.id, 'second', pace, new Date()), 0);
    assert.equal((await store.legs.ofCall(call.id))[0]!.carrier, 'second');
  });

  it('further legs come and go for the owner of a running call only, and never go back', async () => {
    const call = await store.calls.insert(newCall());
    const other = { ...by(call), epoch: call.epoch + 1 };
    assert.equal(await store.legs.add(call.id, other, humanLeg()), null);
    const leg = (await store.legs.add(call.id, by(call), humanLeg()))!;
    assert.deepEqual([leg.kind, leg.status, leg.address], ['human-agent', 'placed', '+15005550100']);
    const at = new Date();
    assert.equal(await store.legs.progress(leg.id, other, { status: 'answered', at }), false);
    assert.ok(await store.legs.progress(leg.id, by(call), { status: 'ringing', carrierLegId: 'there' }));
    assert.ok(await store.legs.progress(leg.id, by(call), { status: 'answered', at }));
    assert.equal(await store.legs.progress(leg.id, by(call), { status: 'answered', at }), false);
    assert.equal(await store.legs.progress(leg.id, by(call), { status: 'ringing' }), false);
    const [human] = await store.legs.participants(call.id);
    assert.deepEqual([human!.role, human!.legId, human!.joinedAt, human!.leftAt], ['human-agent', leg.id, at, null]);
    assert.ok(await store.legs.progress(leg.id, by(call), { status: 'ended', at, cause: 'left' }));
    assert.deepEqual((await store.legs.participants(call.id))[0]!.leftAt, at);
    const ended = (await store.legs.ofCall(call.id))[1]!;
    assert.deepEqual([ended.status, ended.cause, ended.carrierLegId], ['ended', 'left', 'there']);
    const person = (await store.legs.ofCall(call.id))[0]!;
    assert.equal(await store.legs.progress(person.id, by(call), { status: 'ended', at, cause: 'x' }), false);
  });

  it('no leg outlives its call, even one that is added while it ends', async () => {
    for (let n = 0; n < 10; n++) {
      const call = await store.calls.insert(newCall());
      const before = (await store.legs.add(call.id, by(call), humanLeg()))!;
      await Promise.all([finish(call), store.legs.add(call.id, by(call), humanLeg())]);
      const legs = await store.legs.ofCall(call.id);
      assert.ok(legs.some(({ id }) => id === before.id));
      assert.deepEqual(
        legs.filter(({ status }) => status !== 'ended'),
        [],
      );
      assert.equal(await store.legs.add(call.id, by(call), humanLeg()), null);
    }
  });

  it('who ended a call follows from the reason, else from who gave it', async () => {
    const ended = async (how: Parameters<typeof finishCall>[3]) => {
      const call = await store.calls.insert(newCall());
      await finishCall({ store, clock: { now: () => new Date() } }, call.id, by(call), how);
      return (await store.calls.byId(call.id))!.endedBy;
    };
    const failed = { failure: 'x' } as const;
    assert.equal(await ended({ status: 'completed', reason: 'booked', failure: null }), 'agent');
    assert.equal(await ended({ status: 'completed', reason: 'booked', failure: null, by: 'human' }), 'human');
    assert.equal(await ended({ status: 'broken', reason: 'server_died', ...failed }), 'system');
    assert.equal(await ended({ status: 'busy', reason: 'busy', ...failed }), 'carrier');
    assert.equal(await ended({ status: 'canceled', reason: 'changed my mind', ...failed }), 'human');
  });

  it('shows the legs of a call to its organization only', async () => {
    const call = await store.calls.insert(newCall());
    const core = { store } as Core;
    const ctx = (organizationId: number) =>
      ({ organizationId, actor: { kind: 'system', name: 'test' }, requestId: 'r' }) as const;
    const { legs } = await legsOfCall(core, ctx(opened.organizationId), call.id, 'x');
    assert.equal(legs.length, 1);
    await assert.rejects(legsOfCall(core, ctx(opened.organizationId + 1), call.id, 'x'), /not found/i);
  });

  it('forgets the number of a person who is erased', async () => {
    const person = await store.persons.withNumber(opened.organizationId, '+15005550009', 'hash');
    const call = await store.calls.insert(newCall({ personId: person.id, to: '+15005550009' }));
    await store.legs.add(call.id, by(call), humanLeg());
    await finish(call);
    assert.notEqual(await store.entries.erase(person.id, new Date()), 'running');
    assert.deepEqual(
      (await store.legs.ofCall(call.id)).map(({ address }) => address),
      [null, '+15005550100'],
    );
  });

  it('calls from before have their leg after the migration, and say who ended them where it is known', async () => {
    const admin = new pg.Client(opened.server.connection);
    await admin.connect();
    await admin.query('create database older');
    await admin.end();
    const client = new pg.Client({ ...opened.server.connection, database: 'older' });
    await client.connect();
    await applyMigrations(client, new Set(migrationFiles().filter((name) => name < '0030')));
    await client.query(`insert into organizations (name) values ('O')`);
    await client.query(`insert into ai_agents (organization_id, name, system_prompt, voice_provider, voice_id,
      model_provider, model_name, silence_threshold_ms) values (1, 'A', '', 'p', 'v', 'p', 'm', 700)`);
    const call = (sid: string, direction: string, status: string, reason: string | null, answered: boolean) =>
      client.query(
        `insert into calls (sid, organization_id, agent_id, direction, carrier, carrier_call_id, from_number, to_number,
          status, end_reason, placed_at, answered_at, ended_at, ring_timeout_ms)
        values ($1, 1, 1, $2, 'simulator', $1, '+1500', '+1600', $3, $4, now(), case when $5 then now() end,
          case when $4::text is null then null else now() end, 1000)`,
        [sid, direction, status, reason, answered],
      );
    await call('a', 'outbound', 'completed', 'caller_hung_up', true);
    await call('b', 'inbound', 'answered', null, true);
    await call('c', 'outbound', 'busy', 'busy', false);
    await call('d', 'outbound', 'completed', 'booked', true);
    await call('e', 'outbound', 'placed', null, false);
    await applyMigrations(client);
    const legs = await client.query(`select sid, legs.status, address, carrier_leg_id, cause, ended_by,
        (select count(*)::int from participants where call_id = calls.id) as joined,
        (select count(*)::int from participants where call_id = calls.id and left_at is null) as present
      from calls join legs on legs.call_id = calls.id order by sid`);
    assert.deepEqual(
      legs.rows.map((row) => Object.values(row as object)),
      [
        ['a', 'ended', '+1600', 'a', 'caller_hung_up', 'caller', 2, 0],
        ['b', 'answered', '+1500', 'b', null, null, 2, 2],
        ['c', 'ended', '+1600', 'c', 'busy', 'carrier', 0, 0],
        ['d', 'ended', '+1600', 'd', 'booked', null, 2, 0],
        ['e', 'placed', '+1600', 'e', null, null, 0, 0],
      ],
    );
    await client.end();
  });
});
