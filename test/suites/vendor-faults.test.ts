import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { startServer, until, type TestServer } from '../support/server.ts';
import { fakeDeepgram } from '../vendors/deepgram.ts';
import type { FakeVendor, Fault } from '../vendors/faults.ts';
import { fakeAnthropic, fakeOpenAi } from '../vendors/language.ts';

// Vendors that refuse, break off or are down: the fallback answers, the error is reported, other calls are not
// affected.

const SECRET = 'sk-a-secret-key-0123456789';

type Json = Record<string, unknown>;

describe('a server with two vendors', () => {
  let openai: Awaited<ReturnType<typeof fakeOpenAi>>;
  let anthropic: FakeVendor;
  let server: TestServer;
  before(async () => {
    [openai, anthropic] = [await fakeOpenAi(), await fakeAnthropic()];
    server = await startServer({
      OPENAI_API_KEY: SECRET,
      OPENAI_BASE_URL: openai.url,
      ANTHROPIC_API_KEY: SECRET,
      ANTHROPIC_BASE_URL: anthropic.url,
    });
  });
  after(async () => {
    await server.close();
    await openai.close();
    await anthropic.close();
  });
  beforeEach(() => {
    openai.fault = 'none';
    openai.refused.length = 0;
  });

  const agent = async (configuration: Json): Promise<string> => {
    const { body } = await server.request('POST', '/agents/create', { name: 'A', configuration });
    return String((body['agent'] as Json)['id']);
  };
  const write = async (id: string, message: string, context: Json = {}) => {
    const { body } = await server.request('POST', `/agents/${id}/message`, { message, context });
    return body['response'] as { message: string; model: string };
  };
  const shown = async (id: string) =>
    (await server.request('GET', `/v1/convai/agents/${id}`)).body as { last_error?: string };

  for (const model of ['gpt-4o-mini', 'gpt-5', 'gpt-5-mini', 'gpt-5.1', 'o3', 'o4-mini', 'gpt-5-chat-latest'])
    it(`asks ${model} for what it takes`, async () => {
      const id = await agent({ model, temperature: 0.7, max_tokens: 1000, system_prompt: 'You help.' });
      assert.deepEqual(await write(id, 'hello you').then((one) => [one.message, one.model]), [
        'You said: hello you',
        model,
      ]);
      assert.deepEqual(openai.refused, []);
    });

  it('a request that is at fault falls back, is shown to the owner, and harms no other agent', async () => {
    const [bad, good] = [await agent({ model: 'gpt-retired' }), await agent({ model: 'gpt-4o-mini' })];
    for (let n = 0; n < 4; n++) {
      const answer = await write(bad, 'hello you');
      assert.deepEqual([answer.message, answer.model], ['You said: hello you', 'anthropic']);
    }
    assert.equal((await write(good, 'hello you')).model, 'gpt-4o-mini');
    await until('the error on the agent', 5000, async () => (await shown(bad)).last_error !== undefined);
    assert.match((await shown(bad)).last_error!, /openai: answered 404: The model 'gpt-retired' does not exist/);
    assert.equal((await shown(good)).last_error, undefined);
    const lines = server.trouble.filter((line) => line.includes('gpt-retired'));
    assert.ok(lines.length > 0);
    assert.equal(JSON.parse(lines[0]!).vendor, 'openai');
    await server.request('PATCH', `/v1/convai/agents/${bad}`, { model_name: 'gpt-4o-mini' });
    await write(bad, 'hello you');
    await until('the error to go', 5000, async () => (await shown(bad)).last_error === undefined);
  });

  for (const fault of ['empty', 'cut', 'unfinished', 'dies-midway', 'down'] satisfies Fault[])
    it(`an answer that is ${fault} is gone on from by the next vendor, and nothing is said twice`, async () => {
      const id = await agent({ model: 'gpt-4o-mini' });
      openai.fault = fault;
      const { message, model } = await write(id, 'tell me all about it please');
      assert.equal(model, 'anthropic');
      openai.fault = 'none';
      assert.equal((await write(id, 'hello you')).model, 'gpt-4o-mini', 'it is used again once it is well');
      // The second vendor repeats its last message; what the first one said stands before it, once.
      assert.equal(message.split('You said: tell').length - 1 <= 1, true, message);
      assert.notEqual(message.trim(), '');
      assert.doesNotMatch(message, /You said: You said/);
    });

  it('a wrong key is an error of the vendor, and it is used again once the key is right', async () => {
    const id = await agent({ model: 'gpt-4o-mini' });
    openai.fault = 'refuses-key';
    assert.equal((await write(id, 'hello you')).model, 'anthropic');
    const { body } = await server.request('GET', '/health');
    assert.equal((body['services'] as Json)['openai'], 'error');
    const { body: detailed } = await server.request('GET', '/health/detailed');
    const services = detailed['services'] as Record<string, Json>;
    assert.match(String(services['openai']!['last_error']), /401/);
    assert.equal(JSON.stringify([server.trouble, detailed]).includes(SECRET), false);
  });

  it('fills variables in text, those of the request over our own, and leaves blank messages out', async () => {
    const id = await agent({
      model: 'claude-haiku-4-5',
      system_prompt: 'You are {{agent_name}} and talk to {{name}} of {{company}}.',
    });
    await server.request('POST', '/conversations/start', { user_id: 'v', agent_id: id });
    await write(id, 'hello', { user_id: 'v', conversation_id: 'v1', dynamic_variables: { name: 'Ann' } });
    await server.request('POST', '/conversations/v1/messages', { role: 'assistant', content: '   ' });
    assert.equal((await write(id, 'and now', { user_id: 'v', conversation_id: 'v1' })).model, 'claude-haiku-4-5');
    assert.deepEqual(anthropic.refused, []);
    const prompt = JSON.stringify(anthropic.last);
    assert.match(prompt, /You are A and talk to Ann of\./);
    assert.match(prompt, new RegExp(`It is now [^"]*${new Date().getUTCFullYear()}[^"]*time zone`));
  });
});

describe('a server whose only vendor is gone', () => {
  let openai: FakeVendor;
  let deepgram: FakeVendor;
  let server: TestServer;
  before(async () => {
    [openai, deepgram] = [await fakeOpenAi(), await fakeDeepgram()];
    openai.fault = 'refuses-key';
    server = await startServer({
      OPENAI_API_KEY: SECRET,
      OPENAI_BASE_URL: openai.url,
    });
  });
  after(async () => {
    await server.close();
    await openai.close();
    await deepgram.close();
  });

  it('apologises and takes a callback, unless the organization wants the offline rules', async () => {
    const { body: made } = await server.request('POST', '/v1/convai/agents', {
      name: 'A',
      system_prompt: 'You sell. It costs ten dollars.',
      model_name: 'gpt-4o-mini',
    });
    const write = async (message: string, name: string) =>
      (
        await server.request('POST', `/agents/${String(made['agent_id'])}/message`, {
          message,
          context: { user_id: name, conversation_id: name },
        })
      ).body['response'] as { message: string; model: string };
    const first = await write('What does it cost?', 'a');
    assert.match(first.message, /sorry, a technical problem.*get back to you/s);
    assert.equal(first.model, 'unavailable');
    assert.equal((await server.database('select * from callbacks')).length, 1);
    assert.match((await write('Hello?', 'a')).message, /still cannot answer/);
    assert.equal((await server.database('select * from callbacks')).length, 1);
    const { status, body } = await server.request('PUT', '/api/organizations/org_1', {
      when_model_fails: 'offline_rules',
    });
    assert.deepEqual([status, (body['data'] as Json)['when_model_fails']], [200, 'offline_rules']);
    assert.equal((await write('What does it cost?', 'b')).model, 'offline-rules');
    await server.request('PUT', '/api/organizations/org_1', { when_model_fails: 'apologise' });
  });

  it("says so on a call, notes the callback, and shows the vendor's words on the call", async () => {
    const { body: agent } = await server.request('POST', '/v1/convai/agents', {
      name: 'B',
      model_name: 'gpt-4o-mini',
      first_message: 'Hello there.',
    });
    const before = (await server.database('select * from callbacks')).length;
    const { body: placed } = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      agent_id: agent['agent_id'],
      to_number: '+15005550006',
    });
    const call = await server.untilEnded(String(placed['call_sid']));
    const { body } = await server.request('GET', `/v1/convai/conversations/${call.sid}`);
    assert.match(String(body['transcript']), /technical problem keeps me from answering/);
    assert.ok((await server.database('select * from callbacks')).length > before);
    // The breaker may rest since the talks before: then the reason stands there.
    for (const one of body['vendor_errors'] as Json[]) assert.match(String(one['message']), /401/);
    assert.ok(server.trouble.some((line) => line.includes('a configured vendor does not work')));
    assert.equal(JSON.stringify(server.trouble).includes(SECRET), false);
  });
});

it('a model that gives no answer in time is shown on the call and on its agent like any other problem', async () => {
  const anthropic = await fakeAnthropic();
  const server = await startServer({ ANTHROPIC_API_KEY: SECRET, ANTHROPIC_BASE_URL: anthropic.url });
  try {
    const { body } = await server.request('POST', '/v1/convai/agents', {
      name: 'B',
      model_name: 'claude-haiku-4-5',
      first_message: 'Hello there.',
    });
    anthropic.fault = 'half-open';
    const { body: placed } = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      agent_id: body['agent_id'],
      to_number: '+15005550006',
    });
    const conversation = `/v1/convai/conversations/${String(placed['call_sid'])}`;
    const errors = await until('the problem on the call', 60_000, async () => {
      const { body: shown } = await server.request('GET', conversation);
      return (shown['vendor_errors'] as Json[] | undefined)?.[0] ?? null;
    });
    assert.match(JSON.stringify(errors), /anthropic","does":"think","message":"no answer within 5 s/);
    const { body: agent } = await server.request('GET', `/v1/convai/agents/${String(body['agent_id'])}`);
    assert.match(String(agent['last_error']), /anthropic: no answer within 5 s/);
    assert.ok(server.trouble.some((line) => line.includes('a vendor did not do') && line.includes('within 5 s')));
  } finally {
    await server.close();
    await anthropic.close();
  }
});
