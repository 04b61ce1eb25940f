import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { ROLES, type Role } from '#core/kernel/context.ts';
import { FakeLiveKit, livekitWithoutMedia } from '../carriers/livekit.ts';
import { FakeTwilio } from '../carriers/twilio.ts';
import { CARRIERS } from '#carriers/catalog.ts';
import { planted, secretsIn } from '../support/planted.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

type Json = Record<string, unknown>;

const VENDORS = ['OPENAI', 'ANTHROPIC', 'GOOGLE', 'DEEPGRAM', 'ELEVENLABS'];

/** Who may use what, as the seed's operations are meant; `{}` is its input. */
const ALL = [...ROLES];
const READERS: readonly Role[] = ['admin', 'manager', 'viewer'];
const MANAGERS: readonly Role[] = ['admin', 'manager'];
const CALLERS: readonly Role[] = ['admin', 'manager', 'agent'];
const ADMINS: readonly Role[] = ['admin'];
const ALLOWED: Readonly<Record<string, readonly Role[]>> = {
  'campaign.getAll': READERS,
  'campaign.create': MANAGERS,
  'campaign.getDetails': READERS,
  'campaign.addLead': MANAGERS,
  'campaign.makeCall': CALLERS,
  'campaign.getStats': READERS,
  'campaign.getOverallStats': READERS,
  'campaign.getAgentStatus': READERS,
  'campaign.updateScript': MANAGERS,
  'campaign.setStatus': MANAGERS,
  'settings.getSipSettings': ADMINS,
  'settings.updateSipSettings': ADMINS,
  'settings.testConnection': ADMINS,
  'twilio.makeCall': CALLERS,
  'livekit.testConnection': ADMINS,
  'livekit.getListenToken': ALL,
  'livekit.getTranscript': ALL,
  'slots.bookSlot': MANAGERS,
  'slots.getAllSlots': READERS,
  'slots.uploadFile': MANAGERS,
  'slots.getFile': READERS,
  'slots.bulkInsertSlots': MANAGERS,
  'csv.uploadCsv': MANAGERS,
  'csv.getCsvData': READERS,
  'POST /api/book-slot': MANAGERS,
  'GET /api/slots': READERS,
  'GET /api/slots/free': READERS,
  'DELETE /api/slots/:slot_id': MANAGERS,
  'GET /api/health': READERS,
  'GET /api/health/database': READERS,
  'GET /api/health/livekit': READERS,
  'GET /api/health/twilio': READERS,
  'GET /api/metrics/calls': READERS,
  'GET /api/metrics/campaigns': READERS,
  'GET /api/metrics/performance': READERS,
  'GET /metrics': READERS,
  'GET /api/settings/env': ADMINS,
  'GET /api/settings/agent-env': ADMINS,
};

/** The campaigns API with Twilio and LiveKit, and a secret wherever one can be. */
describe('campaigns API with carriers', () => {
  const twilio = new FakeTwilio();
  const livekit = new FakeLiveKit();
  const lines: string[] = [];
  const secrets: Record<string, string> = {};
  let server: TestServer;

  const plant = (name: string): string => (secrets[name] = planted(name));

  before(async () => {
    await Promise.all([twilio.start(), livekit.start()]);
    twilio.answers = livekit.answers = false;
    server = await startServer(
      {
        ...twilio.environment,
        ...livekit.environment,
        ...Object.fromEntries(
          VENDORS.flatMap((name) => [
            [`${name}_API_KEY`, plant(`${name}_API_KEY`)],
            [`${name}_BASE_URL`, 'http://127.0.0.1:9'],
          ]),
        ),
        VONAGE_API_SECRET: plant('VONAGE_API_SECRET'),
        VONAGE_SIGNATURE_SECRET: plant('VONAGE_SIGNATURE_SECRET'),
        GENERIC_CARRIER_TOKEN: plant('GENERIC_CARRIER_TOKEN'),
        API_SECRET_KEY: plant('API_SECRET_KEY'),
        JWT_SECRET: plant('JWT_SECRET'),
        ADMIN_EMAIL: 'admin@example.com',
        ADMIN_PASSWORD: plant('ADMIN_PASSWORD'),
        WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true',
      },
      {
        log: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }),
        carriers: CARRIERS.map((one) => (one.id === 'livekit' ? livekitWithoutMedia : one)),
      },
    );
  });
  after(async () => {
    await server.close();
    await Promise.all([twilio.close(), livekit.close()]);
  });

  const as = (credential: string, method: string, path: string, body?: unknown, headers = {}) =>
    server.request(method, path, body, { 'xi-api-key': credential, ...headers });
  const admin = (method: string, path: string, body?: unknown) => as(secrets['API_SECRET_KEY']!, method, path, body);
  const api = () => server.app.apis.find(({ name }) => name === 'campaigns')!;
  const mutate = async (procedure: string, input: unknown) => {
    const { status, body } = await admin('POST', `/api/trpc/${procedure}`, input);
    assert.equal(status, 200, JSON.stringify(body));
    return (body['result'] as { data: Json }).data;
  };
  /** A loaded machine refuses calls for a while. */
  const placed = (input: object) =>
    until('the call to be taken', 60_000, async () => {
      const { status, body } = await admin('POST', '/api/trpc/campaign.makeCall', input);
      return status === 200 ? (body['result'] as { data: { callId: string } }).data.callId : null;
    });
  /** All operations, by name; procedures are asked as their clients ask them. */
  const operations = () => [
    ...api().procedures!.map(({ name, kind }) => ({
      name,
      ask: (credential: string, input: unknown, headers?: object) =>
        kind === 'query'
          ? as(
              credential,
              'GET',
              `/api/trpc/${name}?input=${encodeURIComponent(JSON.stringify(input))}`,
              undefined,
              headers,
            )
          : as(credential, 'POST', `/api/trpc/${name}`, input, headers),
    })),
    ...api().operations.map(({ method, path }) => ({
      name: `${method} ${path}`,
      ask: (credential: string, input: unknown, headers?: object) =>
        as(
          credential,
          method,
          path.replace(/:\w+/, '999'),
          method === 'GET' || method === 'DELETE' ? undefined : input,
          headers,
        ),
    })),
  ];

  it('tests connections really, and says in a sentence what failed', async () => {
    const tested = async (procedure: string) => {
      const { body } = await admin('GET', `/api/trpc/${procedure}`);
      return (body['result'] as { data: { success: boolean; message: string } }).data;
    };
    const health = async (part: string) => {
      const { status, body } = await admin('GET', `/api/health/${part}`);
      return [status, body['status'], body['message']] as const;
    };
    const servers = [
      ['Twilio', 'twilio', twilio, 'settings.testConnection'],
      ['LiveKit', 'livekit', livekit, 'livekit.testConnection'],
    ] as const;
    for (const [name, part, fake, procedure] of servers) {
      const good = await tested(procedure);
      assert.deepEqual([good.success, good.message], [true, `${name} connection successful`]);
      assert.deepEqual(await health(part), [200, 'healthy', `${name} answers`]);
      assert.equal((await admin('GET', '/api/health')).status, 200);
      const failing = async (sentence: RegExp) => {
        const { success, message } = await tested(procedure);
        assert.equal(success, false);
        assert.match(message, sentence);
        const [status, word, said] = await health(part);
        assert.deepEqual([status, word], [503, 'unhealthy']);
        assert.match(String(said), sentence);
        const { status: overall, body } = await admin('GET', '/api/health');
        assert.deepEqual([overall, body['status']], [503, 'unhealthy']);
        assert.equal((body['services'] as Json)[part], 'unhealthy');
      };
      fake.fault = 'unauthorized';
      await failing(new RegExp(`^${name} does not take our credentials: `));
      fake.fault = 'broken-before';
      await failing(new RegExp(`^${name}: the connection broke`));
      fake.fault = null;
      await fake.goAway();
      await failing(new RegExp(`^${name} cannot be reached \\(ECONNREFUSED\\)`));
      await fake.comeBack();
    }
    const silent = servers.map(async ([name, part, fake, procedure]) => {
      fake.fault = 'silent';
      const [{ success, message }, [status, , said]] = await Promise.all([tested(procedure), health(part)]);
      fake.fault = null;
      assert.deepEqual([success, status], [false, 503]);
      assert.equal(message, `${name} did not answer in time`);
      assert.equal(said, `${name} did not answer within 5 s`);
    });
    await Promise.all(silent);
  });

  it('shows no secret in any reply, log line or metric', async () => {
    const password = plant('password');
    const user = { email: 'planted@example.com', name: 'Planted', role: 'manager', password };
    assert.equal((await admin('POST', '/api/users', user)).status, 200);
    const keys = await admin('POST', '/api/keys', { name: 'planted', role: 'manager' });
    secrets['key'] = String((keys.body['data'] as Json)['key']).slice(-24);
    const login = await as('', 'POST', '/api/auth/login', user);
    const { token, refresh_token: refresh } = login.body['data'] as Record<string, string>;
    secrets['access token'] = token!.split('.')[2]!;
    secrets['refresh token'] = refresh!.slice(-24);
    const session = await fetch(`${server.url}/app/session`, {
      method: 'POST',
      headers: { origin: server.url },
      body: JSON.stringify(user),
    });
    const cookies = session.headers.getSetCookie().map((line) => line.split(';')[0]!);
    assert.equal(cookies.length, 2);
    for (const cookie of cookies) secrets[cookie.split('=')[0]!] = cookie.slice(-24);
    const agentId = (await admin('POST', '/v1/convai/agents', { name: 'A' })).body['agent_id'];
    const secretOf = (name: string) => `whsec_${Buffer.from(plant(name)).toString('base64')}`;
    await admin('POST', '/v1/convai/webhooks', {
      url: 'http://127.0.0.1:9/hook',
      events: ['call.failed'],
      agent_id: agentId,
      secret: secretOf('webhook'),
    });
    const stored = { twilioSipTrunkSid: 'TK1', livekitApiKey: plant('livekitApiKey') };
    await mutate('settings.updateSipSettings', {
      ...stored,
      twilioAuthToken: plant('twilioAuthToken'),
      livekitApiSecret: plant('livekitApiSecret'),
    });
    const { id } = await mutate('campaign.create', { name: 'Planted' });
    await mutate('campaign.addLead', { campaignId: id, phoneNumber: '+15005550002' });
    const call = { phoneNumber: '+15005550002', script: 'Hello', useRealCall: false };
    const callId = await placed(call);
    await server.untilEnded(callId);
    await admin('POST', '/api/trpc/twilio.makeCall', { to: '+15551230000', from: '+15551230001' });

    const said: [string, string][] = [];
    const note = (name: string, reply: { status: number; body: Json }) =>
      said.push([name, JSON.stringify([reply, Object.fromEntries(server.headers)])]);
    const wrong = {
      id,
      campaignId: id,
      callId,
      phoneNumber: secrets['password'],
      to: 7,
      date: secrets['password'],
      twilioAuthToken: plant('rejected token'),
      livekitApiSecret: [secrets['rejected token']],
      slots: [{ name: '', date: '' }],
    };
    for (const { name, ask } of operations()) {
      for (const input of [{}, { id, callId, limit: 5 }, 'no object'])
        note(name, await ask(secrets['API_SECRET_KEY']!, input));
      note(name, await ask(secrets['API_SECRET_KEY']!, wrong));
      note(name, await ask(plant('wrong key'), {}));
      note(name, await ask('', {}, { cookie: cookies.join('; ') }));
      note(name, await ask('', {}, { cookie: cookies.join('; '), origin: 'https://evil.example' }));
    }
    for (const path of ['/health', '/health/detailed', '/docs/campaigns', '/api/trpc/nothing', '/api/settings/nothing'])
      note(path, await admin('GET', path));
    for (const reads of ['settings.getSipSettings', 'GET /metrics', 'GET /api/settings/env'])
      assert.ok(
        said.some(([name, text]) => name === reads && text.startsWith('[{"status":200')),
        reads,
      );
    assert.ok(lines.length > 50);
    // Parts of these are words.
    const ofCarriers = [twilio.environment['TWILIO_AUTH_TOKEN']!, livekit.secret];
    for (const [name, text] of [...said, ...lines.map((line) => ['log', line] as const)]) {
      assert.deepEqual(secretsIn(text, secrets), [], `${name}: ${text.slice(0, 2000)}`);
      for (const secret of ofCarriers) assert.ok(!text.includes(secret), `${name}: ${text.slice(0, 2000)}`);
    }
  });

  it('lets each role do what it may, and no role reach a record of another organization', async () => {
    const signIn = async (email: string, password: string) =>
      String(((await as('', 'POST', '/api/auth/login', { email, password })).body['data'] as Json)['token']);
    const bearer = (token: string) => ({ authorization: `Bearer ${token}`, 'xi-api-key': '' });
    const raw = new Set(webhooksOf(api().operations.map(({ method, path }) => `${method} ${path}`)));
    const asked = operations().filter(({ name }) => !raw.has(name));
    assert.deepEqual(asked.map(({ name }) => name).toSorted(), Object.keys(ALLOWED).toSorted());
    for (const role of ROLES) {
      const user = { email: `${role}.of.table@example.com`, name: role, role, password: 'a long password' };
      await admin('POST', '/api/users', user);
      const headers = bearer(await signIn(user.email, user.password));
      for (const { name, ask } of asked) {
        const { status } = await ask('', {}, headers);
        assert.equal(status === 403, !ALLOWED[name]!.includes(role), `${role} ${name}: ${status}`);
        assert.notEqual(status, 401);
      }
    }
    const theirs = { admin_email: 'boss@theirs.example', admin_password: 'their password' };
    await admin('POST', '/api/organizations', { name: 'Theirs', ...theirs });
    const headers = bearer(await signIn(theirs.admin_email, theirs.admin_password));
    const phoneNumber = '+15005550003';
    const { id } = await mutate('campaign.create', { name: 'Ours' });
    const lead = await mutate('campaign.addLead', { campaignId: id, phoneNumber });
    const { slot } = await mutate('slots.bookSlot', { name: 'Ours', date: '2031-05-05T10:00:00Z' });
    const { file } = await mutate('slots.uploadFile', { name: 'ours.txt', content: 'ours' });
    const callId = await placed({ phoneNumber, script: 'Hello', useRealCall: false });
    const inputs: Readonly<Record<string, Json>> = {
      'campaign.getDetails': { id },
      'campaign.addLead': { campaignId: id, phoneNumber },
      'campaign.getStats': { id },
      'campaign.updateScript': { id, script: 'Theirs' },
      'campaign.setStatus': { id, status: 'ACTIVE' },
      'livekit.getListenToken': { callId },
      'livekit.getTranscript': { callId },
      'slots.getFile': { id: (file as Json)['id'] },
    };
    const byName = new Map(asked.map((one) => [one.name, one.ask]));
    for (const [name, input] of Object.entries(inputs)) {
      const { status, body } = await byName.get(name)!('', input, headers);
      const { data } = body['error'] as { data: Json };
      assert.deepEqual([name, status, data['code'], data['reason']], [name, 404, 'NOT_FOUND', 'NOT_FOUND']);
    }
    const slotPath = `/api/slots/${String((slot as Json)['id'])}`;
    assert.equal((await server.request('DELETE', slotPath, undefined, headers)).status, 404);
    for (const name of ['settings.getSipSettings', 'settings.testConnection', 'GET /api/settings/env'])
      assert.equal((await byName.get(name)!('', {}, headers)).status, 403, name);
    for (const name of [
      'campaign.getAll',
      'slots.getAllSlots',
      'csv.getCsvData',
      'GET /api/slots',
      'GET /api/metrics/campaigns',
    ]) {
      const { status, body } = await byName.get(name)!('', {}, headers);
      assert.equal(status, 200);
      for (const ours of [id, lead['id'], (slot as Json)['id']])
        assert.ok(!JSON.stringify(body).includes(`"${String(ours)}"`), name);
    }
    assert.equal((await byName.get('GET /api/metrics/calls')!('', {}, headers)).body['totalCalls'], 0);
  });
});

/** Carriers' webhooks, which carriers' signatures let in: walk-raw-routes tests them. */
const webhooksOf = (names: readonly string[]): readonly string[] =>
  names.filter((name) => /^POST \/api\/(?:twiml|webhooks)\//.test(name));
