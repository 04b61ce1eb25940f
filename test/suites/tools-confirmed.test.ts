import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ModelPart, ModelRequest, ToolArgs } from '#engine/contracts/language-model.ts';
import { AnsweringModel } from '../support/answering-model.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

// Tools that change something run once the caller has agreed: in text and by voice, with a model and with the rules.

type Json = Record<string, unknown>;

/** Books what the caller names with `seats N`; says what it was refused, and asks; follows nothing else. */
class BookingModel extends AnsweringModel {
  readonly id = 'booking';
  args: ToolArgs = { seats: '4' };

  protected answer({ messages }: ModelRequest): readonly ModelPart[] {
    const last = messages.at(-1);
    if (last?.role === 'tool-result')
      return [
        {
          type: 'text',
          text: last.status === 'unconfirmed' ? 'A table. Is that right?' : `It answered ${last.output}`,
        },
      ];
    const did = messages.some((one) => one.role === 'tool-result' && one.status === 'ok');
    const written = messages.findLast((one) => one.role === 'caller')?.text ?? '';
    if (did && !/again/.test(written)) return [{ type: 'tool-call', name: 'end_call', args: {} }];
    return last?.role === 'caller' ? [{ type: 'tool-call', name: 'book_table', args: this.args }] : [];
  }
}

describe('tools that change something', () => {
  const model = new BookingModel();
  let server: TestServer;
  let receiver: Receiver;
  before(async () => {
    server = await startServer(
      { WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' },
      { providers: (offline) => ({ ...offline, languageModels: [model] }) },
    );
    receiver = await startReceiver((_request, reply) => reply.end('K-77'));
  });
  after(async () => {
    await server.close();
    await receiver.close();
  });
  const agentWith = async (more: object = {}) => {
    const id = String((await server.request('POST', '/v1/convai/agents', { name: 'A' })).body['agent_id']);
    const made = await server.request('POST', `/v1/convai/agents/${id}/tools`, {
      name: 'book_table',
      description: 'Books a table',
      required_params: ['seats'],
      webhook_url: receiver.url,
      ...more,
    });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    receiver.received.length = 0;
    model.args = { seats: '4' };
    return { id, tool: made.body };
  };
  const write = async (id: string, message: string, conversation: string) => {
    const { body } = await server.request('POST', `/agents/${id}/message`, {
      message,
      context: { user_id: `u-${conversation}`, conversation_id: conversation },
    });
    return String((body['response'] as Json)['message']);
  };
  const asked = () => receiver.received.map(({ json }) => json['parameters']);

  it('wait for a yes to their values, and run once for it', async () => {
    const told = await startReceiver();
    const { id, tool } = await agentWith();
    await server.request('POST', '/v1/convai/webhooks', { url: told.url, events: ['tool.executed'], agent_id: id });
    assert.equal(await write(id, 'A table please', 'once'), 'A table. Is that right?');
    assert.deepEqual(asked(), []);
    assert.equal(await write(id, 'Yes please', 'once'), 'It answered K-77');
    assert.deepEqual(asked(), [{ seats: '4' }]);
    assert.equal(await write(id, 'And the same again', 'once'), 'A table. Is that right?');
    assert.equal(asked().length, 1);
    const { body } = await server.request('GET', `/v1/convai/agents/${id}/tools/${String(tool['tool_id'])}/executions`);
    const executions = body['executions'] as Json[];
    assert.deepEqual(
      executions.map((one) => one['status']),
      ['unconfirmed', 'ok', 'unconfirmed'],
    );
    assert.match(String(executions[0]!['output']), /Not done yet.*seats: 4.*Call book_table again/);
    await until('the event', 10_000, () => told.received.length > 0);
    assert.deepEqual(
      told.received.map(({ json }) => (json['data'] as Json)['status']),
      ['ok'],
    );
    await told.close();
  });

  it('do not run after a no, and wait anew for values that changed', async () => {
    const { id } = await agentWith();
    await write(id, 'A table please', 'change');
    assert.equal(await write(id, 'No, not that one', 'change'), 'A table. Is that right?');
    model.args = { seats: '5' };
    assert.equal(await write(id, 'Five it is', 'change'), 'A table. Is that right?');
    assert.deepEqual(asked(), []);
    assert.equal(await write(id, 'Yes', 'change'), 'It answered K-77');
    assert.deepEqual(asked(), [{ seats: '5' }]);
  });

  it('wait on a call as well', async () => {
    const { id } = await agentWith();
    const { body } = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      agent_id: id,
      to_number: '+15005550006',
    });
    const call = await server.untilEnded(String(body['call_sid']));
    const executions = await server.app.core.store.tools.executionsOf(call.conversationId);
    assert.deepEqual(
      [executions[0]!.status, executions.at(-1)!.status],
      ['unconfirmed', 'ok'],
      JSON.stringify(executions),
    );
    assert.deepEqual(asked(), [{ seats: '4' }]);
  });

  it('are those that their owner says, or else that are described so', async () => {
    const first = async (more: object) => {
      const { id } = await agentWith(more);
      await write(id, 'A table please', `own-${id}`);
      return asked().length;
    };
    assert.equal(await first({ confirm: false }), 1);
    assert.equal(await first({ confirm: true, description: 'Finds a table' }), 0);
    assert.equal(await first({ confirm: null }), 0);
    const { id, tool } = await agentWith({ confirm: false });
    const path = `/v1/convai/agents/${id}/tools/${String(tool['tool_id'])}`;
    assert.equal((await server.request('GET', path)).body['confirm'], false);
    assert.equal((await server.request('PATCH', path, { confirm: true })).body['confirm'], true);
    assert.ok(!('confirm' in (await server.request('PATCH', path, { confirm: null })).body));
    assert.equal((await server.request('PATCH', path, { confirm: 'yes' })).status, 400);
  });
});

describe('tools that change something, used by the rules', () => {
  let server: TestServer;
  let receiver: Receiver;
  before(async () => {
    server = await startServer({ WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' });
    receiver = await startReceiver((_request, reply) => reply.end('{"message": "The order is canceled."}'));
  });
  after(async () => {
    await server.close();
    await receiver.close();
    assert.deepEqual(server.trouble, []);
  });
  const talk = async (says: readonly string[]) => {
    receiver.received.length = 0;
    const id = String(
      (await server.request('POST', '/v1/convai/agents', { name: 'A', system_prompt: 'You are Mia of Parcel.' })).body[
        'agent_id'
      ],
    );
    await server.request('POST', `/v1/convai/agents/${id}/tools`, {
      name: 'cancel_order',
      description: 'Cancels an order',
      required_params: ['order_number'],
      webhook_url: receiver.url,
    });
    const answers: string[] = [];
    for (const message of says) {
      const { body } = await server.request('POST', `/agents/${id}/message`, {
        message,
        context: { user_id: id, conversation_id: id },
      });
      answers.push(String((body['response'] as Json)['message']));
    }
    return { answers, asked: receiver.received.map(({ json }) => (json['parameters'] as Json)['order_number']) };
  };

  it('are read back, run after a yes, and their answer is said', async () => {
    const { answers, asked } = await talk(['Please cancel my order A-100', 'Yes please', 'Thanks']);
    assert.match(answers[0]!, /cancel order, order number A-?100\. Shall I do that\?$/);
    assert.match(answers[1]!, /The order is canceled/);
    assert.deepEqual(asked, ['A-100']);
  });

  it('are left after a no, and asked about again with what was corrected', async () => {
    const left = await talk(['Please cancel my order A-100', 'No, leave it']);
    assert.match(left.answers[1]!, /I leave it/);
    assert.deepEqual(left.asked, []);
    const other = await talk(['Please cancel my order A-100', 'No, it is B-200', 'Yes']);
    assert.match(other.answers[1]!, /B-?200\. Shall I do that\?$/);
    assert.deepEqual(other.asked, ['B-200']);
  });

  it('are asked about again after a question in between', async () => {
    const { answers, asked } = await talk(['Please cancel my order A-100', 'What day is it today?', 'Yes, do it']);
    assert.match(answers[1]!, /^It is .*Shall I do that\?$/);
    assert.deepEqual(asked, ['A-100']);
  });
});
