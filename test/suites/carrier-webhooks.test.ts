import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { CARRIERS } from '#carriers/catalog.ts';
import { connectWith } from '#carriers/connect/manifest.ts';
import type { CallStatus } from '#core/calls/call.ts';
import { CERTIFICATE, FakeConnect } from '../carriers/connect.ts';
import type { FakeCall, FakeCarrier, Happening } from '../carriers/fake-carrier.ts';
import { FakeGeneric } from '../carriers/generic.ts';
import { FakeTwilio } from '../carriers/twilio.ts';
import { FakeVonage } from '../carriers/vonage.ts';
import { SocketCaller } from '../support/caller.ts';
import { Random } from '../support/random.ts';
import { initiate, startServer, until, type TestServer } from '../support/server.ts';

const CARRIER_LIST = CARRIERS.map((one) =>
  one.id === 'aws-connect' ? connectWith(() => Promise.resolve(CERTIFICATE)) : one,
);

/** What a call lives through, and how it ends. */
const STORIES: readonly (readonly [readonly Happening[], CallStatus])[] = [
  [['ringing', 'answered', 'completed'], 'completed'],
  [['ringing', 'busy'], 'busy'],
  [['ringing', 'no-answer'], 'no-answer'],
  [['ringing', 'failed'], 'refused'],
  [['answered', 'completed'], 'completed'],
];

describe('webhooks of carriers', { concurrency: 2 }, () => {
  for (const [id, make] of [
    ['twilio', () => new FakeTwilio()],
    ['vonage', () => new FakeVonage()],
    ['generic-http', () => new FakeGeneric()],
    ['aws-connect', () => new FakeConnect()],
  ] as const) {
    it(`of ${id}: 300 of them, shuffled, repeated and late, leave every call in the right state`, async () => {
      const fake: FakeCarrier = await make().start();
      fake.answers = false;
      const server = await startServer(
        { MAX_CONCURRENT_CALLS: '500', ...fake.environment },
        { carriers: CARRIER_LIST },
      );
      try {
        if (fake instanceof FakeConnect) fake.notifyUrl = `${server.url}/voice/webhook/aws-connect`;
        await server.request('PUT', `/voice/providers/${id}/settings`, { settings: { calls_per_second: '1000' } });
        const random = new Random(7);
        const expected = new Map<string, CallStatus>();
        const posts: { call: FakeCall; what: Happening }[] = [];
        await Promise.all(
          Array.from({ length: 60 }, async (_, n) => {
            await initiate(server, { phone_number: `+4930555${String(1000 + n)}` });
            const call = await until(
              'the dial',
              60_000,
              () => fake.calls.find((one) => one.to.endsWith(`30555${1000 + n}`)) ?? null,
            );
            const [story, end] = STORIES[n % STORIES.length]!;
            expected.set(call.id, end);
            for (const what of story)
              for (let times = 1 + random.below(3); times > 0; times--) posts.push({ call, what });
          }),
        );
        while (posts.length < 250) posts.push(posts[random.below(posts.length)]!);
        for (let i = posts.length - 1; i > 0; i--) {
          const j = random.below(i + 1);
          [posts[i], posts[j]] = [posts[j]!, posts[i]!];
        }
        // Twilio's end is said when a call was answered; one that never rang is as much over.
        for (let i = 0; i < posts.length; i += 10)
          for (const { status, body } of await Promise.all(
            posts.slice(i, i + 10).map(({ call, what }) => fake.tell(call, what)),
          ))
            assert.equal(status, 200, body);
        await until(
          'every call to end',
          10_000,
          async () =>
            (await server.database(`select 1 from calls where status in ('placed', 'ringing', 'answered')`)).length ===
            0,
        );
        // And late ones, when all is over.
        for (const { call } of posts.slice(0, 50))
          assert.equal((await fake.tell(call, random.below(2) === 0 ? 'ringing' : 'answered')).status, 200);
        const rows = await server.database('select carrier_call_id, status, ended_at from calls');
        assert.equal(rows.length, 60);
        for (const row of rows)
          assert.equal(row['status'], expected.get(String(row['carrier_call_id'])), String(row['carrier_call_id']));
        assert.equal(fake.dials, 60);
        const ends = await server.database(
          `select conversation_id from events where type in ('call.ended', 'call.failed')`,
        );
        assert.equal(ends.length, 60, 'a call ended twice, or never');
        assert.deepEqual(server.trouble, []);
      } finally {
        await server.close();
        await fake.close();
      }
    });
  }

  describe('that are signed', { concurrency: 1 }, () => {
    let server: TestServer;
    const twilio = new FakeTwilio();
    const vonage = new FakeVonage();
    const connect = new FakeConnect();
    const fakes: Readonly<Record<string, FakeCarrier>> = { twilio, vonage, 'aws-connect': connect };
    before(async () => {
      await Promise.all(Object.values(fakes).map((fake) => fake.start()));
      for (const fake of Object.values(fakes)) fake.answers = false;
      server = await startServer(
        Object.assign({}, ...Object.values(fakes).map((fake) => fake.environment)) as Record<string, string>,
        { carriers: CARRIER_LIST },
      );
      connect.notifyUrl = `${server.url}/voice/webhook/aws-connect`;
      for (const id of Object.keys(fakes))
        await server.request('PUT', `/voice/providers/${id}/settings`, { settings: { calls_per_second: '100' } });
    });
    after(async () => {
      await server.close();
      for (const fake of Object.values(fakes)) await fake.close();
      assert.deepEqual(server.trouble, []);
    });

    async function placed(id: string): Promise<FakeCall> {
      await server.request('POST', '/voice/providers/switch', { provider: id });
      const before = fakes[id]!.calls.length;
      await initiate(server, { phone_number: '+493011112222' });
      return until('the dial', 20_000, () => fakes[id]!.calls[before] ?? null);
    }
    const statusOf = async (call: FakeCall) =>
      (await server.database(`select status from calls where carrier_call_id = '${call.id}'`))[0]!['status'];
    /** Refused, in the API's form, and nothing has changed. */
    async function refused(
      fake: FakeCarrier,
      call: FakeCall,
      sent: Parameters<FakeCarrier['send']>[0],
      what: string,
    ): Promise<void> {
      const { status, body } = await fake.send(sent);
      assert.equal(status, 401, `${what}: ${body}`);
      assert.equal((JSON.parse(body) as { error: { code: string } }).error.code, 'AUTHENTICATION_ERROR');
      assert.equal(await statusOf(call), 'placed', what);
    }
    const recorded = (call: FakeCall) =>
      until(
        'the call on record',
        5000,
        async () => (await server.database(`select 1 from calls where carrier_call_id = '${call.id}'`)).length === 1,
      );

    it('twilio: none that is forged, altered, unsigned or replayed is let in', async () => {
      const call = await placed('twilio');
      await recorded(call);
      const good = twilio.webhook(call, 'busy');
      const { 'x-twilio-signature': signature, ...unsigned } = good.headers;
      await refused(twilio, call, { ...good, headers: unsigned }, 'unsigned');
      await refused(
        twilio,
        call,
        { ...good, headers: { ...unsigned, 'xi-api-key': server.key } },
        'with an API key in its place',
      );
      await refused(
        twilio,
        call,
        {
          ...good,
          headers: {
            ...unsigned,
            'x-twilio-signature': FakeTwilio.signature(good.url, new URLSearchParams(good.body), 'another-token'),
          },
        },
        'forged',
      );
      await refused(twilio, call, { ...good, body: good.body.replace('busy', 'completed') }, 'altered');
      await refused(twilio, call, { ...good, body: `${good.body}&Extra=1` }, 'with more in it');
      await refused(twilio, call, { ...good, url: `${good.url}&more=1` }, 'sent to another address');
      await refused(
        twilio,
        call,
        { ...good, headers: { ...unsigned, 'x-twilio-signature': `${signature!.slice(0, -4)}AAA=` } },
        'with half a signature',
      );
      // The same again at once is the vendor's own repetition; later it is a replay.
      const ringing = twilio.webhook(call, 'human');
      assert.equal((await twilio.send(ringing)).status, 200);
      assert.equal((await twilio.send(ringing)).status, 200);
      await server.database(`update carrier_deliveries set at = at - interval '6 minutes'`);
      await refused(twilio, call, ringing, 'replayed');
      assert.equal((await twilio.send(good)).status, 200);
      await until('the call to be busy', 5000, async () => (await statusOf(call)) === 'busy');
    });

    it('asks by GET are answered like those by POST, with the same checks of the signature', async () => {
      const sid = `CA${'7'.repeat(32)}`;
      const query = {
        CallSid: sid,
        CallStatus: 'ringing',
        Direction: 'inbound',
        From: '+15551112222',
        To: '+15550001111',
      };
      const twilioUrl = `${server.url}/voice/webhook/twilio?${new URLSearchParams(query).toString()}`;
      const ask = async (url: string, headers: Record<string, string>) => {
        const reply = await fetch(url, { headers });
        return { status: reply.status, body: await reply.text() };
      };
      const signature = FakeTwilio.signature(twilioUrl);
      assert.equal((await ask(twilioUrl, {})).status, 401, 'unsigned');
      assert.equal(
        (await ask(`${twilioUrl}&More=1`, { 'x-twilio-signature': signature })).status,
        401,
        'signed for another query',
      );
      const twiml = await ask(twilioUrl, { 'x-twilio-signature': signature });
      assert.equal(twiml.status, 200, twiml.body);
      assert.match(twiml.body, /<Connect><Stream url="ws:/);
      const known = await server.database(`select from_number from calls where carrier_call_id = '${sid}'`);
      assert.equal(known[0]?.['from_number'], '+15551112222');

      const uuid = 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab';
      const asked = new URLSearchParams({ to: '15550001111', from: '447700900123', conversation_uuid: 'CON-1', uuid });
      const vonageUrl = `${server.url}/voice/webhook/vonage?${asked.toString()}`;
      const forged = await FakeVonage.authorization(null, { secret: 'another-secret-of-another-application' });
      assert.equal((await ask(vonageUrl, {})).status, 401, 'unsigned');
      assert.equal((await ask(vonageUrl, { authorization: forged })).status, 401, 'forged');
      const authorization = await FakeVonage.authorization(null);
      const ncco = await ask(vonageUrl, { authorization });
      assert.equal(ncco.status, 200, ncco.body);
      assert.match(ncco.body, /"action":"connect"/);
      assert.equal((await ask(vonageUrl, { authorization })).status, 401, 'replayed');
      // What is posted needs the hash of its body.
      const post = { method: 'POST', headers: { authorization: await FakeVonage.authorization(null) }, body: '{}' };
      assert.equal((await fetch(`${server.url}/voice/webhook/vonage`, post)).status, 401, 'a body without its hash');
      assert.equal((await fetch(`${server.url}/voice/webhook/aws-connect`)).status, 404);

      // Call events can also come by GET.
      const over = `${server.url}/voice/webhook/twilio?${new URLSearchParams({ ...query, CallStatus: 'completed' }).toString()}`;
      assert.equal((await ask(over, { 'x-twilio-signature': FakeTwilio.signature(over) })).status, 200);
      const ended = { authorization: await FakeVonage.authorization(null) };
      assert.equal((await ask(`${vonageUrl}&status=completed&direction=inbound`, ended)).status, 200);
      await until(
        'both calls to end',
        10_000,
        async () =>
          (
            await server.database(
              `select 1 from calls where carrier_call_id in ('${sid}', '${uuid}') and ended_at is not null`,
            )
          ).length === 2,
      );
    });

    it('vonage: none that is forged, altered, unsigned, old or replayed is let in', async () => {
      const call = await placed('vonage');
      await recorded(call);
      const good = vonage.webhook(call, 'busy');
      const signed = async (more: Parameters<typeof FakeVonage.authorization>[1], body = good.body) => ({
        ...good,
        headers: { ...good.headers, authorization: await FakeVonage.authorization(body, more) },
      });
      await refused(vonage, call, { ...good, headers: { ...good.headers, authorization: '' } }, 'unsigned');
      await refused(
        vonage,
        call,
        { ...good, headers: { ...good.headers, authorization: `Bearer ${server.key}` } },
        'with an API key in its place',
      );
      await refused(vonage, call, await signed({ secret: 'another-secret-of-another-application' }), 'forged');
      await refused(vonage, call, { ...(await signed({})), body: good.body.replace('busy', 'completed') }, 'altered');
      await refused(vonage, call, await signed({ algorithm: 'HS512' }), 'with another algorithm');
      const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await FakeVonage.authorization(good.body)).split('.')[1]!}.`;
      await refused(
        vonage,
        call,
        { ...good, headers: { ...good.headers, authorization: `Bearer ${none}` } },
        'with no algorithm',
      );
      await refused(vonage, call, await signed({ at: new Date(Date.now() - 10 * 60_000) }), 'old');
      await refused(vonage, call, await signed({ at: new Date(Date.now() + 10 * 60_000) }), 'from the future');
      const once = { ...vonage.webhook(call, 'human') };
      const token = { ...once, headers: { ...once.headers, authorization: await FakeVonage.authorization(once.body) } };
      assert.equal((await vonage.send(token)).status, 200);
      await refused(vonage, call, token, 'replayed');
      assert.equal((await vonage.send(good)).status, 200);
      await until('the call to be busy', 5000, async () => (await statusOf(call)) === 'busy');
    });

    it('aws-connect: none that is forged, altered, unsigned or old is let in', async () => {
      const call = await placed('aws-connect');
      await recorded(call);
      const good = connect.webhook(call, 'busy');
      const message = JSON.parse(good.body) as Record<string, string>;
      const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString();
      const as = (body: object) => ({ ...good, body: JSON.stringify(body) });
      await refused(connect, call, as({ ...message, Signature: undefined }), 'unsigned');
      await refused(connect, call, as(JSON.parse(message['Message']!) as object), 'an event without a notification');
      await refused(connect, call, as(FakeConnect.notification(message['Message']!, { key: other })), 'forged');
      await refused(
        connect,
        call,
        as({ ...message, Message: message['Message']!.replace('TELECOM_BUSY', 'CUSTOMER_DISCONNECT') }),
        'altered',
      );
      for (const url of [
        'https://sns.us-east-1.amazonaws.com.evil.example/x.pem',
        'https://evil.example/sns.us-east-1.amazonaws.com/x.pem',
        'http://sns.us-east-1.amazonaws.com/x.pem',
        'https://sns.us-east-1.amazonaws.com/x.txt',
      ]) {
        await refused(connect, call, as(FakeConnect.notification(message['Message']!, { certificateUrl: url })), url);
      }
      await refused(
        connect,
        call,
        as(FakeConnect.notification(message['Message']!, { at: new Date(Date.now() - 2 * 3_600_000) })),
        'old',
      );
      // Any account of the vendor can have its notifications signed by the vendor.
      const topic = 'arn:aws:sns:us-east-1:999999999999:contacts';
      await refused(connect, call, as(FakeConnect.notification(message['Message']!, { topic })), 'of another topic');
      const settings = (topic_arn: string | null) =>
        server.request('PUT', '/voice/providers/aws-connect/settings', { settings: { topic_arn } });
      await settings('arn:aws:sns:us-east-1:123456789012:another');
      await refused(connect, call, good, 'of a topic that is not the one set');
      await settings(null);
      const human = connect.webhook(call, 'human');
      assert.equal((await connect.send(human)).status, 200);
      await server.database(`update carrier_deliveries set at = at - interval '2 hours'`);
      await refused(connect, call, human, 'replayed');
      assert.equal((await connect.send(good)).status, 200);
      await until('the call to be busy', 5000, async () => (await statusOf(call)) === 'busy');
    });

    it("a media socket with a forged signature, another's token, a used one or none is refused", async () => {
      const call = await placed('twilio');
      await recorded(call);
      await twilio.tell(call, 'answered');
      // The reply to the vendor, parsed by an independent parser.
      const body = new URLSearchParams({
        AccountSid: 'AC',
        CallSid: call.id,
        CallStatus: 'in-progress',
        Direction: 'outbound-api',
        From: call.from,
        To: call.to,
      });
      const answer = async () =>
        (
          await twilio.send({
            url: call.answerUrl!,
            body: body.toString(),
            headers: {
              'content-type': 'application/x-www-form-urlencoded',
              'x-twilio-signature': FakeTwilio.signature(call.answerUrl!, body),
            },
          })
        ).body;
      const twiml = await answer();
      assert.match(twiml, /<Connect><Stream url="ws:\/\//);
      const token = /name="token" value="([^"]+)"/.exec(twiml)![1]!;
      const path = `${server.url.replace('http', 'ws')}/voice/websocket`;
      const start = (parameters: object) => ({
        event: 'start',
        streamSid: 'MZ1',
        start: { streamSid: 'MZ1', callSid: call.id, customParameters: parameters },
      });
      const attempt = async (url: string, signature: string | null, first: object | false) => {
        const caller = new SocketCaller(url, {
          start: first,
          headers: signature === null ? {} : { 'x-twilio-signature': signature },
        });
        return until('an answer', 8000, () => (caller.refused === null ? caller.closed?.code : caller.refused) ?? null);
      };
      assert.equal(await attempt(path, 'Zm9yZ2Vk', start({ call_sid: call.id, token })), 401);
      assert.equal(
        await attempt(`${path}?call_sid=${call.id}&token=${token}`, FakeTwilio.signature(`${path}x`), start({})),
        401,
      );
      assert.equal(await attempt(path, FakeTwilio.signature(path), start({})), 1008);
      assert.equal(
        await attempt(path, FakeTwilio.signature(path), start({ call_sid: call.id, token: 'guessed' })),
        1008,
      );
      assert.equal(await attempt(path, null, { event: 'media', media: { payload: '' } }), 1008);
      assert.equal(await attempt(path, null, false), 1008);
      // The token was not used up by any of these.
      const good = new SocketCaller(path, {
        start: start({ call_sid: call.id, token }),
        headers: { 'x-twilio-signature': FakeTwilio.signature(path) },
      });
      await until(
        'the agent',
        10_000,
        () => good.socket.readyState === 1 && good.closed === null && good.agent.length > 0,
      );
      assert.equal(
        await attempt(path, FakeTwilio.signature(path), start({ call_sid: call.id, token })),
        1008,
        'a token that was used',
      );
      assert.equal(good.closed, null, 'the caller was cut off by a replay');
      good.socket.close(1000);
    });
  });
});

describe('calls that API keys announce', () => {
  it('are limited by organization, whichever of its keys announces them', async () => {
    const server = await startServer({ RATE_LIMIT_FACTOR: '0.02' });
    try {
      const made = await server.request('POST', '/api/keys', { name: 'second', role: 'manager' });
      const keys = [server.key, String((made.body['data'] as Record<string, unknown>)['key'])];
      const announce = (call_id: string, key: string) =>
        server.request(
          'POST',
          '/voice/webhook/generic',
          { event_type: 'call.started', call_id },
          { 'xi-api-key': key },
        );
      for (let n = 0; n < 6; n++) assert.equal((await announce(`call-of-${n}`, keys[n % 2]!)).status, 200);
      for (const key of keys) {
        const { status, body } = await announce('one-too-many', key);
        assert.equal(status, 429);
        assert.equal((body['error'] as Record<string, unknown>)['code'], 'RATE_LIMIT_EXCEEDED');
        assert.ok(Number(server.headers.get('retry-after')) > 0);
      }
      assert.equal((await announce('call-of-0', keys[1]!)).status, 200, 'a call that was announced is no new one');
    } finally {
      await server.close();
    }
  });
});
