import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// The operations that the console needs beyond the seeds: versions, ETags, people, audit, exports.

type Json = Record<string, unknown>;

describe('operations of the console', () => {
  let server: TestServer;
  const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    server.request(method, path, body, headers);
  const etag = () => server.headers.get('etag') ?? 'none';
  const makeAgent = async (settings: Json) =>
    String((await ask('POST', '/v1/convai/agents', { name: 'Versioned', ...settings })).body['agent_id']);

  before(async () => {
    server = await startServer({ ADMIN_PASSWORD: 'first password' });
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  describe('versions of an agent', () => {
    it('a draft changes nothing until it is published; then the version is what the difference showed', async () => {
      const id = await makeAgent({ system_prompt: 'One.' });
      const at = `/v1/convai/agents/${id}`;
      const drafted = await ask('PATCH', `${at}/draft`, { system_prompt: 'Two.\n', silence_threshold_sec: 0.5 });
      assert.equal(drafted.status, 200);
      assert.deepEqual(drafted.body['changes'], [
        { field: 'system_prompt', from: 'One.', to: 'Two.\n' },
        { field: 'silence_threshold_sec', from: 0.3, to: 0.5 },
      ]);
      assert.equal((await ask('GET', at)).body['system_prompt'], 'One.');
      const published = await ask('POST', `${at}/publish`, { note: 'Shorter' });
      assert.equal(published.body['version'], 2);
      assert.equal((await ask('GET', at)).body['system_prompt'], 'Two.\n');
      assert.deepEqual((await ask('GET', `${at}/draft`)).body['changes'], []);
      const { versions } = (await ask('GET', `${at}/versions`)).body as { versions: Json[] };
      assert.deepEqual(
        versions.map(({ version, note }) => [version, note]),
        [
          [2, 'Shorter'],
          [1, null],
        ],
      );
      const { changes } = (await ask('GET', `${at}/versions/1/diff?to=2`)).body as { changes: Json[] };
      assert.deepEqual(changes, drafted.body['changes']);
      assert.equal((await ask('POST', `${at}/publish`, {})).status, 409, 'there is no draft any more');
    });

    it('a change through any API is a version, one of nothing is none, and restoring makes a new one', async () => {
      const id = await makeAgent({ system_prompt: 'First.' });
      const at = `/v1/convai/agents/${id}`;
      await ask('PUT', `/agents/${id}`, { configuration: { system_prompt: 'Second.' } });
      await ask('PATCH', at, { system_prompt: 'Second.' });
      assert.equal((await ask('GET', `${at}/versions`)).body['total'], 2);
      const restored = await ask('POST', `${at}/versions/1/restore`);
      assert.deepEqual([restored.status, restored.body['version']], [200, 3]);
      assert.equal((await ask('GET', at)).body['system_prompt'], 'First.');
      assert.equal((await ask('GET', `${at}/versions/9`)).status, 404);
      assert.equal(((await ask('GET', `${at}/versions/2`)).body['settings'] as Json)['system_prompt'], 'Second.');
    });

    it('a draft that was made from an older version is published only by who has seen both', async () => {
      const id = await makeAgent({});
      const at = `/v1/convai/agents/${id}`;
      await ask('PATCH', `${at}/draft`, { name: 'Drafted' });
      await ask('PATCH', at, { first_message: 'Meanwhile' });
      assert.equal((await ask('POST', `${at}/publish`, {})).status, 409);
      await ask('GET', `${at}/draft`);
      const { status } = await ask('POST', `${at}/publish`, {}, { 'if-match': etag() });
      assert.equal(status, 200);
      const { body } = await ask('GET', at);
      assert.deepEqual([body['name'], body['first_message']], ['Drafted', 'Meanwhile']);
    });

    it('edits of a draft at once are all kept, and of two publications one is carried out', async () => {
      const edits: Json[] = [
        { name: 'At once' },
        { system_prompt: 'At once.' },
        { first_message: 'Hello at once.' },
        { silence_threshold_sec: 0.7 },
        { voicemail_message: 'Bye at once.' },
      ];
      for (let round = 0; round < 4; round++) {
        const at = `/v1/convai/agents/${await makeAgent({})}`;
        const kept = await Promise.all(edits.map((edit) => ask('PATCH', `${at}/draft`, edit)));
        assert.deepEqual(new Set(kept.map(({ status }) => status)), new Set([200]));
        assert.equal(((await ask('GET', `${at}/draft`)).body['changes'] as Json[]).length, edits.length);
        const published = await Promise.all([1, 2, 3].map(() => ask('POST', `${at}/publish`, {})));
        assert.deepEqual(
          published.map(({ status }) => status).toSorted((one, other) => one - other),
          [200, 409, 409],
        );
        assert.equal((await ask('GET', `${at}/versions`)).body['total'], 2);
      }
    });

    it('limits hold against additions at once', async () => {
      const at = `/v1/convai/agents/${await makeAgent({})}/mcp-servers`;
      const made = await Promise.all(
        Array.from({ length: 24 }, (_, n) => ask('POST', at, { name: `m${n}`, url: 'http://127.0.0.1:9/' })),
      );
      assert.equal(made.filter(({ status }) => status === 409).length, 4);
      assert.equal(((await ask('GET', at)).body['servers'] as Json[]).length, 20);
    });

    it('a talk can use the draft, and a call keeps the version that it began with', async () => {
      const id = await makeAgent({ system_prompt: 'Say it exactly: "Published words."', first_message: 'Old hello.' });
      const at = `/v1/convai/agents/${id}`;
      await ask('PATCH', `${at}/draft`, { first_message: 'New hello.' });
      const call = async (more: Json) => {
        const { body } = await accepted(() =>
          ask('POST', '/v1/convai/twilio/outbound-call', { agent_id: id, to_number: '+15005550005', ...more }),
        );
        const sid = String(body['call_sid']);
        await server.untilEnded(sid);
        return (await ask('GET', `/v1/convai/conversations/${sid}`)).body;
      };
      const old = await call({});
      const drafted = await call({ use_draft: true });
      await ask('POST', `${at}/publish`, {});
      assert.deepEqual([old['agent_version'], old['used_draft']], [1, false]);
      assert.deepEqual([drafted['agent_version'], drafted['used_draft']], [1, true]);
      const listed = (await ask('GET', `/v1/convai/conversations?agent_id=${id}&agent_version=1`)).body;
      assert.equal(listed['total'], 2);
      const same = (await ask('GET', `/api/calls?agent_id=${id}&agent_version=1`)).body['pagination'] as Json;
      assert.equal(same['total'], 2);
      assert.equal((await ask('GET', `/v1/convai/conversations?agent_id=${id}&agent_version=2`)).body['total'], 0);
      const [, first] = (await ask('GET', `${at}/versions`)).body['versions'] as Json[];
      assert.deepEqual([first!['version'], first!['calls']], [1, 1], 'calls with the draft are not counted');
      await ask('PATCH', `${at}/draft`, { is_active: false });
      const talked = await ask('POST', `/agents/${id}/message`, { message: 'hello', options: { use_draft: true } });
      assert.equal(talked.status, 400, 'the draft is not active');
      assert.equal((await ask('POST', `/agents/${id}/message`, { message: 'hello' })).status, 200);
    });
  });

  describe('ETag and If-Match', () => {
    it('of two editors the second is refused with both texts, and nothing is lost', async () => {
      const id = await makeAgent({ system_prompt: 'Base.' });
      const at = `/v1/convai/agents/${id}`;
      await ask('GET', at);
      const seen = etag();
      assert.equal((await ask('PATCH', at, { system_prompt: 'Mine.' }, { 'if-match': seen })).status, 200);
      const next = etag();
      assert.notEqual(next, seen);
      const late = await ask('PATCH', at, { system_prompt: 'Yours.' }, { 'if-match': seen });
      assert.equal(late.status, 409);
      const conflict = late.body['conflict'] as { etag: string; current: Json; yours: Json };
      assert.deepEqual(
        [conflict.current['system_prompt'], conflict.yours, conflict.etag],
        ['Mine.', { system_prompt: 'Yours.' }, next],
      );
      assert.equal((await ask('GET', at)).body['system_prompt'], 'Mine.');
      const again = await ask('PATCH', at, { system_prompt: 'Yours.' }, { 'if-match': conflict.etag });
      assert.equal(again.status, 200);
    });

    it('holds across APIs, and against two edits at once', async () => {
      const id = await makeAgent({});
      await ask('GET', `/v1/convai/agents/${id}`);
      const seen = etag();
      await ask('PUT', `/agents/${id}`, { name: 'Elsewhere' });
      assert.equal((await ask('PATCH', `/v1/convai/agents/${id}`, { name: 'B' }, { 'if-match': seen })).status, 409);
      await ask('GET', `/v1/convai/agents/${id}`);
      const now = etag();
      const both = await Promise.all(
        ['C', 'D'].map((name) => ask('PATCH', `/v1/convai/agents/${id}`, { name }, { 'if-match': now })),
      );
      assert.deepEqual(
        both.map(({ status }) => status).toSorted((one, other) => one - other),
        [200, 409],
      );
    });

    it('every record that is shown and edited at one address has an ETag', async () => {
      for (const api of server.app.apis)
        for (const edit of api.operations.filter(({ method }) => method === 'PUT' || method === 'PATCH')) {
          const shows = api.operations.find(({ method, path }) => method === 'GET' && path === edit.path);
          if (!shows || WITHOUT_ETAG.has(edit.path)) continue;
          assert.ok('record' in edit && 'record' in shows, `${edit.method} ${edit.path} takes no If-Match`);
        }
    });

    it('a request that changes a record in two ways is one edit', async () => {
      const made = (await ask('POST', '/api/campaigns', { name: 'Two ways' })).body['data'] as Json;
      const at = `/api/campaigns/${String(made['campaign_id'])}`;
      await ask('GET', at);
      const edit = { name: 'Both', status: 'completed' };
      const done = await ask('PUT', at, edit, { 'if-match': etag() });
      assert.deepEqual([done.status, (done.body['data'] as Json)['name']], [200, 'Both']);
    });

    it('a malformed If-Match is refused, and a saved form without a change writes nothing', async () => {
      const id = await makeAgent({});
      assert.equal((await ask('PATCH', `/v1/convai/agents/${id}`, {}, { 'if-match': 'x' })).status, 400);
      const lines = async () => (await server.database('select count(*)::int as n from audit'))[0]!['n'];
      const before = await lines();
      const { body } = await ask('GET', `/v1/convai/agents/${id}`);
      assert.equal((await ask('PATCH', `/v1/convai/agents/${id}`, body, { 'if-match': etag() })).status, 200);
      assert.equal(await lines(), before);
    });
  });
  describe('people', () => {
    const person = async (number: string) => {
      await accepted(() => ask('POST', '/v1/convai/twilio/outbound-call', { to_number: number }));
      const { body } = await ask('GET', `/api/people?search=${encodeURIComponent(number)}`);
      return (body['data'] as Json[])[0]!;
    };

    it('are found by the beginning of a word of their name, a number or an id, page by page', async () => {
      for (const name of ['Ann Smithers', 'Bob Smithson', 'Cid Jones'])
        await ask('POST', `/memory/${encodeURIComponent(`crm-${name}`)}/context`, { preferences: { name } });
      const found = async (search: string) =>
        ((await ask('GET', `/api/people?search=${encodeURIComponent(search)}`)).body['data'] as Json[]).map(
          ({ name }) => name,
        );
      assert.deepEqual(await found('smith'), ['Bob Smithson', 'Ann Smithers']);
      assert.deepEqual(await found('crm-C'), ['Cid Jones']);
      assert.deepEqual(await found('smith ann'), ['Ann Smithers']);
      assert.deepEqual(await found("%'_\\"), []);
      const all: string[] = [];
      for (let cursor: unknown = undefined, first = true; first || cursor !== null; first = false) {
        const { body } = await ask('GET', `/api/people?limit=1${first ? '' : `&cursor=${String(cursor)}`}`);
        all.push(...(body['data'] as Json[]).map(({ person_id: id }) => String(id)));
        cursor = body['next_cursor'];
      }
      assert.ok(all.length >= 3 && new Set(all).size === all.length);
    });

    it('are shown with consent, memory and calls; consent is revoked; erasure leaves nothing', async () => {
      const { person_id: id } = await person('+15005550001');
      const at = `/api/people/${String(id)}`;
      assert.equal((await ask('POST', `${at}/consents`, { given: true, source: 'web form' })).status, 200);
      const shown = (await ask('GET', at)).body['data'] as Json;
      assert.equal(shown['consented'], true);
      assert.ok((shown['calls'] as Json[]).length > 0);
      await ask('POST', `${at}/consents/revoke`, { how: 'said so' });
      const [consent] = ((await ask('GET', at)).body['data'] as Json)['consents'] as Json[];
      assert.equal(consent!['revoked_how'], 'said so');
      await server.untilEnded(
        String((await server.database('select sid from calls order by id desc limit 1'))[0]!['sid']),
      );
      assert.equal((await ask('DELETE', at)).status, 200);
      assert.equal((await ask('GET', at)).status, 404);
      assert.equal((await ask('GET', '/api/people/person_x')).status, 404);
    });
  });

  describe('audit', () => {
    it('says who did what in the order in which it was done, by filter and page by page, without secrets', async () => {
      const id = await makeAgent({ system_prompt: 'hidden words' });
      await ask('PATCH', `/v1/convai/agents/${id}`, { system_prompt: 'other hidden words' });
      await ask('POST', '/api/webhooks', {
        url: 'http://example.com/',
        events: ['call.failed'],
        secret: 'whsec_not_to_be_seen',
      });
      const { body } = await ask('GET', `/api/audit?subject=${id}`);
      assert.deepEqual(
        (body['data'] as Json[]).map(({ action }) => action),
        ['agent.change', 'agent.create'],
      );
      const [line] = body['data'] as Json[];
      assert.match(String(line!['actor']), /^api-key:\d+$/);
      assert.deepEqual((line!['detail'] as Json)['changed'], ['systemPrompt']);
      const everything = JSON.stringify((await ask('GET', '/api/audit?limit=500')).body);
      for (const secret of ['hidden words', 'whsec_not_to_be_seen', server.key, 'first password'])
        assert.equal(everything.includes(secret), false, secret);
      const first = (await ask('GET', '/api/audit?limit=2')).body;
      const second = (await ask('GET', `/api/audit?limit=2&cursor=${String(first['next_cursor'])}`)).body;
      const ids = [...(first['data'] as Json[]), ...(second['data'] as Json[])].map((one) => one['id']);
      assert.equal(new Set(ids).size, 4);
      assert.deepEqual((await ask('GET', '/api/audit?date_to=2020-01-01')).body['data'], []);
    });

    it('is kept for two years', async () => {
      await server.database(`insert into audit (id, organization_id, actor, action, subject, at) overriding system value
        values (0, 1, 'user:1', 'agent.change', 'agent_old', now() - interval '3 years')`);
      await server.app.core.store.clearUp(new Date());
      assert.deepEqual((await ask('GET', '/api/audit?subject=agent_old')).body['data'], []);
      assert.ok(((await ask('GET', '/api/audit')).body['data'] as Json[]).length > 0);
    });
  });

  describe('exports', () => {
    it('hold exactly the rows of the filtered list, with no cell that a spreadsheet would run', async () => {
      const campaign = (await ask('POST', '/api/campaigns', { name: 'Exported' })).body['data'] as Json;
      const at = `/api/campaigns/${String(campaign['campaign_id'])}/leads`;
      const rows = Array.from({ length: 1200 }, (_, n) => `+1500555${String(10_000 + n)},=1+${n}\r\n`);
      const file = new FormData();
      file.append('file', new Blob([`phone_number,name\r\n${rows.join('')}`]), 'leads.csv');
      assert.equal((await ask('POST', at, file)).status, 200);
      await until('the import', 60_000, async () => {
        const { body } = await ask('GET', `${at}?limit=1`);
        return (body['pagination'] as Json)['total'] === 1200 ? true : null;
      });
      const lines = String((await ask('GET', `${at}.csv`)).body['text'])
        .trimEnd()
        .split('\r\n');
      assert.equal(lines.length, 1201);
      assert.equal(new Set(lines).size, 1201);
      assert.ok(lines.slice(1).every((line) => line.includes(`'=1+`)));
      const one = String((await ask('GET', `${at}.csv?phone_number=%2B150055510007`)).body['text']);
      assert.equal(one.trimEnd().split('\r\n').length, 2);
      const calls = (await ask('GET', '/api/calls?status=failed&limit=100')).body;
      const exported = String((await ask('GET', '/api/calls.csv?status=failed')).body['text'])
        .trimEnd()
        .split('\r\n');
      assert.deepEqual(
        exported.slice(1).map((line) => line.split(',')[0]),
        (calls['data'] as Json[]).map(({ call_id: id }) => id),
      );
      assert.equal((await ask('GET', '/api/campaigns/campaign_999999/leads.csv')).status, 404);
      const talks = (await ask('GET', '/conversations?limit=1000')).body['conversations'] as Json[];
      const told = String((await ask('GET', '/conversations.csv')).body['text'])
        .trimEnd()
        .split('\r\n');
      assert.equal(told.length - 1, talks.length);
    });
  });

  it('a turn of a call becomes a test of its agent, which asks the draft and executes nothing', async () => {
    const id = await makeAgent({ system_prompt: 'You are Ada of Brightline. It costs ten dollars a month.' });
    const at = `/v1/convai/agents/${id}`;
    const [call] = await server.database(`with made as (
        insert into calls (sid, organization_id, agent_id, direction, carrier, to_number, status, placed_at,
          answered_at,
          ended_at, ring_timeout_ms, transcribed, recorded)
        select 'CA' || md5('a tested call'), organization_id, id, 'outbound', 'simulator', '+15550000001', 'completed',
          now(), now(), now(), 30000, true, false from ai_agents where id = ${id.replace('agent_', '')}
        returning id, organization_id, agent_id)
      insert into conversations (organization_id, agent_id, call_id, created_at, last_message_at)
      select organization_id, agent_id, id, now(), now() from made returning id as conversation, call_id as id`);
    const conversation = Number(call!['conversation']);
    await server.database(`insert into entries (conversation_id, seq, role, text, start_ms, end_ms, at) values
      (${conversation}, 1, 'agent', 'Hello, this is Ada.', 0, 900, now()),
      (${conversation}, 2, 'caller', 'How much is it?', 1000, 1900, now()),
      (${conversation}, 3, 'agent', 'I do not know.', 2000, 2900, now())`);
    const add = (seq: number) => ask('POST', `${at}/tests`, { call_id: `call_${String(call!['id'])}`, seq });
    assert.equal((await add(1)).status, 400, 'the greeting answers no caller');
    assert.equal((await add(9)).status, 400, 'there is no such entry');
    const added = await add(3);
    assert.deepEqual([added.status, added.body['seq']], [200, 2]);
    const test = `${at}/tests/${String(added.body['test_id'])}`;
    const entries = async () => (await server.database('select count(*)::int as n from entries'))[0]!['n'];
    const before = await entries();
    const run = (await ask('POST', `${test}/run`, {})).body;
    assert.deepEqual([run['question'], run['recorded']], ['How much is it?', 'I do not know.']);
    assert.match(String(run['answer']), /ten dollars/);
    assert.equal(await entries(), before);
    await server.database(`delete from entries where conversation_id = ${conversation}`);
    assert.equal((await ask('POST', `${test}/run`, {})).status, 409, 'its words are deleted');
    assert.equal((await ask('DELETE', test)).status, 200);
    assert.deepEqual((await ask('GET', `${at}/tests`)).body['tests'], []);
  });

  describe('appointments', () => {
    it('are listed by period, one is canceled once, and its time is free again', async () => {
      const [at] = (await ask('GET', '/api/slots/free')).body['free'] as string[];
      const made = await ask('POST', '/api/book-slot', { name: 'Ann', date: at });
      const { id } = made.body['slot'] as Json;
      const listed = async (query = '') =>
        ((await ask('GET', `/api/slots${query}`)).body['slots'] as Json[]).map((one) => one['id']);
      assert.deepEqual(await listed(), [id]);
      assert.deepEqual(await listed(`?from=2020-01-01&to=2020-02-01`), []);
      assert.deepEqual(await listed(`?from=${at}&to=${at!.replace('Z', '.001Z')}`), [id], 'the end is excluded alone');
      assert.equal((await ask('GET', '/api/slots?from=2026-01-01&to=2026-04-01')).status, 400, 'more than 62 days');
      assert.equal((await ask('GET', '/api/slots?from=2026-01-02&to=2026-01-02')).status, 400);
      assert.ok(!((await ask('GET', '/api/slots/free')).body['free'] as string[]).includes(at!));
      assert.equal((await ask('DELETE', `/api/slots/${String(id)}`)).status, 200);
      assert.equal((await ask('DELETE', `/api/slots/${String(id)}`)).status, 404, 'it is canceled already');
      assert.deepEqual(await listed(), []);
      assert.ok(((await ask('GET', '/api/slots/free')).body['free'] as string[]).includes(at!));
    });
  });

  describe('knowledge', () => {
    it('a question shows the passages that are found, and a document is read in order', async () => {
      const id = await makeAgent({});
      const at = `/v1/convai/agents/${id}`;
      const text = Array.from({ length: 40 }, (_, n) => `Part ${n}. A garden gate of size ${n} needs paint and care.`);
      await ask('POST', `${at}/knowledge-base`, {
        text: `${text.join('\n\n')}\n\nRefunds take nine days.`,
        chunk_size: 32,
      });
      const found = (await ask('GET', `${at}/knowledge-search?question=How long do refunds take`)).body;
      const passages = found['passages'] as Json[];
      assert.match(String(passages[0]!['text']), /nine days/);
      assert.ok(passages.length <= 4);
      const [document] = (await ask('GET', `${at}/knowledge-base`)).body['documents'] as Json[];
      const path = `${at}/knowledge-base/${String(document!['id'])}/passages`;
      const read: Json[] = [];
      for (;;) {
        const after = read.length === 0 ? '' : `&after=${String(read.at(-1)!['seq'])}`;
        const page = (await ask('GET', `${path}?limit=3${after}`)).body['passages'] as Json[];
        if (page.length === 0) break;
        read.push(...page);
      }
      assert.equal(read.length, document!['chunks']);
      assert.deepEqual(
        read.map(({ seq }) => seq),
        read.map((_, n) => n),
      );
      const other = await makeAgent({});
      assert.equal((await ask('GET', path.replace(id, other))).status, 404, 'it is a document of another agent');
      assert.deepEqual(
        (await ask('GET', `/v1/convai/agents/${other}/knowledge-search?question=refunds`)).body['passages'],
        [],
      );
    });
  });

  it('a recording has a waveform in as many points as are wanted, and a webhook a log and a replay', async () => {
    const { body } = await accepted(() =>
      ask('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550005' }),
    );
    const call = await server.untilEnded(String(body['call_sid']));
    const peaks = await until('the waveform', 60_000, async () => {
      const reply = await ask('GET', `/api/calls/call_${call.id}/peaks?points=50`);
      return reply.status === 200 ? (reply.body['data'] as Json) : null;
    });
    const caller = peaks['caller'] as number[];
    assert.ok(caller.length > 10 && caller.length <= 50 && caller.every((peak) => peak >= 0 && peak <= 100));
    const hook = (await ask('POST', '/api/webhooks', { url: 'http://127.0.0.1:9/', events: ['call.failed'] })).body;
    const id = String((hook['data'] as Json)['webhook_id']);
    const failed = await accepted(() => ask('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550001' }));
    await server.untilEnded(String(failed.body['call_sid']));
    const delivery = await until('the first attempt', 60_000, async () => {
      const [one] = (await ask('GET', `/api/webhooks/${id}/deliveries`)).body['data'] as Json[];
      return one && Number(one['attempts']) > 0 ? one : null;
    });
    assert.deepEqual([delivery['event'], delivery['call_sid']], ['call.failed', failed.body['call_sid']]);
    await server.database(
      `update webhook_deliveries set state = 'dead' where webhook_id = ${id.slice('webhook_'.length)}`,
    );
    const replayed = await ask('POST', `/api/webhooks/${id}/replay`, { delivery_id: delivery['delivery_id'] });
    assert.deepEqual(replayed.body['data'], { replayed: 1 });
  });
});

/** Calls change by themselves while they run, and a status is a wish. */
const WITHOUT_ETAG = new Set(['/api/calls/:call_id', '/api/v1/agents/:human_agent_id/status']);
