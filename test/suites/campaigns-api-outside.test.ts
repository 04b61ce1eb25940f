import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { SignJWT } from 'jose';
import { saveSettingsGroups } from '#core/carriers/carriers.ts';
import type { ModelPart, ModelRequest } from '#engine/contracts/language-model.ts';
import { FakeTwilio } from '../carriers/twilio.ts';
import { AnsweringModel } from '../support/answering-model.ts';
import { EventClient } from '../support/event-client.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

type Json = Record<string, unknown>;

const WHEN = '2031-03-06T15:00';

/** Books one time once the caller agrees, and says what became of it. */
class BookingAgent extends AnsweringModel {
  readonly id = 'booking';

  protected answer({ messages }: ModelRequest): readonly ModelPart[] {
    const results = messages.filter((one) => one.role === 'tool-result');
    const last = messages.at(-1);
    if (last?.role === 'tool-result')
      return [{ type: 'text', text: last.status === 'unconfirmed' ? 'The appointment. Is that right?' : last.output }];
    if (last?.role !== 'caller') return [];
    if (results.some(({ status }) => status === 'ok' || status === 'failed'))
      return [{ type: 'text', text: 'Goodbye.' }];
    return [{ type: 'tool-call', name: 'book_slot', args: { when: WHEN } }];
  }
}

/** What reaches the campaigns API from scripts, carriers and callers. */
describe('campaigns API from outside', () => {
  const model = new BookingAgent();
  let server: TestServer;

  before(async () => {
    server = await startServer(
      { SIMULATOR_SPEED: '1' },
      { providers: (offline) => ({ ...offline, languageModels: [model] }) },
    );
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  /** A loaded machine refuses calls for a while. */
  const placed = (path: string, body: object) =>
    until('the call to be taken', 60_000, async () => {
      const reply = await server.request('POST', path, body);
      return reply.status === 200 ? String(reply.body['call_sid']) : null;
    });

  it('books an instant once: twenty at once over tRPC, REST and two live calls', async () => {
    const agent = String((await server.request('POST', '/v1/convai/agents', { name: 'Booking' })).body['agent_id']);
    const client = new EventClient(server.url, { token: server.key });
    await client.until('auth.success');
    const { calls, entries, tools } = server.app.core.store;
    const heard = (conversationId: number, text: string) =>
      until(`the agent to say: ${text}`, 60_000, async () =>
        (await entries.of(conversationId)).some((one) => one.role === 'agent' && one.text.includes(text)),
      );
    // Their people are silent; what they ask is typed.
    const talks = await Promise.all(
      [1, 2].map(async () => {
        const call = { agent_id: agent, to_number: '+15005550010' };
        const sid = await placed('/v1/convai/twilio/outbound-call', call);
        const { conversationId } = await until('the call to be answered', 60_000, async () => {
          const found = await calls.bySid(sid);
          return found?.status === 'answered' ? found : null;
        });
        const say = (content: string) => client.send({ type: 'message', data: { call_id: sid, content } });
        say('I would like an appointment');
        await heard(conversationId, 'Is that right?');
        return { sid, conversationId, say };
      }),
    );
    for (const { say } of talks) say('Yes');
    const replies = await Promise.all(
      Array.from({ length: 18 }, (_, n) =>
        server.request('POST', n % 2 === 0 ? '/api/book-slot' : '/api/trpc/slots.bookSlot', {
          name: `Caller ${n}`,
          date: `${WHEN}:00Z`,
        }),
      ),
    );
    const outcomes = await Promise.all(
      talks.map(async ({ sid, conversationId }) => {
        const { output, status } = await until('the agent to book', 60_000, async () => {
          const done = await tools.executionsOf(conversationId);
          return done.find((one) => one.name === 'book_slot' && ['ok', 'failed'].includes(one.status)) ?? null;
        });
        await heard(conversationId, String(output).slice(0, 15));
        await server.request('POST', `/v1/convai/calls/${sid}/end`);
        await server.untilEnded(sid);
        return { output: String(output), status };
      }),
    );
    client.socket.terminate();
    const booked = replies.filter(({ status }) => status === 200);
    const bookedOnCalls = outcomes.filter(({ status }) => status === 'ok');
    assert.equal(booked.length + bookedOnCalls.length, 1);
    for (const { status, body } of replies.filter((one) => one.status !== 200)) {
      assert.equal(status, 409);
      const { message } = body['error'] as { message: string };
      assert.match(message, /That time is taken\. The next free one is 2031-03-06T/);
    }
    for (const { output } of outcomes.filter(({ status }) => status === 'failed'))
      assert.match(output, /^That time is taken\. Free: .*\(2031-03-0\dT/);
    const rows = await server.database(`select 1 from bookings where at = '${WHEN}:00Z' and canceled_at is null`);
    assert.equal(rows.length, 1);
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
    assert.deepEqual(
      texts.map(({ text }) => String(text)).toSorted((a, b) => a.localeCompare(b)),
      ['(1 media)', message.Body],
    );
    assert.equal((await sms({ From: '+15550004711', To: '+15550002222', Body: 'x' })).status, 400);
    assert.equal((await server.request('POST', '/api/people/erase', { phone_number: message.From })).status, 200);
    const left = await server.database(`select 1 from entries where text like '%call at five%'`);
    assert.equal(left.length, 0);
  });

  const listed = async (number: string) => {
    const path = `/api/people/do-not-call?phone_number=${encodeURIComponent(number)}`;
    return ((await server.request('GET', path)).body['data'] as Json[]).map(({ source }) => source);
  };
  let texts = 0;
  const write = async (from: string, text: string, more: Record<string, string> = {}) => {
    const fields = { MessageSid: `SM${String(++texts).padStart(32, '4')}`, From: from, To: '+15550002222', Body: text };
    assert.equal((await sms({ ...fields, ...more })).status, 200);
  };

  it('refuses calls to a number that writes STOP; START lifts nothing but that', async () => {
    const number = '+15005550006';
    const made = await server.request('POST', '/api/trpc/campaign.create', { name: 'Refusals' });
    const { id } = (made.body['result'] as { data: { id: string } }).data;
    await server.request('POST', '/api/trpc/campaign.addLead', { campaignId: id, phoneNumber: number });
    const blockedBy = async () => {
      const { body } = await server.request('GET', `/api/campaigns/${id}/leads`);
      return (body['data'] as Json[]).map((lead) => lead['blocked_by'])[0];
    };
    const before = await blockedBy();
    await write(number, 'Can I stop by at five?');
    assert.deepEqual([await listed(number), await blockedBy()], [[], before]);
    await write(number, 'Stop.');
    assert.deepEqual([await listed(number), await blockedBy()], [['sms'], 'do_not_call']);
    const call = { phoneNumber: number, script: 'Hello' };
    assert.notEqual((await server.request('POST', '/api/trpc/campaign.makeCall', call)).status, 200);
    await write(number, 'START');
    assert.deepEqual([await listed(number), await blockedBy()], [[], before]);
    // Words of another language, which the carrier understood.
    await write(number, 'Baja', { OptOutType: 'STOP' });
    assert.deepEqual(await listed(number), ['sms']);
    await server.request('POST', '/api/people/do-not-call', { phone_number: number });
    assert.deepEqual(await listed(number), ['api']);
    await write(number, 'Start', { OptOutType: 'START' });
    assert.deepEqual([await listed(number), await blockedBy()], [['api'], 'do_not_call']);
    const allowed = await server.request(
      'DELETE',
      `/api/people/do-not-call?phone_number=${encodeURIComponent(number)}`,
    );
    assert.equal(allowed.status, 200);
    assert.equal(await blockedBy(), before);
  });

  it('saves the settings of Twilio and LiveKit both, or neither', async () => {
    const { core, organization } = server.app;
    let seals = 0;
    const seal = (text: string) => {
      if (++seals === 2) throw new Error('no key');
      return core.secrets.seal(text);
    };
    const failing = { ...core, secrets: { seal, open: (text: string) => core.secrets.open(text) } } as typeof core;
    const actor = { kind: 'system', name: 'test' } as const;
    const ctx = { organizationId: organization.id, requestId: 'r', actor };
    const [twilio, livekit] = [{ account_sid: `AC${'2'.repeat(32)}` }, { api_key: 'key-of-livekit' }];
    await assert.rejects(saveSettingsGroups(failing, ctx, { twilio, livekit }), /no key/);
    await assert.rejects(saveSettingsGroups(core, ctx, { twilio, livekit: { other: 'x' } }), { code: 'invalid-input' });
    assert.equal((await server.database(`select 1 from settings where name like 'carrier.%'`)).length, 0);
    await saveSettingsGroups(core, ctx, { twilio, livekit });
    const shown = await server.request('GET', '/api/trpc/settings.getSipSettings');
    const { data } = shown.body['result'] as { data: Json };
    assert.deepEqual([data['twilioAccountSid'], data['livekitApiKey']], [twilio.account_sid, '********ekit']);
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
