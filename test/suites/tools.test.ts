import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

// What an agent does: the seed's tool on a real call, decided once, signed.

const SEED = `{
  "name": "book_appointment",
  "description": "Books an appointment for the customer",
  "required_params": ["date", "time", "name"],
  "optional_params": ["notes"],
  "webhook_url": "https://your-api.com/book-appointment"
}`;

type Json = Record<string, unknown>;

describe('tools', () => {
  let server: TestServer;
  let receiver: Receiver;
  before(async () => {
    server = await startServer({ WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' });
    receiver = await startReceiver();
  });
  after(async () => {
    await server.close();
    await receiver.close();
    assert.deepEqual(server.trouble, []);
  });
  const newAgent = async (more: object = {}) =>
    String((await server.request('POST', '/v1/convai/agents', { name: 'A', ...more })).body['agent_id']);

  it('are created as the seed shows it, read, listed, changed and deleted', async () => {
    const agent = await newAgent();
    const path = `/v1/convai/agents/${agent}/tools`;
    const { status, body } = await server.request('POST', path, SEED);
    assert.equal(status, 200);
    const { tool_id, created_at, secret, ...rest } = body;
    assert.match(String(tool_id), /^tool_\d+$/);
    assert.match(String(secret), /^whsec_/);
    assert.deepEqual(rest, { ...(JSON.parse(SEED) as Json), agent_id: agent });
    assert.deepEqual((await server.request('GET', path)).body, {
      tools: [
        {
          tool_id,
          name: 'book_appointment',
          description: 'Books an appointment for the customer',
          required_params: ['date', 'time', 'name'],
        },
      ],
      total: 1,
    });
    assert.deepEqual((await server.request('GET', `${path}/${String(tool_id)}`)).body, {
      ...rest,
      tool_id,
      created_at,
    });
    const changed = await server.request('PATCH', `${path}/${String(tool_id)}`, {
      description: 'Books',
      optional_params: [],
    });
    assert.deepEqual(changed.body, { ...rest, tool_id, created_at, description: 'Books', optional_params: [] });
    const other = await newAgent();
    assert.equal((await server.request('GET', `/v1/convai/agents/${other}/tools/${String(tool_id)}`)).status, 404);
    assert.deepEqual((await server.request('DELETE', `${path}/${String(tool_id)}`)).body, {
      success: true,
      message: 'Tool deleted',
    });
    assert.equal((await server.request('GET', `${path}/${String(tool_id)}`)).status, 404);
    assert.equal((await server.request('POST', path, SEED)).status, 200, 'its name is free again');
  });

  it("keep their owner's JSON schema, and give it back", async () => {
    const path = `/v1/convai/agents/${await newAgent()}/tools`;
    const parameters = { type: 'object', properties: { seats: { type: 'integer', minimum: 1 } }, required: ['seats'] };
    const { status, body } = await server.request('POST', path, { ...(JSON.parse(SEED) as Json), parameters });
    assert.deepEqual([status, body['parameters']], [200, parameters]);
    const one = `${path}/${String(body['tool_id'])}`;
    assert.deepEqual((await server.request('GET', one)).body['parameters'], parameters);
    assert.deepEqual((await server.request('PATCH', one, { description: 'B' })).body['parameters'], parameters);
    assert.ok(!('parameters' in (await server.request('PATCH', one, { parameters: null })).body));
    for (const wrong of ['text', [], { type: 'string' }, { type: 'object', description: 'x'.repeat(20_000) }])
      assert.equal((await server.request('PATCH', one, { parameters: wrong })).status, 400);
  });

  it('are refused with the reason', async () => {
    const agent = await newAgent();
    const path = `/v1/convai/agents/${agent}/tools`;
    const seed = JSON.parse(SEED) as Json;
    await server.request('POST', path, SEED);
    const wrong: [object, number, RegExp][] = [
      [{}, 400, /name is required/],
      [{ ...seed, name: 'two words' }, 400, /name/],
      [{ ...seed, name: 'end_call' }, 400, /built-in/],
      [{ ...seed, name: 'x', optional_params: ['date'] }, 400, /optional_params names date twice/],
      [{ ...seed, name: 'x', webhook_url: 'file:///etc/passwd' }, 400, /webhook_url/],
      [seed, 409, /already/],
    ];
    for (const [body, status, text] of wrong) {
      const reply = await server.request('POST', path, body);
      assert.deepEqual(
        [reply.status, text.test(JSON.stringify(reply.body))],
        [status, true],
        JSON.stringify(reply.body),
      );
    }
    assert.equal((await server.request('POST', '/v1/convai/agents/agent_999/tools', SEED)).status, 404);
  });

  it('run on a call: signed, once, with the spoken values, and the agent says the result', async () => {
    receiver.answer = (_request, reply) => reply.end('{"message": "Your appointment is number seven."}');
    const agent = await newAgent({ system_prompt: 'You sell. Questions:\nWhat do you use today?' });
    const { body: tool } = await server.request('POST', `/v1/convai/agents/${agent}/tools`, {
      ...(JSON.parse(SEED) as Json),
      webhook_url: `${receiver.url}/book`,
    });
    const told = await startReceiver();
    await server.request('POST', '/v1/convai/webhooks', { url: told.url, events: ['tool.executed'], agent_id: agent });
    const { body } = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      agent_id: agent,
      to_number: '+15005550006',
    });
    const call = await server.untilEnded(String(body['call_sid']));
    const asked = receiver.received.filter((one) => one.path === '/book');
    assert.equal(asked.length, 1);
    new StandardWebhook(String(tool['secret'])).verify(asked[0]!.text, asked[0]!.headers as Record<string, string>);
    const { parameters, ...rest } = asked[0]!.json as { parameters: Json };
    assert.deepEqual(rest, { tool: 'book_appointment', call_sid: call.sid });
    const { date, notes, ...others } = parameters as Record<string, string>;
    assert.deepEqual([others, new Date(`${date}T00:00:00Z`).getUTCDay()], [{ time: '15:00', name: 'John Smith' }, 2]);
    assert.notEqual(notes, '');
    assert.equal(asked[0]!.headers['idempotency-key'], asked[0]!.headers['webhook-id']);
    const { body: conversation } = await server.request('GET', `/v1/convai/conversations/${call.sid}`);
    assert.match(String(conversation['transcript']), /Your appointment is number seven/);
    const { body: log } = await server.request(
      'GET',
      `/v1/convai/agents/${agent}/tools/${String(tool['tool_id'])}/executions`,
    );
    const [execution] = log['executions'] as Json[];
    assert.deepEqual(
      [
        execution!['status'],
        execution!['call_sid'],
        execution!['idempotency_key'],
        execution!['output'],
        execution!['parameters'],
      ],
      [
        'ok',
        call.sid,
        asked[0]!.headers['idempotency-key'],
        '{"message": "Your appointment is number seven."}',
        parameters,
      ],
    );
    assert.ok(Number(execution!['duration_ms']) >= 0);
    await until('the event', 10_000, () => told.received.length === 1);
    const { data } = told.received[0]!.json as { data: Json };
    assert.deepEqual([data['name'], data['status']], ['book_appointment', 'ok']);
    await told.close();
  });

  it('book a slot once for the organization: the next caller is offered another', async () => {
    const agent = await newAgent();
    const call = async () =>
      server.untilEnded(
        String(
          (
            await server.request('POST', '/v1/convai/twilio/outbound-call', {
              agent_id: agent,
              to_number: '+15005550006',
            })
          ).body['call_sid'],
        ),
      );
    const calls = await Promise.all([call(), call(), call()]);
    const booked = await Promise.all(
      calls.map(async ({ conversationId }) =>
        (await server.app.core.store.bookings.of(conversationId)).map((one) => one.at.getTime()),
      ),
    );
    assert.deepEqual(
      booked.map((one) => one.length),
      [1, 1, 1],
      JSON.stringify(
        await Promise.all(calls.map(({ conversationId }) => server.app.core.store.tools.executionsOf(conversationId))),
      ),
    );
    assert.equal(new Set(booked.flat()).size, 3);
    assert.deepEqual(
      calls.map((one) => one.endReason),
      ['booked', 'booked', 'booked'],
    );
  });

  it("hand over to the agent's number, and say so", async () => {
    const agent = await newAgent({ transfer_number: '+4930123456' });
    const { body } = await server.request('GET', `/v1/convai/agents/${agent}`);
    assert.equal(body['transfer_number'], '+4930123456');
    const call = await server.untilEnded(
      String(
        (
          await server.request('POST', '/v1/convai/twilio/outbound-call', {
            agent_id: agent,
            to_number: '+15005550008',
          })
        ).body['call_sid'],
      ),
    );
    assert.deepEqual([call.status, call.endReason], ['completed', 'transferred']);
    const { body: conversation } = await server.request('GET', `/v1/convai/conversations/${call.sid}`);
    assert.match(String(conversation['transcript']), /I am connecting you now\. One moment, please\.$/);
  });

  it('are offered to the model as they are switched on', async () => {
    assert.deepEqual(
      (await server.request('POST', '/v1/convai/agents', { name: 'B', built_in_tools: ['end_call', 'end_call'] })).body[
        'built_in_tools'
      ],
      ['end_call'],
    );
    assert.equal(
      (await server.request('POST', '/v1/convai/agents', { name: 'B', built_in_tools: ['fly'] })).status,
      400,
    );
  });
});
