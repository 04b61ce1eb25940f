import assert from 'node:assert/strict';
import { ROLES, type Role } from '#core/kernel/context.ts';
import type { Api } from '#apis/kit/api.ts';
import type { RestOperation } from '#apis/kit/operation.ts';
import { accepted, until, type TestServer } from './server.ts';

// What walks over every operation of every API start from.

type Json = Record<string, unknown>;

/** One organization with a record of each kind. */
export interface World {
  readonly tokens: Readonly<Record<Role, string>>;
  readonly params: Readonly<Record<string, string>>;
}

/** Bodies that would be carried out, by operation; operations without a required field need none. */
export const BODIES: Readonly<Record<string, (serial: number) => Json>> = {
  'POST /v1/convai/agents': () => ({ name: 'Walked' }),
  'POST /v1/convai/twilio/outbound-call': () => ({ to_number: '+15005550001' }),
  'POST /v1/convai/webhooks': () => ({ url: 'http://example.com/', events: ['call.failed'] }),
  'POST /v1/convai/web-calls': () => ({ agent_id: 'agent_999999' }),
  'POST /api/auth/login': () => ({ email: 'unknown@example.com', password: 'x' }),
  'POST /api/auth/refresh': () => ({ refresh_token: 'x' }),
  'POST /api/users': (serial) => ({
    email: `walked${serial}@example.com`,
    name: 'W',
    role: 'viewer',
    password: 'temp_password',
  }),
  'POST /api/organizations': (serial) => ({
    name: 'W',
    admin_email: `org${serial}@example.com`,
    admin_password: 'temp_password',
  }),
  'POST /api/keys': () => ({ name: 'W' }),
  'POST /api/campaigns': () => ({ name: 'Walked' }),
  'POST /api/people/do-not-call': (serial) => ({ phone_number: `+49301234${serial}` }),
  'POST /v1/convai/agents/:agent_id/tools': (serial) => ({
    name: `walked_${serial}`,
    description: 'd',
    webhook_url: 'http://example.com/',
  }),
  'POST /v1/convai/agents/:agent_id/knowledge-base': () => ({ text: 'walked' }),
  'POST /v1/convai/agents/:agent_id/mcp-servers': () => ({ name: 'walked', url: 'http://example.com/' }),
  'POST /agents/create': () => ({ name: 'Walked' }),
  'POST /agents/:agentId/message': () => ({ message: 'Hello' }),
  'POST /conversations/:conversationId/messages': () => ({ role: 'user', content: 'Hello' }),
  'POST /voice/calls/initiate': () => ({ phone_number: '+15005550001' }),
  'POST /voice/providers/switch': () => ({ provider: 'simulator' }),
  'PUT /voice/providers/failover': () => ({ providers: [] }),
  'PUT /voice/providers/:provider/settings': () => ({ settings: {} }),
  'POST /v1/convai/agents/:agent_id/tests': () => ({ call_id: 'call_999999', seq: 1 }),
  'POST /v1/convai/agents/:agent_id/publish': () => ({}),
  'POST /voice/numbers': (serial) => ({ phone_number: `+4930777${serial}` }),
  'POST /api/book-slot': (serial) => ({ name: 'Walker', date: new Date(2e12 + serial * 60_000).toISOString() }),
  'POST /api/calls': () => ({ phone_number: '+15005550001' }),
  'POST /api/webhooks': () => ({ url: 'http://example.com/', events: ['call.failed'] }),
  'POST /api/ai/analyze': () => ({ transcript: 'Customer: How much is it?' }),
  'POST /api/v1/calls/outbound/create': () => ({ to_number: '+15005550001' }),
  'POST /api/v1/calls/outbound/callback': () => ({ customer_phone: '+15005550001' }),
  'PUT /api/v1/agents/:human_agent_id/status': () => ({ status: 'away' }),
  'POST /api/v1/sip/trunks': () => ({ name: 'Walked' }),
  'PUT /api/v1/sip/trunks/:trunk_id': () => ({ name: 'Walked' }),
  'POST /api/v1/sip/dispatch-rules': () => ({ name: 'Walked' }),
  'POST /api/v1/desk/calls/:session_id/instruct': () => ({ text: 'Offer a callback' }),
  'PUT /api/v1/sip/dispatch-rules/:rule_id': () => ({ name: 'Walked' }),
  'POST /api/v1/calls/outbound/batch': () => ({ calls: [{ to_number: '+15005550001' }] }),
  'POST /api/ai/optimize': () => ({ campaign_id: 'campaign_999999' }),
  'POST /api/voice/generate': () => ({ text: 'Hello', voice_id: 'voice_999999' }),
  'POST /api/people/:person_id/consents': () => ({ given: true, source: 'walked' }),
  'POST /api/people/:person_id/consents/revoke': () => ({ how: 'walked' }),
  'POST /api/people/erase': () => ({ phone_number: '+4930123456' }),
};

/** Queries of operations that are refused without one. */
export const QUERIES: Readonly<Record<string, string>> = {
  'GET /v1/convai/agents/:agent_id/knowledge-search': '?question=walked',
};

/** Whether an answer is an error in the form of this API, that leaks nothing. */
export function isErrorOf(api: Api, body: Json): void {
  const text = JSON.stringify(body);
  assert.doesNotMatch(text, /node_modules|\.ts:|select |insert |postgres|at async/i);
  const documented = api.errorReply.safeParse(body);
  assert.deepEqual(documented.data, body, `${text} has the documented schema: ${String(documented.error)}`);
  switch (api.name) {
    case 'sales-agent':
    case 'customer-service':
      return assert.equal(typeof body['detail'], 'string', text);
    case 'call-center':
      assert.equal(body['success'], false, text);
      assert.match(String((body['error'] as Json)['code']), /^(AUTH|VALIDATION|RESOURCE|SERVICE|SYSTEM)_00\d$/);
      return assert.match(String((body['meta'] as Json)['request_id']), /^req_/);
    case 'orchestrator':
    case 'platform':
      assert.match(String((body['error'] as Json)['code']), /^[A-Z_]+$/, text);
      return assert.match(String((body['error'] as Json)['request_id']), /^req_/);
    case 'campaigns':
      return assert.match(String((body['error'] as Json)['code']), /^[A-Z_]+$/, text);
    default:
      throw new Error(`the walk does not know how ${api.name} words an error`);
  }
}

/** The value of a parameter in a path; webhooks belong to their API, imports to what they import. */
export function paramOf({ params }: World, { path }: RestOperation, name: string): string | undefined {
  if (name === 'webhook_id' && path.startsWith('/api/')) return params['center_webhook_id'];
  if (name === 'import_id' && path.startsWith('/api/people/do-not-call/')) return params['do_not_call_import_id'];
  return params[name];
}

export async function makeWorld(server: TestServer, admin: string, nextSerial: () => number): Promise<World> {
  const as = (method: string, path: string, body?: unknown) =>
    server.request(method, path, body, { 'xi-api-key': '', authorization: `Bearer ${admin}` });
  const data = async (reply: Promise<{ body: Json }>) => (await reply).body['data'] as Json;
  const tokens: Partial<Record<Role, string>> = {};
  let userId = '';
  let humanAgentId = '';
  for (const role of ROLES) {
    const email = `${role}${nextSerial()}@example.com`;
    userId = String(
      (await data(as('POST', '/api/users', { email, name: role, role, password: 'temp_password' })))['user_id'],
    );
    if (role === 'agent') humanAgentId = userId;
    tokens[role] = String(
      (await data(server.request('POST', '/api/auth/login', { email, password: 'temp_password' })))['token'],
    );
  }
  const agentId = String((await as('POST', '/v1/convai/agents', { name: 'A' })).body['agent_id']);
  const talk = ((await as('POST', `/agents/${agentId}/message`, { message: 'hello' })).body['response'] as Json)[
    'conversation_id'
  ];
  const sid = String(
    (
      await accepted(() =>
        as('POST', '/v1/convai/twilio/outbound-call', { agent_id: agentId, to_number: '+15005550001' }),
      )
    ).body['call_sid'],
  );
  const call = await server.untilEnded(sid);
  const key = await data(as('POST', '/api/keys', { name: 'k' }));
  const tool = (
    await as('POST', `/v1/convai/agents/${agentId}/tools`, {
      name: 'walked',
      description: 'd',
      webhook_url: 'http://example.com/',
    })
  ).body;
  const mcp = (await as('POST', `/v1/convai/agents/${agentId}/mcp-servers`, { name: 'm', url: 'http://127.0.0.1:9/' }))
    .body;
  await as('POST', `/v1/convai/agents/${agentId}/knowledge-base`, { text: 'walked' });
  const [document] = (await as('GET', `/v1/convai/agents/${agentId}/knowledge-base`)).body['documents'] as Json[];
  const webhook = (
    await as('POST', '/v1/convai/webhooks', { url: 'http://127.0.0.1:9/', events: ['user.interrupted'] })
  ).body;
  const events = ['call.completed'];
  const centerWebhook = await data(as('POST', '/api/webhooks', { url: 'http://127.0.0.1:9/', events }));
  const batch = (await as('POST', '/api/v1/calls/outbound/batch', { calls: [{}] })).body;
  const campaign = await data(as('POST', '/api/campaigns', { name: 'Walked' }));
  const trunk = (await as('POST', '/api/v1/sip/trunks', { name: 't' })).body;
  const rule = (await as('POST', '/api/v1/sip/dispatch-rules', { name: 'r', trunk_ids: ['ST_unknown'] })).body;
  const slot = (
    await as('POST', '/api/book-slot', { name: 'Walker', date: new Date(1.9e12 + nextSerial() * 60_000).toISOString() })
  ).body['slot'] as Json;
  const list = new FormData();
  list.append('file', new Blob(['phone\n+15005550001\nnone\n']), 'walked.csv');
  const imported = await data(as('POST', `/api/campaigns/${String(campaign['campaign_id'])}/leads`, list));
  const refusing = new FormData();
  refusing.append('file', new Blob(['phone\n+14155550199\nnone\n']), 'refusing.csv');
  const refused = await data(as('POST', '/api/people/do-not-call/import', refusing));
  // A silent person hangs up soon: if that was too soon, another one is called.
  const inLine = await until('a call in line', 120_000, async () => {
    const { session_id: id } = (
      await accepted(() => as('POST', '/api/v1/calls/outbound/create', { to_number: '+15005550010' }))
    ).body;
    return until('the answer', 60_000, async () => {
      const { status } = await as('POST', `/api/v1/calls/${String(id)}/transfer`);
      if (status === 200) return { id: String(id) };
      return (await as('GET', `/api/v1/calls/inbound/${String(id)}`)).body['end_time'] === null ? null : { id: null };
    }).then((found) => found.id);
  });
  const [test] = await server.database(
    `insert into agent_tests (organization_id, agent_id, call_id, seq, name, created_by, created_at)
     values (${call.organizationId}, ${agentId.replace('agent_', '')}, ${call.id}, 1, 'Walked', 'walk', now())
     returning id`,
  );
  const number = `+49306660${nextSerial()}`;
  const [person] = (await as('GET', '/api/people?limit=1')).body['data'] as Json[];
  const { organization_id } = await data(as('GET', '/api/users/me'));
  await server.request('POST', '/voice/numbers', { phone_number: number, organization_id });
  const [voice] = await server.database(
    `insert into voices (organization_id, provider, name, category, status, created_at)
     values (${String(organization_id).slice(4)}, 'elevenlabs', 'Walked', 'cloned', 'failed', now()) returning id`,
  );
  return {
    tokens: tokens as Record<Role, string>,
    params: {
      agent_id: agentId,
      call_sid: sid,
      conversation_id: sid,
      agentId,
      conversationId: String(talk),
      userId: `person of ${agentId}`,
      callId: `call_${call.id}`,
      call_id: `call_${call.id}`,
      session_id: String(call.id),
      batch_id: String(batch['batch_id']),
      trunk_id: String(trunk['trunk_id']),
      rule_id: String(rule['rule_id']),
      slot_id: String(slot['id']),
      test_id: `test_${String(test!['id'])}`,
      human_agent_id: humanAgentId,
      queue_id: inLine,
      // No one is offered a call here; the desk's own suite asks for offers of others.
      offer_id: '999999',
      user_id: userId,
      organization_id: `org_${call.organizationId}`,
      key_id: String(key['key_id']),
      api: 'sales-agent',
      version: '1',
      person_id: String(person!['person_id']),
      provider: 'simulator',
      number,
      campaign_id: String(campaign['campaign_id']),
      import_id: String(imported['import_id']),
      do_not_call_import_id: String(refused['import_id']),
      webhook_id: String(webhook['webhook_id']),
      center_webhook_id: String(centerWebhook['webhook_id']),
      roomName: 'room-of-no-call',
      tool_id: String(tool['tool_id']),
      server_id: String(mcp['server_id']),
      document_id: String(document!['id']),
      voice_id: `cloned_voice_${String(voice!['id'])}`,
    },
  };
}
