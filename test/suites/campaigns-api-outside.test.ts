import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';
import type { LanguageModel, ModelMessage, ModelPart } from '#engine/contracts/language-model.ts';
import { FakeTwilio } from '../carriers/twilio.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

const run = promisify(execFile);
type Json = Record<string, unknown>;

const WHEN = '2031-03-06T15:00';

/** Books one time once the caller agrees, says what became of it, and ends the call. */
class BookingAgent implements LanguageModel {
  readonly id = 'booking';
  /** Told when the agent is about to book. */
  books: () => void = () => undefined;

  generate({ messages }: { messages: readonly ModelMessage[] }, onPart: (part: ModelPart) => void) {
    const timer = setImmediate(() => {
      for (const part of this.#answer(messages)) onPart(part);
      onPart({ type: 'done' });
    });
    return { abort: () => clearImmediate(timer) };
  }

  #answer(messages: readonly ModelMessage[]): ModelPart[] {
    const results = messages.filter((one) => one.role === 'tool-result');
    const last = messages.at(-1);
    if (last?.role === 'tool-result')
      return [
        { type: 'text', text: last.status === 'unconfirmed' ? 'The appointment. Is that right?' : `${last.output}` },
      ];
    if (last?.role !== 'caller') return [];
    if (results.some(({ status }) => status === 'ok' || status === 'failed'))
      return [{ type: 'tool-call', name: 'end_call', args: {} }];
    if (results.length > 0) this.books();
    return [{ type: 'tool-call', name: 'book_slot', args: { when: WHEN } }];
  }
}

/** What reaches the campaigns API from scripts, carriers and callers. */
describe('campaigns API from outside', () => {
  const model = new BookingAgent();
  let server: TestServer;

  before(async () => {
    server = await startServer({}, { providers: (offline) => ({ ...offline, languageModels: [model] }) });
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  it('books an instant once: twenty at once over tRPC, REST and two live calls', async () => {
    const name = 'Booking agent';
    const agent = String((await server.request('POST', '/v1/convai/agents', { name })).body['agent_id']);
    const body = (n: number) => ({ name: `Caller ${n}`, date: `${WHEN}:00Z` });
    let begin: () => void;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    model.books = () => begin();
    const calls = await Promise.all(
      ['+15005550006', '+15005550006'].map((phone) =>
        until('a slot for the call', 60_000, async () => {
          const reply = await server.request('POST', '/v1/convai/twilio/outbound-call', {
            agent_id: agent,
            to_number: phone,
          });
          return reply.status === 200 ? String(reply.body['call_sid']) : null;
        }),
      ),
    );
    await begun;
    const replies = await Promise.all(
      Array.from({ length: 18 }, (_, n) =>
        server.request('POST', n % 2 === 0 ? '/api/book-slot' : '/api/trpc/slots.bookSlot', body(n)),
      ),
    );
    const ended = await Promise.all(calls.map((sid) => server.untilEnded(sid)));
    const talks = await Promise.all(
      ended.map(async ({ conversationId }) => {
        const done = await server.app.core.store.tools.executionsOf(conversationId);
        return done
          .filter(({ status }) => status === 'ok' || status === 'failed')
          .filter((one) => one.name === 'book_slot');
      }),
    );
    const booked = replies.filter(({ status }) => status === 200).length;
    const bookedOnCalls = talks.filter((talk) => talk[0]?.status === 'ok').length;
    assert.deepEqual([booked + bookedOnCalls, talks.map(({ length }) => length)], [1, [1, 1]]);
    for (const { status, body: said } of replies.filter((one) => one.status !== 200)) {
      assert.equal(status, 409);
      assert.match(
        (said['error'] as { message: string }).message,
        /That time is taken\. The next free one is 2031-03-06T/,
      );
    }
    const refused = talks.filter((talk) => talk[0]?.status === 'failed').map((talk) => String(talk[0]!.output));
    for (const output of refused) assert.match(output, /^That time is taken\. Free: .*\(2031-03-0\dT/);
    const rows = await server.database(`select 1 from bookings where at = '${WHEN}:00Z' and canceled_at is null`);
    assert.equal(rows.length, 1);
  });

  it('runs the Python example of the seed', async (t) => {
    const found = await run('python3', ['-c', 'import requests']).then(
      () => true,
      () => false,
    );
    if (!found) return t.skip('requests (PyPI) is not installed');
    const example = `import requests

# Make a call via REST API
response = requests.post('http://localhost:3025/api/trpc/campaign.makeCall', 
    json={
        "phoneNumber": "+1234567890",
        "script": "Hello, this is an AI agent calling...",
        "useRealCall": True
    }
)`;
    const { stdout } = await run('python3', [
      '-c',
      `${example.replace('http://localhost:3025', server.url).replace('+1234567890', '+15005550002')}
print(response.status_code, response.text)`,
    ]);
    const [, status, text] = /^(\d+) (.*)/.exec(stdout)!;
    assert.equal(status, '200', stdout);
    const { data } = (JSON.parse(text!) as { result: { data: { success: boolean; callId: string } } }).result;
    assert.equal(data.success, true);
    await server.untilEnded(data.callId);
  });

  const sms = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    server.request('POST', '/api/webhooks/twilio/sms', new URLSearchParams(fields).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    });
  const personOf = async (number: string) => {
    const { body } = await server.request('GET', `/api/people?search=${encodeURIComponent(number)}`);
    const [person] = (body['data'] as { people?: Json[] }).people ?? (body['data'] as Json[]);
    return (await server.request('GET', `/api/people/${String(person!['person_id'])}`)).body['data'] as Json;
  };

  it('records a text message with its sender once, and forgets it with the person', async () => {
    const message = {
      MessageSid: `SM${'1'.repeat(32)}`,
      From: '+15550004711',
      To: '+15550002222',
      Body: 'Can you call at five?',
    };
    for (const _ of [1, 2]) {
      const reply = await sms(message);
      assert.equal(reply.status, 200);
      assert.match(String(reply.body['text']), /<Response\/>/);
    }
    await sms({ ...message, MessageSid: `SM${'2'.repeat(32)}`, Body: '', NumMedia: '1' });
    const texts = (await personOf(message.From))['text_messages'] as Json[];
    assert.deepEqual(texts.map(({ text }) => text).toSorted(), ['(1 media)', message.Body]);
    assert.equal((await sms({ From: '+15550004711', To: '+15550002222', Body: 'x' })).status, 400);
    assert.equal((await server.request('POST', '/api/people/erase', { phone_number: message.From })).status, 200);
    const left = await server.database(`select 1 from call_entries where text like '%call at five%'`);
    assert.equal(left.length, 0);
  });

  it('takes webhooks of Twilio and LiveKit only with their signature, once they are configured', async () => {
    const [key, secret] = ['key-of-livekit', 'secret-of-livekit-0123456789-0123456789'];
    const authToken = 'auth-token-of-the-account';
    const settings = await server.request('POST', '/api/trpc/settings.updateSipSettings', {
      twilioAccountSid: `AC${'1'.repeat(32)}`,
      twilioAuthToken: authToken,
      twilioPhoneNumber: '+15550002222',
      livekitApiEndpoint: 'ws://127.0.0.1:9',
      livekitApiKey: key,
      livekitApiSecret: secret,
    });
    assert.equal(settings.status, 200, JSON.stringify(settings.body));
    const fields = { MessageSid: `SM${'3'.repeat(32)}`, From: '+15550004712', To: '+15550002222', Body: 'Signed' };
    assert.equal((await sms(fields)).status, 401);
    assert.equal((await sms(fields, { 'x-twilio-signature': 'wrong' })).status, 401);
    const url = `${server.url}/api/webhooks/twilio/sms`;
    const signature = FakeTwilio.signature(url, new URLSearchParams(fields), authToken);
    assert.equal((await sms(fields, { 'x-twilio-signature': signature })).status, 200);
    assert.equal(((await personOf(fields.From))['text_messages'] as Json[]).length, 1);
    const event = JSON.stringify({ event: 'room_started', id: 'EV_1', room: { name: 'another-room' } });
    const token = await new SignJWT({ sha256: createHash('sha256').update(event).digest('base64') })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(key)
      .setNotBefore(0)
      .setExpirationTime('1m')
      .sign(new TextEncoder().encode(secret));
    for (const path of ['room-created', 'participant-joined', 'participant-left']) {
      const post = (body: string, authorization?: string) =>
        server.request('POST', `/api/webhooks/livekit/${path}`, body, {
          'content-type': 'application/webhook+json',
          ...(authorization === undefined ? {} : { authorization }),
        });
      assert.equal((await post(event)).status, 401, path);
      assert.equal((await post(`${event} `, token)).status, 401, path);
      assert.equal((await post(event, token)).status, 200, path);
    }
  });
});
