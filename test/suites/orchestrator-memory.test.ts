import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import { speak as synthesize } from '../contract/text-to-speech.ts';
import { SocketCaller } from '../support/caller.ts';
import { errorOf, MS, type Json, OrchestratorClient } from '../support/orchestrator-client.ts';
import { accepted, until, type TestServer } from '../support/server.ts';

// What the orchestrator's seed shows of memory and limits, as it is sent there.

describe('orchestrator: memory and limits', { concurrency: 1 }, () => {
  const client = new OrchestratorClient();
  const { ask, ok, write, newUser } = client;
  let server: TestServer;
  let offline: OfflineProviders;
  before(async () => {
    offline = makeOfflineProviders(1);
    await client.start();
    ({ server } = client);
  });
  after(async () => {
    await offline.close();
    await client.close();
  });
  const DEFAULTS = { language: 'en', timezone: 'UTC', communication_style: 'friendly' };

  it("is read and added to in the seed's form, and loses no concurrent changes", async () => {
    const path = `/memory/${newUser()}/context`;
    const empty = (await ok('GET', path)) as { context: Json };
    assert.deepEqual(empty.context, {
      recent_conversations: [],
      preferences: DEFAULTS,
      knowledge_base: { topics: [], last_updated: null },
    });
    const updated = await ok('POST', path, {
      preferences: { language: 'es', timezone: 'America/New_York' },
      knowledge: { topics: ['weather', 'general_inquiry', 'scheduling'] },
    });
    assert.deepEqual([updated['success'], updated['context_updated']], [true, true]);
    assert.match(String(updated['timestamp']), MS);
    await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        ok('POST', path, { preferences: { [`key_${n}`]: n }, knowledge: { topics: [`topic_${n}`] } }),
      ),
    );
    const { context } = (await ok('GET', path)) as {
      context: { preferences: Json; knowledge_base: { topics: string[]; last_updated: string } };
    };
    assert.equal(Object.keys(context.preferences).length, 15);
    assert.deepEqual(
      [context.preferences['language'], context.preferences['timezone'], context.preferences['key_7']],
      ['es', 'America/New_York', 7],
    );
    assert.deepEqual(context.knowledge_base.topics.slice(0, 3), ['weather', 'general_inquiry', 'scheduling']);
    assert.equal(context.knowledge_base.topics.length, 15);
    assert.match(context.knowledge_base.last_updated, MS);
    await ok('POST', path, {
      preferences: { key_7: null, language: 'de' },
      knowledge: { remove_topics: ['topic_3'] },
    });
    const changed = (
      (await ok('GET', path)) as { context: { preferences: Json; knowledge_base: { topics: string[] } } }
    ).context;
    assert.ok(
      !('key_7' in changed.preferences) &&
        changed.preferences['language'] === 'de' &&
        !changed.knowledge_base.topics.includes('topic_3'),
    );
    await ok('DELETE', path);
    assert.deepEqual(((await ok('GET', path)) as { context: Json }).context, empty.context);
    for (const body of [{ preferences: [] }, { preferences: { language: 5 } }, { knowledge: { topics: 'x' } }])
      assert.deepEqual(errorOf(await ask('POST', path, body)), [400, 'VALIDATION_ERROR']);
  });

  it('remembers in text the name and wish of a person from earlier texts, and of no other person', async () => {
    const [one, two] = [newUser(), newUser()];
    await write('My name is Anna and I need a quote for ten people', { user_id: one, conversation_id: 'a' });
    assert.match(String((await write('What is my name?', { user_id: one, conversation_id: 'b' }))['message']), /Anna/);
    assert.match(
      String((await write('What did I want?', { user_id: one, conversation_id: 'c' }))['message']),
      /a quote for ten people/,
    );
    assert.doesNotMatch(
      String((await write('What is my name?', { user_id: two, conversation_id: 'a' }))['message']),
      /Anna/,
    );
    const { context } = (await ok('GET', `/memory/${one}/context`)) as {
      context: { recent_conversations: Json[]; preferences: Json };
    };
    assert.equal(context.preferences['name'], 'Anna');
    assert.deepEqual(
      new Set(context.recent_conversations.map((recent) => recent['conversation_id'])),
      new Set(['a', 'b', 'c']),
    );
    const withheld = (await ok('GET', `/memory/${encodeURIComponent('+266696687')}/context`)) as { context: Json };
    assert.deepEqual(withheld.context['preferences'], {}, 'a withheld number is no person');
    assert.match(
      String(context.recent_conversations.at(-1)!['summary']),
      /Anna asked about pricing.*quote for ten people/,
    );
  });

  const speak = async (dynamicVariables: Json, sentences: readonly string[]) => {
    const { body } = await accepted(() =>
      server.request('POST', '/v1/convai/web-calls', {
        agent_id: client.listener,
        dynamic_variables: dynamicVariables,
      }),
    );
    const sid = String(body['call_sid']);
    const caller = new SocketCaller(String(body['websocket_url']));
    const heard = async () =>
      (await server.database(
        `select e.role, e.text from entries e join conversations v on v.id = e.conversation_id
         join calls c on c.id = v.call_id where c.sid = '${sid}' order by e.seq`,
      )) as { role: string; text: string }[];
    await until('the first message', 20_000, async () => (await heard()).length > 0);
    for (const sentence of sentences) {
      const turns = (await heard()).filter((one) => one.role === 'agent').length;
      caller.speak((await synthesize(offline.textToSpeech[0]!, sentence, 'offline-martin')).pcm);
      await until(
        'the answer',
        30_000,
        async () => (await heard()).filter((one) => one.role === 'agent').length > turns,
      );
    }
    const said = await heard();
    await server.request('POST', `/v1/convai/calls/${sid}/end`);
    await server.untilEnded(sid);
    return said;
  };

  it('knows in text who gave their name by voice, and by voice who gave it in text', async () => {
    const spoken = newUser();
    await speak({ user_id: spoken }, ['my name is anna']);
    await until(
      'what was said to be learnt',
      15_000,
      async () =>
        ((await ok('GET', `/memory/${spoken}/context`)) as { context: { preferences: Json } }).context.preferences[
          'name'
        ] === 'Anna',
    );
    assert.match(String((await write('What is my name?', { user_id: spoken }))['message']), /Anna/);
    const written = newUser();
    await write('My name is Robert and I want to talk about prices', { user_id: written });
    const said = await speak({ user_id: written }, ['what is my name']);
    assert.match(said.at(-1)!.text, /Robert/);
    assert.doesNotMatch(JSON.stringify(await speak({ user_id: newUser() }, ['what is my name'])), /Robert|Anna/);
  });

  it('is never that of another organization with the same user id', async () => {
    const user = newUser();
    await write('My name is Anna', { user_id: user, conversation_id: 'ours' });
    const { body } = await server.request('POST', '/api/organizations', {
      name: `Theirs of ${user}`,
      admin_email: `theirs.${user}@example.com`,
      admin_password: 'their password',
    });
    assert.equal(body['success'], true);
    const token = String(
      (
        (
          await server.request('POST', '/api/auth/login', {
            email: `theirs.${user}@example.com`,
            password: 'their password',
          })
        ).body['data'] as Json
      )['token'],
    );
    const theirAgent = String(((await ok('GET', '/agents', undefined, token))['agents'] as Json[])[0]!['id']);
    const reply = (
      await ok(
        'POST',
        `/agents/${theirAgent}/message`,
        { message: 'What is my name?', context: { user_id: user, conversation_id: 'ours' } },
        token,
      )
    )['response'] as Json;
    assert.doesNotMatch(String(reply['message']), /Anna/);
    assert.deepEqual(
      ((await ok('GET', `/memory/${user}/context`, undefined, token)) as { context: { preferences: Json } }).context
        .preferences,
      DEFAULTS,
    );
    assert.equal(
      ((await ok('GET', '/conversations', undefined, token)) as { conversations: Json[] }).conversations.length,
      1,
    );
    assert.equal((await ask('POST', '/agents/agent_1/message', { message: 'x' }, token)).status, 404);
  });

  it('goes with the person who is erased', async () => {
    await write('My name is Gone and I want a boat', { user_id: '+4915112345678', conversation_id: 'g' });
    assert.equal((await server.request('POST', '/api/people/erase', { phone_number: '+4915112345678' })).status, 200);
    assert.deepEqual(
      (
        (await ok('GET', '/memory/%2B4915112345678/context')) as {
          context: { preferences: Json; recent_conversations: Json[] };
        }
      ).context.preferences,
      DEFAULTS,
    );
    // Who is known by a name alone goes by that name; replies that were kept to be given again go too.
    const named = newUser();
    await server.request(
      'POST',
      '/agents/agent_1/message',
      { message: 'My name is Gone and I want a boat', context: { user_id: named, conversation_id: 'h' } },
      { 'idempotency-key': `of ${named}` },
    );
    assert.equal((await server.request('POST', '/api/people/erase', { user_id: named })).status, 200);
    assert.equal((await server.request('POST', '/api/people/erase', { user_id: named })).status, 404);
    assert.equal((await server.request('POST', '/api/people/erase', {})).status, 400);
    assert.equal(
      ((await ok('GET', `/conversations?user_id=${named}`)) as { conversations: Json[] }).conversations.length,
      0,
    );
    assert.deepEqual(await server.database("select key as id from idempotent_requests where key like 'of %'"), []);
    assert.deepEqual(
      await server.database(
        "select id from entries where text like '%a boat%' union all select id from events where payload::text like '%a boat%' union all select id from conversations where summary like '%boat%'",
      ),
      [],
    );
  });

  it('counts its requests by their own limits', async () => {
    for (const [path, limit] of [
      ['/agents', 200_000],
      ['/conversations', 500_000],
      [`/memory/${newUser()}/context`, 1_000_000],
      ['/ws/status', 1_000_000],
    ] as const) {
      await ok('GET', path);
      assert.equal(server.headers.get('x-ratelimit-limit'), String(limit), path);
    }
  });
});
