import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { finishCall, reapAbandoned } from '#core/calls/finish-call.ts';
import { openDatabase } from '#store/database.ts';
import { heartbeat } from '#store/heartbeat.ts';
import { bin, openTestStore, spoken, serverName, type TestStore } from './test-store.ts';

// The same tests on the embedded Postgres and, with TEST_POSTGRES_BIN, on any other.

const system = { organizationId: 0, actor: { kind: 'system', name: 'test' } } as const;
const soon = () => new Date(Date.now() + 60_000);
let opened: TestStore;
let server: TestStore['server'];
let database: TestStore['database'];
let store: TestStore['store'];
let organizationId: number;
let newCall: TestStore['newCall'];

before(async () => {
  opened = await openTestStore();
  ({ server, database, store, organizationId, newCall } = opened);
});
after(() => opened.close());

const rows = async (text: string, values: unknown[] = []) =>
  (await database.pool.query(text, values)).rows as Record<string, unknown>[];

describe(`the store on Postgres ${serverName}`, () => {
  it('runs the version it is meant to', () => assert.match(database.version, bin === undefined ? /^18\./ : /^15\./));

  it('gives a call back as it was put in, by sid, carrier id and number', async () => {
    const call = await store.calls.insert(newCall());
    const by = { owner: 'server-1', epoch: call.epoch };
    assert.ok(await store.calls.progress(call.id, by, { carrierCallId: `X${call.id}` }));
    const found = (await store.calls.find(organizationId, call.sid))!;
    assert.deepEqual({ ...found, carrierCallId: null }, call);
    assert.equal((await store.calls.find(organizationId, `X${call.id}`))!.id, call.id);
    assert.equal(await store.calls.find(organizationId + 1, call.sid), null);
    assert.deepEqual(found.variables, { name: 'Ann' });
  });

  it('lets a status go forward only, and end once', async () => {
    const call = await store.calls.insert(newCall());
    const by = { owner: 'server-1', epoch: call.epoch };
    assert.ok(await store.calls.progress(call.id, by, { status: 'answered', answeredAt: new Date() }));
    assert.equal(await store.calls.progress(call.id, by, { status: 'ringing' }), false);
    const end = {
      status: 'completed',
      endReason: 'x',
      failureReason: null,
      endedBy: 'caller',
      endedAt: new Date(),
    } as const;
    assert.ok(await store.calls.end(call.id, by, end));
    assert.equal(await store.calls.end(call.id, by, { ...end, status: 'broken' }), false);
    assert.equal((await store.calls.byId(call.id))!.status, 'completed');
  });

  it('takes no write from an owner whose epoch is over', async () => {
    const call = await store.calls.insert(newCall());
    const old = { owner: 'server-1', epoch: call.epoch };
    const now = (await store.calls.takeOver(call.id, 'server-2', 60_000, call.epoch))!;
    assert.equal(await store.calls.takeOver(call.id, 'server-3', 60_000, call.epoch), null, 'two took it over');
    assert.equal(now.epoch, call.epoch + 1);
    assert.equal(await store.calls.progress(call.id, old, { phase: 'CLOSING' }), false);
    assert.equal(
      await store.calls.end(call.id, old, {
        status: 'completed',
        endReason: 'x',
        failureReason: null,
        endedBy: 'caller',
        endedAt: new Date(),
      }),
      false,
    );
    assert.ok(await store.calls.progress(call.id, now, { phase: 'CLOSING' }));
  });

  it('begins a tool only for the owner of a call that has not ended, and once', async () => {
    const call = await store.calls.insert(newCall());
    const begin = (epoch: number, key: string) =>
      store.tools.begin({
        conversationId: call.conversationId,
        call: { id: call.id, epoch },
        key,
        toolId: null,
        name: 'book_slot',
        input: { when: 'today' },
        startedAt: new Date(),
      });
    assert.ok(await begin(call.epoch, 'first'));
    const now = (await store.calls.takeOver(call.id, 'server-2', 60_000, call.epoch))!;
    assert.equal(await begin(call.epoch, 'of the owner before'), false);
    assert.ok(await begin(now.epoch, 'second'));
    assert.equal(await begin(now.epoch, 'second'), false);
    const end = {
      status: 'completed',
      endReason: 'x',
      failureReason: null,
      endedBy: 'caller',
      endedAt: new Date(),
    } as const;
    assert.ok(await store.calls.end(call.id, now, end));
    assert.equal(await begin(now.epoch, 'after the end'), false);
    const made = await store.tools.executionsOf(call.conversationId);
    assert.deepEqual(
      made.map(({ key, input }) => [key, input]),
      ['first', 'second'].map((key) => [key, { when: 'today' }]),
    );
  });

  it('ends a call whose server died exactly once, from any server, with event and job', async () => {
    const call = await store.calls.insert(newCall({ leaseMs: -1000 }));
    await store.calls.progress(
      call.id,
      { owner: 'server-1', epoch: call.epoch },
      { status: 'answered', answeredAt: new Date(), recording: { key: 'recordings/a.au', offsetMs: 10 } },
    );
    const core = { store, clock: { now: () => new Date() } };
    const by = (serverId: string, ...callIds: number[]) => ({ serverId, callIds });
    const contact = (beatAgo: string, mayReapIn: string) =>
      rows(
        `insert into servers values ('server-2', now() - $1::interval, now() + $2::interval)
        on conflict (id) do update set beat_at = excluded.beat_at, may_reap_at = excluded.may_reap_at`,
        [beatAgo, mayReapIn],
      );
    assert.deepEqual(await reapAbandoned(core, by('server-2')), [], 'a server without contact ends calls');
    await contact('0', '1 second');
    assert.deepEqual(await reapAbandoned(core, by('server-2')), [], 'owners had no chance to extend their leases');
    await contact('5 seconds', '-1 second');
    assert.deepEqual(await reapAbandoned(core, by('server-2')), [], 'contact was lost just now');
    await contact('0', '-1 second');
    assert.deepEqual(await reapAbandoned(core, by('server-2', call.id)), [], 'a server ends a call that it runs');
    const reaped = await Promise.all([1, 2, 3].map(() => reapAbandoned(core, by('server-2'))));
    assert.equal(reaped.flat().length, 1);
    const ended = (await store.calls.byId(call.id))!;
    assert.equal(ended.status, 'broken');
    assert.match(ended.failureReason!, /server/);
    assert.equal(
      (await rows("select * from events where conversation_id = $1 and type = 'call.failed'", [call.conversationId]))
        .length,
      1,
    );
    assert.equal(
      (
        await rows("select * from pgboss.job where name = 'render-recording' and data->>'callId' = $1", [
          String(call.id),
        ])
      ).length,
      1,
    );
  });

  it('lets a server end no calls of others for a while after it starts, and after it has lost contact', async () => {
    const waitMs = async () => {
      const { text, values } = heartbeat('server-3');
      await rows(text, values);
      const [row] = await rows(
        "select extract(epoch from may_reap_at - clock_timestamp()) * 1000 as ms from servers where id = 'server-3'",
      );
      return Math.round(Number(row!['ms']) / 1000) + 0;
    };
    assert.deepEqual([await waitMs(), await waitMs()], [12, 12]);
    await rows(
      "update servers set may_reap_at = now(), beat_at = beat_at - interval '3 seconds' where id = 'server-3'",
    );
    assert.equal(await waitMs(), 0);
    await rows("update servers set beat_at = beat_at - interval '5 seconds' where id = 'server-3'");
    assert.equal(await waitMs(), 60);
  });

  it('commits change, audit, event and job together, or none', async () => {
    const call = await store.calls.insert(newCall());
    const count = async () => [
      (await rows('select 1 from events where conversation_id = $1', [call.conversationId])).length,
      (await rows('select 1 from audit where subject = $1', [call.sid])).length,
      (await rows("select 1 from pgboss.job where data->>'callId' = $1", [String(call.id)])).length,
    ];
    const write = async (fail: boolean) =>
      store.transaction(async (records) => {
        await records.calls.progress(call.id, { owner: 'server-1', epoch: 1 }, { status: 'ringing' });
        await records.outbox.audit({ ...system, organizationId }, 'test', call.sid);
        await records.outbox.event(organizationId, { type: 'call.ringing', callId: call.id, data: {} });
        await records.outbox.job({ name: 'render-recording', data: { callId: call.id } });
        if (fail) throw new Error('no');
      });
    await assert.rejects(write(true), /no/);
    assert.deepEqual(await count(), [0, 0, 0]);
    assert.equal((await store.calls.byId(call.id))!.status, 'placed');
    await write(false);
    assert.deepEqual(await count(), [1, 1, 1]);
    await finishCall({ store, clock: { now: () => new Date() } }, call.id, null, {
      status: 'canceled',
      reason: 'x',
      failure: 'y',
    });
  });

  it('lets exactly as many calls through a limit as it allows, however many ask at once', async () => {
    const other = (await store.organizations.insert('Busy')).id;
    const place = () =>
      store.transaction(async (records) => {
        if ((await records.calls.countLive(other)) >= 5) return false;
        await records.calls.insert(newCall({ organizationId: other }));
        return true;
      });
    // Sids are made before anybody waits, so that they differ.
    const placed = await Promise.all(Array.from({ length: 30 }, place));
    assert.equal(placed.filter(Boolean).length, 5);
  });

  it('makes one person of one number, however many ask at once', async () => {
    const people = await Promise.all(
      Array.from({ length: 12 }, () =>
        store.transaction((records) => records.persons.withNumber(organizationId, '+4930123456', 'hash')),
      ),
    );
    assert.equal(new Set(people.map((person) => person.id)).size, 1);
    await store.persons.refuseCalls(people[0]!.id, new Date());
    assert.ok((await store.persons.withNumber(organizationId, '+4930123456', 'hash')).doNotCallAt instanceof Date);
  });

  it('keeps what was said in order, and writes an entry once', async () => {
    const call = await store.calls.insert(newCall());
    const entry = (seq: number, text: string) =>
      ({ ...spoken(seq, 'agent', text), startMs: seq, endMs: seq + 1, detail: { a: [1] } }) as const;
    assert.ok(await store.entries.add(call.conversationId, entry(1, 'second')));
    assert.ok(await store.entries.add(call.conversationId, entry(0, 'first')));
    assert.equal(await store.entries.add(call.conversationId, entry(1, 'changed')), null);
    assert.deepEqual(
      (await store.entries.ofCall(call.conversationId)).map((one) => one.text),
      ['first', 'second'],
    );
  });

  it('opens a media socket once, and once more while the call runs', async () => {
    const call = await store.calls.insert(newCall());
    await store.mediaTokens.add('hash-1', call.id, soon());
    await store.mediaTokens.add('hash-2', call.id, new Date(Date.now() - 1));
    assert.equal(await store.mediaTokens.use('hash-1', new Date(), 'CA0'), null, 'it is the token of another call');
    const uses = await Promise.all(Array.from({ length: 5 }, () => store.mediaTokens.use('hash-1', new Date(), null)));
    assert.deepEqual(
      uses.filter((use) => use !== null).map((use) => use.callId),
      [call.id, call.id],
    );
    await store.mediaTokens.giveBack('hash-1');
    const again = await store.mediaTokens.use('hash-1', new Date(), null);
    assert.deepEqual(again, { callId: call.id, party: null }, 'a use that opened nothing does not count');
    assert.equal(await store.mediaTokens.use('hash-1', new Date(), null), null);
    assert.equal(await store.mediaTokens.use('hash-2', new Date(), null), null);
    assert.equal(await store.mediaTokens.use('unknown', new Date(), null), null);
  });

  it('finds keys by their hash, and remembers the first fingerprint', async () => {
    await store.credentials.insertApiKey({ organizationId, name: 'k', keyHash: 'h1', role: 'viewer', userId: null });
    const found = (await store.credentials.apiKey('h1'))!;
    assert.deepEqual(
      [found.organizationId, found.actor.kind === 'api-key' && found.actor.role],
      [organizationId, 'viewer'],
    );
    assert.equal(await store.credentials.apiKey('nope'), null);
    assert.equal(await store.organizations.fingerprint('one'), 'one');
    assert.equal(await store.organizations.fingerprint('two'), 'one');
  });

  it('clears up what stands for nothing any more, and nothing else', async () => {
    const [now, ago] = [new Date(), new Date(Date.now() - 3 * 86_400_000)];
    const scope = (key: string) => ({ organizationId, actor: 'a', operation: 'o', key, attempt: 'x' });
    await store.once.claim(scope('old'), 'h', ago, new Date(0));
    await store.once.claim(scope('new'), 'h', now, new Date(0));
    const rule = (account: string, most: number, restMs: number) => ({ account, place: 'p', most, restMs });
    const rules = [rule('old@example.com', 10, 1000), rule('locked@example.com', 1, 10 * 86_400_000)];
    await store.credentials.addSignInFailures(rules, ago, new Date(0));
    const [ended, running] = [await store.calls.insert(newCall()), await store.calls.insert(newCall())];
    await finishCall({ store, clock: { now: () => now } }, ended.id, null, {
      status: 'canceled',
      reason: 'x',
      failure: 'y',
    });
    await store.mediaTokens.add('of an ended call', ended.id, ago);
    await store.mediaTokens.add('of a running call', running.id, ago);
    const user = (await store.users.insert({
      organizationId,
      email: 'clear@example.com',
      name: 'C',
      role: 'viewer',
      preferences: {},
      passwordHash: 'h',
      at: now,
    }))!;
    const over = await store.credentials.insertSession(user.id, 'h', 'r1', ago);
    const good = await store.credentials.insertSession(user.id, 'h', 'r2', soon());
    await store.clearUp(now);
    await store.clearUp(now);
    const left = async (text: string) => (await rows(text)).map((row) => String(Object.values(row)[0])).toSorted();
    assert.deepEqual(await left("select key from idempotent_requests where actor = 'a'"), ['new']);
    assert.deepEqual(await left('select account from sign_in_failures'), ['locked@example.com']);
    assert.deepEqual(await left("select token_hash from media_tokens where token_hash like 'of %'"), [
      'of a running call',
    ]);
    assert.deepEqual(
      [await store.credentials.session(over!, user.id), (await store.credentials.session(good!, user.id))!.actor.kind],
      [null, 'user'],
    );
  });

  it('deletes events after 90 days, unless a webhook delivery refers to them', async () => {
    const add = async (days: number) =>
      Number(
        (
          await rows(
            `insert into events (organization_id, type, payload, at) values ($1, 'call.ended', '{}', now() - $2 * interval '1 day') returning id`,
            [organizationId, days],
          )
        )[0]!['id'],
      );
    const [old, referred, young] = [await add(91), await add(91), await add(89)];
    const [webhook] = await rows(
      `insert into webhooks (organization_id, api, url, events, secret, created_at) values ($1, 'sales-agent', 'http://example.com/', '{call.ended}', 'x', now()) returning id`,
      [organizationId],
    );
    await rows("insert into webhook_deliveries (webhook_id, event_id, lane) values ($1, $2, 'x')", [
      webhook!['id'],
      referred,
    ]);
    await store.clearUp(new Date());
    const left = await rows('select id from events where id = any($1) order by id', [[old, referred, young]]);
    assert.deepEqual(
      left.map((row) => Number(row['id'])),
      [referred, young],
    );
  });

  it('a sign-in that began with the former password makes no session', async () => {
    const at = new Date();
    const user = (await store.users.insert({
      organizationId,
      email: 'former@example.com',
      name: 'F',
      role: 'viewer',
      preferences: {},
      passwordHash: 'former',
      at,
    }))!;
    const late: Promise<number | null>[] = [];
    await store.transaction(async (records) => {
      await records.users.update(organizationId, user.id, { passwordHash: 'new' }, at);
      late.push(store.credentials.insertSession(user.id, 'former', 'late', soon()));
      await records.credentials.revokeSessionsOf(user.id, at);
    });
    assert.deepEqual(await Promise.all(late), [null]);
    assert.notEqual(await store.credentials.insertSession(user.id, 'new', 'next', soon()), null);
    const change = (checkedHash: string) =>
      store.users.update(organizationId, user.id, { passwordHash: 'own choice' }, at, checkedHash);
    assert.equal(await change('former'), null, 'a reset was overwritten by who knew the former password');
    assert.equal((await change('new'))?.id, user.id);
    await store.users.update(organizationId, user.id, { status: 'inactive', passwordHash: 'new' }, at);
    assert.equal(await store.credentials.insertSession(user.id, 'new', 'inactive', soon()), null);
  });

  it('migrates once although several servers start at once, and refuses what a newer one left', async () => {
    const admin = new pg.Client(server.connection);
    await admin.connect();
    await admin.query('create database fresh');
    const connection = { ...server.connection, database: 'fresh' };
    const opened = await Promise.all(Array.from({ length: 4 }, () => openDatabase(connection, () => undefined, 2)));
    assert.equal(
      (await opened[0]!.pool.query('select * from migrations')).rowCount,
      globSync('src/store/migrations/*.sql').length,
    );
    await opened[0]!.pool.query("insert into migrations (name, checksum) values ('9999-later.sql', 'x')");
    await assert.rejects(
      openDatabase(connection, () => undefined, 2),
      /newer/,
    );
    await opened[0]!.pool.query("delete from migrations where name = '9999-later.sql'");
    await opened[0]!.pool.query("update migrations set checksum = 'other'");
    await assert.rejects(
      openDatabase(connection, () => undefined, 2),
      /changed/,
    );
    await Promise.all(opened.map((one) => one.close()));
    await admin.end();
  });
});
