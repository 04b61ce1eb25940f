import assert from 'node:assert/strict';
import type { SipClient } from 'livekit-server-sdk';
import type { Json } from '../support/identity-client.ts';
import type { TestServer } from '../support/server.ts';

/** The SIP operations of customer-service beside a LiveKit server, which is read back by its own SDK. */
export class SipOperations {
  readonly #server: TestServer;
  readonly #sip: SipClient;

  constructor(server: TestServer, sip: SipClient) {
    this.#server = server;
    this.#sip = sip;
  }

  ask(method: string, path: string, body?: unknown): ReturnType<TestServer['request']> {
    return this.#server.request(method, `/api/v1/sip${path}`, body);
  }

  async ok(method: string, path: string, body?: unknown): Promise<Json> {
    const reply = await this.ask(method, path, body);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return reply.body;
  }

  async inboundIds(): Promise<readonly string[]> {
    return (await this.#sip.listSipInboundTrunk()).map((one) => one.sipTrunkId);
  }

  async trunkIds(): Promise<readonly unknown[]> {
    const { inbound, outbound } = await this.ok('GET', '/trunks');
    return [...(inbound as Json[]), ...(outbound as Json[])].map((one) => one['trunk_id']);
  }

  async ruleIds(): Promise<readonly unknown[]> {
    return ((await this.ok('GET', '/dispatch-rules')) as unknown as Json[]).map((one) => one['rule_id']);
  }

  /** Trunks in both directions: created, updated and deleted through us; made by the SDK and seen by us. */
  async trunks(): Promise<void> {
    const sip = this.#sip;
    const given = { name: 'In', trunk_type: 'inbound', numbers: ['+15183171307'], metadata: { region: 'us' } };
    const inbound = await this.ok('POST', '/trunks', given);
    const id = String(inbound['trunk_id']);
    const there = async () => (await sip.listSipInboundTrunk()).find((one) => one.sipTrunkId === id);
    const first = (await there())!;
    assert.deepEqual([first.name, first.numbers, first.metadata], ['In', ['+15183171307'], '{"region":"us"}']);
    const conflict = await this.ask('POST', '/trunks', { ...given, name: 'Same number' });
    assert.equal(conflict.status, 400);
    assert.match(String(conflict.body['detail']), /LiveKit server: Conflicting inbound SIP Trunks/);
    assert.deepEqual(await this.inboundIds(), [id]);
    await sip.updateSipInboundTrunkFields(id, { authUsername: 'u', authPassword: 'p' });
    await this.ok('PUT', `/trunks/${id}`, { ...given, name: 'Renamed', numbers: ['+15183171308'] });
    const second = (await there())!;
    assert.deepEqual([second.name, second.numbers, second.authUsername], ['Renamed', ['+15183171308'], 'u']);
    assert.equal((await this.ask('PUT', `/trunks/${id}`, { ...given, trunk_type: 'outbound' })).status, 400);

    const made = await sip.createSipOutboundTrunk('Out', 'sip.example.com', ['+15550009999']);
    const listed = await this.ok('GET', '/trunks');
    assert.deepEqual(listed['outbound'], [
      {
        trunk_id: made.sipTrunkId,
        trunk_type: 'outbound',
        name: 'Out',
        address: 'sip.example.com',
        numbers: ['+15550009999'],
      },
    ]);
    const change = { name: 'Out', trunk_type: 'outbound', address: 'sip2.example.com', numbers: ['+15550009999'] };
    await this.ok('PUT', `/trunks/${made.sipTrunkId}`, change);
    assert.equal((await sip.listSipOutboundTrunk())[0]!.address, 'sip2.example.com');
    for (const one of [id, made.sipTrunkId]) {
      await this.ok('DELETE', `/trunks/${one}`);
      assert.equal((await this.ask('DELETE', `/trunks/${one}`)).status, 404);
    }
    assert.deepEqual([await sip.listSipInboundTrunk(), await sip.listSipOutboundTrunk()], [[], []]);
    const gone = await this.ok('POST', '/trunks', given);
    await sip.deleteSipTrunk(String(gone['trunk_id']));
    assert.deepEqual(await this.trunkIds(), []);
    await this.ok('DELETE', `/trunks/${String(gone['trunk_id'])}`);
  }

  /** Dispatch rules with a PIN, which no reply shows. */
  async rules(): Promise<void> {
    const sip = this.#sip;
    const trunk = await this.ok('POST', '/trunks', { name: 'In', numbers: ['+15183171309'] });
    const given = {
      name: 'VIP',
      trunk_ids: [trunk['trunk_id']],
      room_name_pattern: 'vip-call-{call_id}',
      metadata: { priority: 'high' },
      hide_phone_number: true,
      pin: '482913',
    };
    assert.equal((await this.ask('POST', '/dispatch-rules', { ...given, trunk_ids: ['ST_none'] })).status, 400);
    assert.equal((await this.ask('POST', '/dispatch-rules', { ...given, pin: '12a' })).status, 400);
    const created = await this.ok('POST', '/dispatch-rules', given);
    assert.equal(created['has_pin'], true);
    const id = String(created['rule_id']);
    const there = async () => {
      const rule = (await sip.listSipDispatchRule()).find((one) => one.sipDispatchRuleId === id)!;
      const value = rule.rule!.rule.value as { pin: string; roomPrefix: string };
      return [rule.name, rule.trunkIds, rule.hidePhoneNumber, rule.metadata, value.roomPrefix, value.pin];
    };
    assert.deepEqual(await there(), ['VIP', [trunk['trunk_id']], true, '{"priority":"high"}', 'vip-call-', '482913']);
    const { pin: _, ...rest } = given;
    await this.ok('PUT', `/dispatch-rules/${id}`, { ...rest, name: 'VIP 2', room_name_pattern: 'gold-{call_id}' });
    assert.deepEqual(
      (await there()).filter((_value, n) => n === 0 || n > 3),
      ['VIP 2', 'gold-', '482913'],
    );
    const shown = JSON.stringify([
      await this.ok('GET', '/dispatch-rules'),
      await this.ok('GET', `/dispatch-rules/${id}`),
    ]);
    assert.ok(!shown.includes('482913'));
    const other = await sip.createSipDispatchRule({ type: 'individual', roomPrefix: 'own-' }, { name: 'Own' });
    assert.deepEqual(await this.ok('GET', `/dispatch-rules/${other.sipDispatchRuleId}`), {
      rule_id: other.sipDispatchRuleId,
      name: 'Own',
      trunk_ids: [],
      room_pattern: 'own-{call_id}',
      hide_phone_number: false,
      has_pin: false,
      metadata: {},
    });
    await this.ok('PUT', `/dispatch-rules/${id}`, { ...rest, pin: null });
    assert.equal((await there()).at(-1), '');
    for (const one of [id, other.sipDispatchRuleId]) await this.ok('DELETE', `/dispatch-rules/${one}`);
    assert.deepEqual([await sip.listSipDispatchRule(), await this.ruleIds()], [[], []]);
    await this.ok('DELETE', `/trunks/${String(trunk['trunk_id'])}`);
  }
}
