import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { allowCalls, importDoNotCall, liftTextRefusalIn } from '#core/people/do-not-call.ts';
import { consented } from '#core/people/consent.ts';
import { createCampaign } from '#core/campaigns/manage-campaigns.ts';
import { recordConsent, revokeConsent } from '#core/people/consents.ts';
import { erasePerson, suppressionHash } from '#core/people/erase-person.ts';
import { refuseCalls, refuseCallsIn } from '#core/people/refuse-calls.ts';
import type { Core } from '#core/core.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import { openTestStore, serverName, type TestStore } from './test-store.ts';

let opened: TestStore;
let core: Core;
let organizationId: number;
let campaignId: number;
const now = new Date('2026-06-09T12:00:00Z');
const secrets = { keyedHash: (text: string) => `hash of ${text}` };

before(async () => {
  opened = await openTestStore();
  ({ organizationId } = opened);
  core = { store: opened.store, clock: { now: () => now }, secrets } as unknown as Core;
  campaignId = (await createCampaign(core, as('user'), { name: 'C' })).id;
});
after(() => opened.close());

const as = (kind: 'user' | 'system') => ({
  organizationId,
  requestId: 'r',
  actor: kind === 'user' ? ({ kind, id: 5, role: 'admin', sessionId: 1 } as const) : ({ kind, name: 'agent' } as const),
});
const personWith = (number: string) =>
  opened.store.transaction((records) =>
    records.persons.withNumber(organizationId, number, suppressionHash(core.secrets, organizationId, number)),
  );
const listed = async (number: string) =>
  (await opened.store.doNotCall.of(organizationId, number)).map(({ campaignId, source }) => [campaignId, source]);
const isRefused = async (number: string) =>
  (await opened.store.persons.byNumber(organizationId, number))!.doNotCallAt !== null;
const consentOf = (personId: number) => ({
  personId,
  given: true,
  source: 'web form',
  wording: 'You may call me',
  purpose: 'offers',
  evidence: 'https://example.com/form/7',
  at: new Date('2026-06-01T00:00:00Z'),
});

describe(`people, consent and do-not-call on Postgres ${serverName}`, () => {
  it('keeps where a person is, and where the time zone comes from', async () => {
    const { id } = await personWith('+13125550001');
    const { persons, memory } = opened.store;
    await persons.locate(organizationId, id, { postalCode: '60601', region: 'IL', country: 'US' });
    await memory.merge(id, { preferences: { timezone: 'America/Chicago' } }, now);
    const remembered = { postalCode: '60601', region: 'IL', country: 'US', timeZone: 'America/Chicago' };
    assert.deepEqual(await persons.whereabouts(organizationId, id), { ...remembered, timeZoneFrom: 'remembered' });
    await persons.locate(organizationId, id, { timeZone: 'America/Denver', region: null });
    const given = { postalCode: '60601', region: null, country: 'US', timeZone: 'America/Denver' };
    assert.deepEqual(await persons.whereabouts(organizationId, id), { ...given, timeZoneFrom: 'given' });
    await memory.clear(id);
    assert.equal((await persons.whereabouts(organizationId, id))!.timeZoneFrom, null);
    assert.equal(await persons.whereabouts(organizationId + 1, id), null);
    await persons.locate(organizationId + 1, id, { postalCode: '1' });
    assert.equal((await persons.whereabouts(organizationId, id))!.postalCode, '60601');
  });

  it('a spoken refusal binds the number, its owner and all consent; lifting it lets calls through', async () => {
    const number = phoneNumber('+13125550002');
    const { id } = await personWith(number);
    await recordConsent(core, as('user'), consentOf(id));
    await refuseCalls(core, as('system'), number, 'call CA1');
    await refuseCalls(core, as('user'), number, 'api');
    assert.deepEqual(await listed(number), [[null, 'spoken']]);
    assert.ok(await isRefused(number));
    const [consent] = await opened.store.consents.of(organizationId, id);
    assert.deepEqual([consent!.revokedAt, consent!.revokedHow], [now, 'do-not-call: call CA1']);
    assert.equal(await allowCalls(core, as('user'), number, campaignId), false);
    assert.ok(await isRefused(number));
    assert.equal(await allowCalls(core, as('user'), number, null), true);
    assert.equal(await allowCalls(core, as('user'), number, null), false);
    assert.ok(!(await isRefused(number)));
  });

  it('a refusal by text is lifted by text, but no other refusal is', async () => {
    const [one, other] = ['+13125550012', '+13125550013'].map((text) => phoneNumber(text));
    let minute = 0;
    const at = () => new Date(now.getTime() + ++minute * 60_000);
    const { id } = await personWith(one!);
    await opened.store.transaction((records) => records.persons.withNumber(organizationId, other!, 'none', id));
    const clock = { now: at };
    const text = (number: typeof one, wish: 'stop' | 'start') =>
      opened.store.transaction(async (records) => {
        const subject = 'conv_1';
        if (wish === 'start') return liftTextRefusalIn({ clock }, records, as('system'), number!, subject);
        await refuseCallsIn({ ...core, clock }, records, as('system'), number!, { subject, source: 'sms' });
        return null;
      });
    assert.equal(await text(one, 'start'), false);
    await text(one, 'stop');
    await text(other, 'stop');
    assert.equal(await text(one, 'start'), true);
    assert.ok(await isRefused(one!), 'the other number refuses still');
    assert.equal(await text(other, 'start'), true);
    assert.ok(!(await isRefused(one!)));
    await text(one, 'stop');
    await refuseCalls({ ...core, clock }, as('system'), other!, 'call CA2');
    assert.equal(await text(one, 'start'), true);
    assert.ok(await isRefused(one!), 'said on a call');
    await text(one, 'stop');
    await refuseCalls({ ...core, clock }, as('system'), one!, 'call CA3');
    assert.deepEqual(await listed(one!), [[null, 'spoken']]);
    assert.equal(await text(one, 'start'), false);
  });

  it('an imported number binds its owner, also one who comes later, and other organizations not', async () => {
    const numbers = ['+13125550003', '+13125550004'].map((one) => phoneNumber(one));
    await personWith(numbers[0]!);
    assert.equal(await importDoNotCall(core, as('user'), numbers, null), 2);
    assert.equal(await importDoNotCall(core, as('user'), [...numbers, numbers[0]!], null), 0);
    assert.ok(await isRefused(numbers[0]!));
    assert.ok((await personWith(numbers[1]!)).doNotCallAt !== null);
    const other = (await opened.store.organizations.insert('Other')).id;
    const there = await opened.store.transaction((records) => records.persons.withNumber(other, numbers[0]!, 'x'));
    assert.equal(there.doNotCallAt, null);
  });

  it('the list of a campaign binds that campaign, not single calls', async () => {
    const number = phoneNumber('+13125550005');
    await personWith(number);
    assert.equal(await importDoNotCall(core, as('user'), [number], campaignId), 1);
    assert.deepEqual(await listed(number), [[campaignId, 'import']]);
    await assert.rejects(importDoNotCall(core, as('user'), [number], 999), { code: 'not-found' });
    await assert.rejects(allowCalls(core, as('user'), number, 999), { code: 'not-found' });
    assert.ok(!(await isRefused(number)));
    assert.equal(await importDoNotCall(core, as('user'), [number], null), 1);
    assert.equal(await allowCalls(core, as('user'), number, campaignId), true);
    assert.deepEqual(await listed(number), [[null, 'import']]);
  });

  it('the latest consent counts, until it is revoked', async () => {
    const { id } = await personWith('+13125550006');
    const latest = async () => consented((await opened.store.consents.of(organizationId, id))[0] ?? null);
    assert.equal(await latest(), null);
    await recordConsent(core, as('user'), { ...consentOf(id), given: false });
    assert.equal(await latest(), false);
    await opened.store.consents.use(id, now);
    assert.equal((await opened.store.consents.of(organizationId, id))[0]!.lastUsedAt, null, 'a refusal is not used');
    await recordConsent(core, as('user'), consentOf(id));
    await opened.store.consents.use(id, now);
    const [used, refused] = await opened.store.consents.of(organizationId, id);
    assert.deepEqual(
      [used!.lastUsedAt, refused!.lastUsedAt, used!.evidence],
      [now, null, 'https://example.com/form/7'],
    );
    assert.equal(await latest(), true);
    assert.equal(await revokeConsent(core, as('user'), id, 'by mail'), 1);
    assert.equal(await revokeConsent(core, as('user'), id, 'by mail'), 0);
    assert.equal(await latest(), false);
  });

  it('consent without a source, from the future or of a person of another organization is refused', async () => {
    const { id } = await personWith('+13125550007');
    const codes = [
      { ...consentOf(id), source: ' ' },
      { ...consentOf(id), at: new Date(now.getTime() + 1) },
      { ...consentOf(id + 1000) },
    ].map((one) => recordConsent(core, as('user'), one).catch((error: { code: string }) => error.code));
    assert.deepEqual(await Promise.all(codes), ['invalid-input', 'invalid-input', 'not-found']);
    const elsewhere = { ...as('user'), organizationId: organizationId + 1 };
    await assert.rejects(recordConsent(core, elsewhere, consentOf(id)), { code: 'not-found' });
  });

  it('an erased person keeps the refusal and the dates of the consent as hashes, and no words', async () => {
    const number = phoneNumber('+13125550008');
    const { id } = await personWith(number);
    await recordConsent(core, as('user'), consentOf(id));
    // Only a campaign must not call it; after the erasure no campaign may.
    await importDoNotCall(core, as('user'), [number], campaignId);
    await erasePerson(core, as('user'), number);
    const { rows } = await opened.database.pool.query('select * from consents where number_hash = $1', [
      suppressionHash(core.secrets, organizationId, number),
    ]);
    const { person_id: person, source, wording, evidence, purpose, at } = rows[0] as Record<string, unknown>;
    assert.deepEqual([person, source, wording, evidence, purpose], [null, 'erased', null, null, null]);
    assert.deepEqual(at, new Date('2026-06-01T00:00:00Z'));
    assert.deepEqual(await listed(number), []);
    assert.ok((await personWith(number)).doNotCallAt !== null);
    assert.equal(await allowCalls(core, as('user'), number, null), true);
    assert.ok(!(await isRefused(number)));
  });
});
