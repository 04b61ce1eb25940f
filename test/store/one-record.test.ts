import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import type { Core } from '#core/core.ts';
import { erasePerson } from '#core/people/erase-person.ts';
import { openQueue } from '#jobs/queue.ts';
import { applyMigrations, migrationFiles, openDatabase, type OpenDatabase } from '#store/database.ts';
import { startEmbedded, type EmbeddedPostgres } from '#store/embedded-postgres.ts';
import { PostgresEventFeed } from '#store/event-feed.ts';
import { postgresStore } from '#store/postgres-store.ts';
import { deleteDataDir } from '../support/data-dir.ts';
import { repliesOf } from './replies.ts';
import { bin } from './test-store.ts';

// A database that the version before the migration 0021 filled with calls, text, tools, bookings, callbacks and
// webhooks, and what its APIs answered about them.
const FIXTURE = join(import.meta.dirname, 'before-0021.sql');
const ANSWERED = JSON.parse(readFileSync(join(import.meta.dirname, 'before-0021.json'), 'utf8')) as {
  readonly now: string;
  readonly organizationId: number;
  readonly replies: Readonly<Record<string, unknown>>;
};

type Rows = Record<string, string | number>[];

describe('a database of before there was one record', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'trunkline-record-'));
  const closers: (() => Promise<unknown>)[] = [];
  let server: EmbeddedPostgres;
  let database: OpenDatabase;
  let core: Core;
  let counted: Rows;
  const rows = async (text: string) => (await database.pool.query(text)).rows as Rows;

  before(async () => {
    server = await startEmbedded({
      dataDir,
      settings: { fsync: 'off' },
      ...(bin === undefined ? {} : { nativeDir: join(bin, '..') }),
    });
    closers.push(() => server.stop());
    const client = new pg.Client({ ...server.connection, options: '-c timezone=UTC' });
    await client.connect();
    closers.push(() => client.end());
    await applyMigrations(client, new Set(migrationFiles().filter((name) => name < '0021')));
    // Tables are loaded in any order, so references are not checked.
    await client.query('set session_replication_role = replica');
    await client.query(readFileSync(FIXTURE, 'utf8'));
    counted = (await client.query(COUNTED_BEFORE)).rows as Rows;
    database = await openDatabase(server.connection, (error) => assert.fail(error));
    closers.push(() => database.close());
    const boss = await openQueue(database.pool, () => undefined);
    closers.push(() => boss.stop({ graceful: false }));
    const clock = { now: () => new Date(ANSWERED.now) };
    const secrets = { keyedHash: (text: string) => `hash of ${text}` };
    core = { store: postgresStore(database.db, boss), clock, secrets } as unknown as Core;
  });
  after(async () => {
    for (const close of closers.toReversed()) await close();
    deleteDataDir(dataDir);
  });

  /** Transcripts of the campaigns API had the times of the call's own clock; now those at which words were written. */
  const withWordTimes = async (before: object): Promise<object> => {
    const entries = await rows(`select c.sid || '-' || e.seq as id, e.at from entries e
      join conversations v on v.id = e.conversation_id join calls c on c.id = v.call_id where e.seq is not null`);
    const times = new Map(entries.map(({ id, at }) => [id, new Date(at!).toISOString()]));
    const { transcript } = before as { transcript: { id: string }[] };
    return { transcript: transcript.map((one) => ({ ...one, timestamp: times.get(one.id) })) };
  };

  it('is answered about as before', async () => {
    const replies = await repliesOf(core, ANSWERED.organizationId, rows);
    assert.deepEqual(Object.keys(replies), Object.keys(ANSWERED.replies));
    for (const [request, reply] of Object.entries(replies)) {
      const before = ANSWERED.replies[request] as object;
      // The call is older than versions of agents.
      const added = 'agent_version' in (reply as object) ? { agent_version: null, used_draft: false } : {};
      const expected = request.startsWith('livekit.getTranscript') ? await withWordTimes(before) : before;
      assert.deepEqual(reply, { ...expected, ...added }, request);
    }
  });

  it('lost no row', async () => {
    assert.ok(
      counted.every(({ n }) => Number(n) > 0),
      JSON.stringify(counted),
    );
    assert.deepEqual(await rows(COUNTED_AFTER), counted);
    assert.deepEqual(
      await rows(`select e.id from events e join conversations v on v.id = e.conversation_id
        where (e.payload->>'callId')::bigint is distinct from v.call_id and e.payload ? 'callId'`),
      [],
    );
    const [next] = await rows(`select nextval(pg_get_serial_sequence('entries', 'id')) > max(id) as fits from entries`);
    assert.equal(next!['fits'], true, 'a new entry would get the id of an old one');
  });

  it('tells events of calls and of conversations as before', async () => {
    const feed = new PostgresEventFeed(database.db, (error) => assert.fail(String(error)));
    const events = await feed.read(0, Number.MAX_SAFE_INTEGER, 1000);
    for (const { event, call, conversation } of events)
      assert.deepEqual(
        [call?.id, conversation?.id],
        ['callId' in event ? event.callId : undefined, 'conversationId' in event ? event.conversationId : undefined],
      );
    assert.ok(events.some(({ call }) => call) && events.some(({ conversation }) => conversation));
  });

  it('forgets by age and by person whatever they said, on calls and in text', async () => {
    const { store, clock } = core;
    const org = ANSWERED.organizationId;
    const john = (await store.persons.byOutsideId(org, 'john'))!;
    const ids = (await rows(`select id from conversations where person_id = ${john.id}`)).map(({ id }) => id).join();
    const words = `select text from entries where conversation_id in (${ids})
      union all select payload->>'data' from events where conversation_id in (${ids}) and payload->>'data' <> '{}'
      union all select output from tool_executions where conversation_id in (${ids}) and output is not null
      union all select summary from conversations where id in (${ids}) and summary is not null`;
    assert.ok((await rows(words)).length > 10);
    const others = 'select count(*)::int as n from entries where conversation_id not in';
    const [before] = await rows(`${others} (${ids})`);
    const ctx = { organizationId: org, actor: { kind: 'system', name: 'test' }, requestId: 'r' } as const;
    assert.deepEqual(await erasePerson(core, ctx, 'john'), { calls: 1, recordings: 1 });
    assert.deepEqual(await rows(words), []);
    assert.deepEqual(await rows(`${others} (${ids})`), [before]);
    const later = new Date(clock.now().getTime() + 86_400_000);
    const old = await store.entries.drop(org, later, later, 1000);
    assert.ok(old > 2, `${old}`);
    assert.deepEqual(await rows('select text from entries'), []);
    assert.equal(await store.entries.drop(org, later, later, 1000), 0);
    // Words that come in text later go with the next period, on a call's conversation too.
    const [after] = await rows(
      'select id from conversations where call_id is not null and person_id is not null limit 1',
    );
    const more = { role: 'caller', text: 'Later.', metadata: null, detail: {}, agentId: null, at: later } as const;
    await store.entries.add(Number(after!['id']), { ...more, seq: null, startMs: null, endMs: null });
    assert.equal(await store.entries.drop(org, new Date(later.getTime() + 1), later, 1000), 1);
    assert.deepEqual(await rows('select text from entries'), []);
  });
});

const KEPT = `union all select 'bookings', count(*)::int from bookings where conversation_id is not null
  union all select 'callbacks', count(*)::int from callbacks union all select 'executions', count(*)::int from tool_executions
  order by 1`;
const COUNTED_BEFORE = `select 'call' as what, count(*)::int as n from call_entries
  union all select role, count(*)::int from (select role from call_entries
    union all select case role when 'person' then 'caller' else role end from messages) as said group by role
  union all select 'events', count(*)::int from events where call_id is not null or conversation_id is not null
  ${KEPT.replace('where conversation_id is not null', 'where call_id is not null or conversation_id is not null')}`;
const COUNTED_AFTER = `select 'call' as what, count(*)::int as n from entries where seq is not null
  union all select role, count(*)::int from entries group by role
  union all select 'events', count(*)::int from events where conversation_id is not null
  ${KEPT}`;
