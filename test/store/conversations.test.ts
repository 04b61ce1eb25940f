import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { inText } from '#core/conversations/entry.ts';
import type { Core } from '#core/core.ts';
import type { FedEvent } from '#core/events/event-feed.ts';
import { erasePerson } from '#core/people/erase-person.ts';
import { callPartyOf, personNamed, personOf } from '#core/people/person-of.ts';
import type { Records } from '#core/records.ts';
import { PostgresEventFeed } from '#store/event-feed.ts';
import { until } from '../support/server.ts';
import { openTestStore, serverName, spoken, type TestStore } from './test-store.ts';

describe(`conversations, memory and events on Postgres ${serverName}`, () => {
  let opened: TestStore;
  let database: TestStore['database'];
  let store: TestStore['store'];
  let organizationId: number;
  let agentId: number;
  let newCall: TestStore['newCall'];
  const hasher = { keyedHash: (text: string) => `hash of ${text}` };
  before(async () => {
    opened = await openTestStore();
    ({ database, store, organizationId, agentId, newCall } = opened);
  });
  after(() => opened.close());
  const inTransaction = <T>(work: (records: Records) => Promise<T>) => store.transaction(work);

  describe('the event feed', () => {
    const said = (callId: number, text: string) =>
      ({ type: 'message.sent', callId, data: { role: 'agent', text } }) as const;
    const textOf = ({ event }: FedEvent) => (event.type === 'message.sent' ? event.data.text : '');
    const open = async () => {
      const feed = new PostgresEventFeed(database.db, (error) => assert.fail(String(error)));
      await feed.open();
      const heard: FedEvent[] = [];
      feed.listen((events) => heard.push(...events));
      return { feed, heard };
    };

    it('tells what ends last last, though it began first, and leaves nothing out', async () => {
      const call = await store.calls.insert(newCall());
      const [one, two] = await Promise.all([open(), open()]);
      let finish: () => void = () => undefined;
      const slow = inTransaction(async (records) => {
        await records.outbox.event(organizationId, said(call.id, 'slow'));
        await new Promise<void>((go) => (finish = go));
      });
      await until(
        'the slow one to have begun',
        5000,
        async () =>
          (await database.pool.query("select 1 from pg_stat_activity where state = 'idle in transaction'")).rowCount,
      );
      await store.outbox.event(organizationId, said(call.id, 'quick'));
      for (const { feed } of [one, two]) feed.ring();
      await until(
        'the quick one',
        5000,
        () =>
          one.heard.some((event) => textOf(event) === 'quick') && two.heard.some((event) => textOf(event) === 'quick'),
      );
      finish();
      await slow;
      for (const { feed } of [one, two]) feed.ring();
      await until(
        'the slow one',
        5000,
        () =>
          one.heard.some((event) => textOf(event) === 'slow') && two.heard.some((event) => textOf(event) === 'slow'),
      );
      for (const { heard } of [one, two]) assert.deepEqual(heard.map(textOf), ['quick', 'slow']);
      assert.deepEqual(
        one.heard.map((event) => event.position),
        two.heard.map((event) => event.position),
      );
      assert.deepEqual([one.heard[0]!.call!.id, one.heard[0]!.organizationId], [call.id, organizationId]);
      await Promise.all([one.feed.close(), two.feed.close()]);
    });

    it('assigns positions without gaps from any server, and finds events without a notification', async () => {
      const call = await store.calls.insert(newCall());
      const feeds = await Promise.all([open(), open(), open()]);
      await Promise.all(
        Array.from({ length: 300 }, (_, n) =>
          store.outbox
            .event(organizationId, said(call.id, String(n)))
            .then(() => n % 3 === 0 && feeds[n % feeds.length]!.feed.ring()),
        ),
      );
      await until('all of them', 10_000, () => feeds.every(({ heard }) => heard.length === 300));
      const [{ feed, heard: told }] = feeds;
      const positions = told.map((event) => event.position);
      assert.deepEqual(
        positions,
        Array.from({ length: 300 }, (_, n) => positions[0]! + n),
      );
      for (const { heard } of feeds) assert.deepEqual(heard.map(textOf), told.map(textOf));
      assert.deepEqual(
        (await feed.read(positions[9]!, positions[19]!, 100)).map((event) => event.position),
        positions.slice(10, 20),
      );
      await Promise.all(feeds.map(({ feed }) => feed.close()));
    });
  });

  it('a call is a conversation from its start, with its words as its messages', async () => {
    const call = await store.calls.insert(newCall());
    const conversation = (await store.conversations.ofCall(call.id))!;
    assert.deepEqual([conversation.callId, conversation.userId, conversation.agentId], [call.id, 'caller', agentId]);
    assert.equal((await store.conversations.view(conversation.id, new Date())).status, 'active');
    assert.equal(conversation.id, call.conversationId);
    await store.entries.add(conversation.id, {
      ...spoken(0, 'agent', 'Hello.'),
      agentId,
      detail: { latency: { fullCycleMs: 920 } },
    });
    await store.entries.add(conversation.id, spoken(1, 'tool-call', 'book'));
    await store.entries.add(conversation.id, spoken(2, 'caller', 'Hi.'));
    await store.entries.add(conversation.id, spoken(3, 'instruction', 'Be short.'));
    const written = { role: 'caller', detail: {}, agentId: null, at: new Date() } as const;
    // The request that a running call says something: the call stores it when it was said.
    const told = { ...written, text: 'Say this.', metadata: null, detail: { toCall: true } };
    await store.entries.add(conversation.id, inText(told));
    const added = await store.entries.add(
      conversation.id,
      inText({ ...written, text: 'Written later.', metadata: { source: 'mail' } }),
    );
    const messages = await store.entries.of(conversation.id);
    assert.deepEqual(
      messages.map((one) => [one.role, one.text]),
      [
        ['agent', 'Hello.'],
        ['tool-call', 'book'],
        ['caller', 'Hi.'],
        ['caller', 'Written later.'],
      ],
    );
    assert.deepEqual(await store.entries.of(conversation.id, 2), messages.slice(-2));
    assert.deepEqual(
      [messages.at(-1), messages[0]!.agentId, messages.at(-1)!.metadata],
      [added, agentId, { source: 'mail' }],
    );
    assert.equal((await store.conversations.view(conversation.id, new Date())).messages, 3);
    const ofCall = messages.slice(0, 3);
    assert.deepEqual(await store.entries.ofCall(conversation.id), ofCall);
    assert.deepEqual(await store.entries.ofCall(conversation.id, { after: 1 }), ofCall.slice(-1));
    assert.deepEqual([...(await store.entries.ofCalls([conversation.id, 0]))], [[conversation.id, ofCall]]);
    assert.deepEqual(
      [...(await store.entries.lastOfCalls([conversation.id, 0], 1))],
      [[conversation.id, ofCall.slice(-1)]],
    );
    const { role, text, at, detail } = ofCall.at(-1)!;
    assert.deepEqual((await store.entries.glancesOfCalls([conversation.id, 0])).get(conversation.id), {
      last: { role, text, at, detail },
      slowestMs: 920,
    });
    // What a supervisor told the agent is left out unless it is asked for.
    assert.deepEqual(
      (await store.entries.ofCall(conversation.id, { instructions: true })).map(({ text }) => text),
      ['Hello.', 'book', 'Hi.', 'Be short.'],
    );
    await store.calls.end(call.id, null, {
      status: 'completed',
      endReason: 'x',
      failureReason: null,
      endedBy: 'caller',
      endedAt: new Date(),
    });
    assert.equal((await store.conversations.view(conversation.id, new Date())).status, 'completed');
    assert.equal(
      (await store.conversations.view(conversation.id, new Date(Date.now() + 31 * 86_400_000))).status,
      'archived',
    );
  });

  it('begins a talk of a name once, and gives the turn in it to one at a time', async () => {
    const begin = () =>
      store.conversations.begin({
        organizationId,
        agentId,
        personId: null,
        userId: 'u',
        name: 'chat',
        startedBy: null,
        at: new Date(),
      });
    const begun = await Promise.all(Array.from({ length: 8 }, begin));
    assert.equal(new Set(begun.map((one) => one.id)).size, 1);
    const { id } = begun[0]!;
    const holders = Array.from({ length: 8 }, (_, n) => `holder ${n}`);
    const claims = await Promise.all(holders.map((holder) => store.conversations.claim(id, holder, 60_000)));
    assert.equal(claims.filter(Boolean).length, 1);
    const holder = holders[claims.indexOf(true)]!;
    const another = holders[claims.indexOf(false)]!;
    // Only its holder extends or releases a turn.
    assert.equal(await store.conversations.extend(id, another, 60_000), false);
    await store.conversations.release(id, another);
    assert.equal(await store.conversations.claim(id, another, 60_000), false);
    // A holder that extends no more has lost it when the lease has run out.
    assert.equal(await store.conversations.extend(id, holder, 0), true);
    assert.equal(await store.conversations.claim(id, another, 60_000), true);
    assert.equal(await store.conversations.extend(id, holder, 60_000), false);
    await store.conversations.release(id, another);
    assert.equal(await store.conversations.claim(id, holder, 60_000), true);
  });

  it('knows a person by every name they have, and keeps people apart who share a number', async () => {
    const end = (number: string | null, named?: string) =>
      inTransaction((records) => callPartyOf(records, hasher, organizationId, number, named));
    // First by a client id in text; the number that they are called at is assigned to them.
    const { id: anna } = await inTransaction((records) => personNamed(records, hasher, organizationId, 'anna'));
    const called = await end('+4930100', 'anna');
    assert.deepEqual([called.numberOwner!.id, called.person!.id, called.userId], [anna, anna, 'anna']);
    assert.equal(await personOf(store, organizationId, '+4930100'), anna);
    // Another person at the same number is a different person.
    const other = await end('+4930100', 'ben');
    assert.equal(other.numberOwner!.id, anna);
    assert.notEqual(other.person!.id, anna);
    assert.equal(await personOf(store, organizationId, 'ben'), other.person!.id);
    // First by number; the name that comes later is the same person's.
    const byNumber = await end('+4930200');
    const named = await end('+4930200', 'carl');
    assert.deepEqual([named.person!.id, named.numberOwner!.id], [byNumber.numberOwner!.id, byNumber.numberOwner!.id]);
    assert.deepEqual(await end(null), { numberOwner: null, person: null, userId: null });
    assert.equal((await end(null, ' anna ')).person!.id, anna);
    // A do-not-call entry of a number also applies to a new client id.
    await database.pool.query(
      'insert into suppressed_numbers (organization_id, number_hash, at) values ($1, $2, now())',
      [organizationId, hasher.keyedHash(`suppressed number\n${organizationId}\n+4930300`)],
    );
    assert.ok((await end('+4930300', 'anna')).numberOwner!.doNotCallAt !== null);
    const many = await Promise.all(Array.from({ length: 8 }, () => end('+4930400', 'dora')));
    assert.equal(new Set(many.map((one) => one.person!.id)).size, 1);
  });

  it('assigns numbers in sets, each to one person, without a lock of the organization', async () => {
    const given = Array.from({ length: 20 }, (_, n) => ({ number: `+49305${n}`, suppressionHash: `h${n}` }));
    let finish: () => void = () => undefined;
    const isLocked = new Promise<void>((locked) => {
      void inTransaction(async (records) => {
        await records.organizations.lock(organizationId);
        locked();
        await new Promise<void>((go) => (finish = go));
      });
    });
    await isLocked;
    const found = await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        inTransaction((records) =>
          records.persons.withNumbers(organizationId, [...given.slice(n), ...given.slice(0, n)]),
        ),
      ),
    );
    finish();
    for (const { number } of given) assert.equal(new Set(found.map((one) => one.get(number)!.id)).size, 1);
    assert.equal(new Set([...found[0]!.values()].map((person) => person.id)).size, given.length);
    const { rows } = await database.pool.query(
      `select count(*) as n from persons p where not exists (select from person_numbers where person_id = p.id)
         and not exists (select from person_ids where person_id = p.id)`,
    );
    assert.deepEqual(rows, [{ n: 0 }], 'persons without a name are left');
  });

  it('gives a person one of two client ids that come with their number at once', async () => {
    const { numberOwner } = await inTransaction((records) =>
      callPartyOf(records, hasher, organizationId, '+4930600', undefined),
    );
    const found = await Promise.all(
      ['eve', 'finn'].map((name) =>
        inTransaction((records) => callPartyOf(records, hasher, organizationId, '+4930600', name)),
      ),
    );
    assert.equal(found.filter((one) => one.person!.id === numberOwner!.id).length, 1);
  });

  it('erases no person whom a call is being placed to, and lets one placed meanwhile have a new person', async () => {
    const ctx = { organizationId, actor: { kind: 'system', name: 'test' }, requestId: 'r' } as const;
    const core = { store, secrets: hasher, clock: { now: () => new Date() } } as unknown as Core;
    const party = (records: Records) => callPartyOf(records, hasher, organizationId, '+4930700', undefined);
    const waits = (what: string) =>
      until(what, 5000, async () => {
        const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%persons%'";
        return (await database.pool.query(waiting)).rowCount === 1;
      });
    await inTransaction(party);
    let erasure: Promise<unknown> = Promise.resolve();
    const { personId, callId, epoch } = await inTransaction(async (records) => {
      const { id } = (await party(records)).numberOwner!;
      erasure = assert.rejects(erasePerson(core, ctx, '+4930700'), { code: 'conflict' });
      return { personId: id, ...(await placed(records, id)) };
    });
    await erasure;
    const end = {
      status: 'completed',
      endReason: 'x',
      failureReason: null,
      endedBy: 'caller',
      endedAt: new Date(),
    } as const;
    assert.ok(await store.calls.end(callId, { owner: 'server-1', epoch }, end));
    await store.persons.refuseCalls(personId, new Date());
    const { placing } = await inTransaction(async (records) => {
      await erasePerson({ ...core, store: { ...store, transaction: (work) => work(records) } }, ctx, '+4930700');
      const begun = { placing: inTransaction(party) };
      await waits('the call to wait for the erasure');
      return begun;
    });
    const { numberOwner } = await placing;
    assert.notEqual(numberOwner!.id, personId);
    assert.ok(numberOwner!.doNotCallAt !== null, 'the wish of the erased person is forgotten');

    async function placed(records: Records, id: number) {
      await waits('the erasure to wait for the call');
      const call = await records.calls.insert(newCall({ to: '+4930700', personId: id }));
      return { callId: call.id, epoch: call.epoch };
    }
  });

  it('remembers what several write at once, and forgets all of it', async () => {
    const { id } = await inTransaction((records) => personNamed(records, hasher, organizationId, 'memory'));
    const at = new Date('2026-01-01T00:00:00Z');
    await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        store.memory.merge(id, { preferences: { [`p${n}`]: { n }, name: `N${n}` }, topics: ['shared', `t${n}`] }, at),
      ),
    );
    const memory = await store.memory.of(id);
    assert.equal(Object.keys(memory.preferences).length, 11);
    assert.deepEqual(
      [memory.topics.length, memory.topics.filter((one) => one === 'shared').length, memory.updatedAt],
      [11, 1, at],
    );
    await store.memory.merge(id, { preferences: { p0: null }, removeTopics: ['t0'] }, at);
    assert.ok(!('p0' in (await store.memory.of(id)).preferences));
    // As a model may write it.
    await store.memory.merge(id, { preferences: { name: 'A\0', 'k\0': { of: 'B\ud83d' } }, topics: ['c\0d'] }, at);
    const odd = await store.memory.of(id);
    assert.deepEqual([odd.preferences['name'], odd.preferences['k\uFFFD']], ['A\uFFFD', { of: 'B\uFFFD' }]);
    assert.ok(odd.topics.includes('c\uFFFDd'));
    await store.memory.clear(id);
    assert.deepEqual(await store.memory.of(id), { preferences: {}, topics: [], updatedAt: null });
  });

  it('deletes words of talks after their time, in messages, summaries, events and tools', async () => {
    const { id: other } = await store.organizations.insert('Forgetful');
    const talk = await store.conversations.begin({
      organizationId: other,
      agentId,
      personId: null,
      userId: 'u',
      name: null,
      startedBy: null,
      at: new Date('2025-01-01T00:00:00Z'),
    });
    const written = { role: 'caller', metadata: null, detail: {}, agentId: null } as const;
    await store.entries.add(talk.id, inText({ ...written, text: 'a secret', at: new Date('2025-01-01T00:00:00Z') }));
    await store.conversations.summarize(talk.id, 'a secret', new Date());
    await store.outbox.event(other, {
      type: 'message.received',
      conversationId: talk.id,
      agentId,
      data: { role: 'caller', text: 'a secret', confidence: 1 },
    });
    await store.tools.begin({
      conversationId: talk.id,
      key: 'k',
      toolId: null,
      name: 'book',
      input: { notes: 'a secret' },
      startedAt: new Date(),
    });
    assert.equal(
      await store.tools.begin({
        conversationId: talk.id,
        key: 'k',
        toolId: null,
        name: 'book',
        input: {},
        startedAt: new Date(),
      }),
      false,
      'decided once',
    );
    assert.equal(await store.entries.drop(other, new Date('2025-06-01T00:00:00Z'), new Date(), 10), 1);
    assert.equal(await store.entries.drop(other, new Date('2025-06-01T00:00:00Z'), new Date(), 10), 0);
    const left = await database.pool.query(
      "select text from entries where conversation_id = $1 union all select summary from conversations where id = $1 and summary is not null union all select payload::text from events where conversation_id = $1 and payload::text like '%secret%' union all select input::text from tool_executions where conversation_id = $1 and input::text like '%secret%'",
      [talk.id],
    );
    assert.deepEqual(left.rows, []);
  });
});
