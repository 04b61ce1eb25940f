import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// What a running call uses is deleted, and the person on it is to be erased: the call goes on, and nothing is lost.

type Json = Record<string, unknown>;

describe('deletions during a call', () => {
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
  const ask = (method: string, path: string, body?: unknown) => server.request(method, path, body);
  const place = async (to_number: string, agent_id: string) =>
    String(
      (await accepted(() => ask('POST', '/v1/convai/twilio/outbound-call', { to_number, agent_id }))).body['call_sid'],
    );
  const untilAnswered = (sid: string) =>
    until('the answer', 20_000, async () => {
      const { body } = await ask('GET', `/v1/convai/conversations/${sid}`);
      return body['status'] === 'in_progress' || null;
    });

  it('of its agent, tools, documents and webhooks leave the call as it is', async () => {
    const agent = String((await ask('POST', '/v1/convai/agents', { name: 'Deleted' })).body['agent_id']);
    const tools = `/v1/convai/agents/${agent}/tools`;
    const tool = {
      name: 'look_up',
      description: 'Looks up a price',
      required_params: ['what'],
      webhook_url: receiver.url,
    };
    const { tool_id } = (await ask('POST', tools, tool)).body;
    const documents = `/v1/convai/agents/${agent}/knowledge-base`;
    await ask('POST', documents, { text: 'We open at nine.' });
    const [document] = (await ask('GET', documents)).body['documents'] as Json[];
    const { webhook_id } = (
      await ask('POST', '/v1/convai/webhooks', { url: receiver.url, events: ['call.ended'], agent_id: agent })
    ).body;
    const sid = await place('+15005550010', agent);
    await untilAnswered(sid);
    const deleted = await Promise.all([
      ask('DELETE', `${tools}/${String(tool_id)}`),
      ask('DELETE', `${documents}/${String(document!['id'])}`),
      ask('DELETE', `/v1/convai/webhooks/${String(webhook_id)}`),
    ]);
    // Last: its tools and documents go with it.
    deleted.push(await ask('DELETE', `/v1/convai/agents/${agent}`));
    assert.deepEqual(
      deleted.map(({ status }) => status),
      [200, 200, 200, 200],
    );
    const [row] = await server.database(
      `select v.id from conversations v join calls c on c.id = v.call_id where c.sid = '${sid}'`,
    );
    const path = `/conversations/conv_${String(row!['id'])}/messages`;
    assert.equal((await ask('POST', path, { role: 'assistant', content: 'I am still here.' })).status, 200);
    await until(
      'the words to be heard',
      20_000,
      async () =>
        JSON.stringify((await ask('GET', `/v1/convai/conversations/${sid}`)).body).includes('I am still here') || null,
    );
    await ask('POST', `/v1/convai/calls/${sid}/end`, { reason: 'over' });
    const call = await server.untilEnded(sid);
    assert.deepEqual([call.status, call.endReason], ['completed', 'over']);
    assert.equal(receiver.received.length, 0, 'a deleted webhook gets no event');
  });

  it('of the person are refused while a call with them runs or is placed, and leave nothing afterwards', async () => {
    const number = '+493012345678';
    const erase = () => ask('POST', '/api/people/erase', { phone_number: number });
    const sid = await place(number, 'agent_1');
    assert.equal((await erase()).status, 409);
    await untilAnswered(sid);
    assert.equal((await erase()).status, 409);
    await ask('POST', `/v1/convai/calls/${sid}/end`, { reason: 'over' });
    await server.untilEnded(sid);
    // Calls that come in and calls that are placed, while the person is erased again and again.
    const announced = (n: number) =>
      fetch(`${server.url}/voice/webhook/generic`, {
        method: 'POST',
        body: JSON.stringify({
          event_type: 'call.started',
          call_id: `race-${n}`,
          data: { from: number, to: '+4930222222' },
        }),
      });
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, async (_, n) => {
        if (n % 3 === 0) return (await erase()).status;
        if (n % 3 === 1) return (await announced(n)).status;
        return (await ask('POST', '/v1/convai/twilio/outbound-call', { to_number: number, agent_id: 'agent_1' }))
          .status;
      }),
    );
    for (const status of outcomes) assert.ok([200, 404, 409, 429].includes(status), String(status));
    const live = "select sid from calls where status in ('placed', 'ringing', 'answered')";
    await until('all calls to end', 60_000, async () => {
      const rows = await server.database(live);
      await Promise.all(
        rows.map(({ sid: one }) => ask('POST', `/v1/convai/calls/${String(one)}/end`, { reason: 'over' })),
      );
      return rows.length === 0 || null;
    });
    const last = await erase();
    assert.ok([200, 404].includes(last.status), JSON.stringify(last.body));
    const traces = await server.database(
      `select 'number' as what from person_numbers where number = '${number}'
       union all select 'call' from calls where from_number = '${number}' or to_number = '${number}'
       union all
       select 'words' from entries e join conversations v on v.id = e.conversation_id where v.user_id = '${number}'`,
    );
    assert.deepEqual(traces, []);
  });
});
