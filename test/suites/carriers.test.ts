import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CARRIERS } from '#carriers/catalog.ts';
import type { CarrierManifest, CarrierSettings, ConfiguredCarrier } from '#contracts/carrier-manifest.ts';
import { CarrierError, type Carrier } from '#contracts/carrier.ts';
import { carrierChecks, type CarrierUnderTest } from '../contract/carrier.ts';
import { FakeConnect } from '../carriers/connect.ts';
import { FakeGeneric } from '../carriers/generic.ts';
import { FakeLiveKit, livekitWithoutMedia } from '../carriers/livekit.ts';
import { FakeTwilio } from '../carriers/twilio.ts';
import { FakeVonage } from '../carriers/vonage.ts';
import type { FakeCarrier } from '../carriers/fake-carrier.ts';
import { FakePigeon } from '../carriers/pigeon/fake.ts';
import { pigeon } from '../carriers/pigeon/manifest.ts';
import { initiate, startServer, until } from '../support/server.ts';

const FAKES: Readonly<Record<string, new () => FakeCarrier>> = {
  twilio: FakeTwilio,
  vonage: FakeVonage,
  'aws-connect': FakeConnect,
  'generic-http': FakeGeneric,
  livekit: FakeLiveKit,
  pigeon: FakePigeon,
};

function settingsOf(manifest: CarrierManifest, environment: Readonly<Record<string, string>>): CarrierSettings {
  return Object.fromEntries(
    manifest.fields.flatMap(({ key, environment: name }) =>
      name === undefined || environment[name] === undefined ? [] : [[key, environment[name]]],
    ),
  );
}

const clock = { now: () => new Date() };

async function subjectOf(manifest: CarrierManifest): Promise<CarrierUnderTest> {
  const fake = await new FAKES[manifest.id]!().start();
  fake.answers = false;
  const settings = settingsOf(manifest, fake.environment);
  const secrets = manifest.fields.flatMap(({ key, secret }) =>
    secret && settings[key] !== undefined ? [settings[key]] : [],
  );
  // Invalid credentials: another account, key or token.
  const wrong: Record<string, string> = {
    account_sid: `AC${'b2'.repeat(16)}`,
    application_id: 'ffffffff-bbbb-cccc-dddd-0123456789ab',
    access_key_id: 'AKIDOTHER',
    api_secret: 'the-secret-of-another-account-there',
    token: 'another-token',
  };
  const stranger = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, wrong[key] ?? value]));
  return { fake, carrier: manifest.make(settings, clock), stranger: manifest.make(stranger, clock), secrets };
}

const TESTED = [...CARRIERS, pigeon].map((one) => (one.id === 'livekit' ? livekitWithoutMedia : one));

for (const manifest of TESTED) {
  describe(`${manifest.name}, by its contract`, () => {
    let subject: CarrierUnderTest;
    before(async () => {
      subject = await subjectOf(manifest);
    });
    after(() => subject.fake.close());
    for (const [name, check] of Object.entries(carrierChecks)) it(name, () => check(subject));

    it('says what it needs, what it can do, and nothing twice', () => {
      assert.ok(manifest.fields.some((field) => field.required));
      assert.equal(new Set(manifest.fields.map((field) => field.key)).size, manifest.fields.length);
      for (const { key, secret } of manifest.fields)
        if (/secret|token|private_key/.test(key)) assert.equal(secret, true, `${key} is shown`);
    });
  });
}

describe('the contract of carriers notices', () => {
  const manifest = CARRIERS.find((one) => one.id === 'generic-http')!;
  type Break = (inner: Carrier, fake: FakeCarrier) => Partial<Carrier>;
  const broken: Readonly<Record<string, readonly [Break, string]>> = {
    'one that dials again when it hears nothing': [
      (inner) => ({ dial: (request, on) => inner.dial(request, on).catch(() => inner.dial(request, on)) }),
      'does not know what became of a call whose answer was lost, and asks once only',
    ],
    'one that takes silence for a refusal': [
      (inner) => ({
        dial: (request, on) =>
          inner
            .dial(request, on)
            .catch((error: CarrierError) => Promise.reject(new CarrierError('refused', error.message))),
      }),
      'is down, and has taken nothing, where its credentials or limits are the matter',
    ],
    'one that keeps the reason to itself': [
      (inner) => ({
        dial: (request, on) =>
          inner
            .dial(request, on)
            .catch((error: CarrierError) => Promise.reject(new CarrierError(error.kind, 'failed'))),
      }),
      "says in the vendor's words why it refuses a call, and that it did",
    ],
    'one that says its token': [
      (inner) => ({
        dial: (request, on) =>
          inner
            .dial(request, on)
            .catch((error: CarrierError) =>
              Promise.reject(new CarrierError(error.kind, `${error.message} the-token-of-the-generic-carrier`)),
            ),
      }),
      "says in the vendor's words why it refuses a call, and that it did",
    ],
    'one that sends another caller id': [
      (inner) => ({ dial: (request, on) => inner.dial({ ...request, from: '+19998887777' }, on) }),
      'places one call, with the numbers as they were given, and answers its id',
    ],
    'one that does not hang up': [() => ({ hangUp: () => Promise.resolve() }), 'hangs up, and again without a word'],
    'one that throws whatever it is thrown': [
      () => ({ dial: () => Promise.reject(new Error('fetch failed')) }),
      "says in the vendor's words why it refuses a call, and that it did",
    ],
  };
  for (const [what, [change, check]] of Object.entries(broken)) {
    it(what, async () => {
      const subject = await subjectOf(manifest);
      const inner = subject.carrier.control;
      const control: Carrier = {
        id: inner.id,
        real: true,
        dial: (request, on) => inner.dial(request, on),
        hangUp: (id) => inner.hangUp(id),
        ...change(inner, subject.fake),
      };
      const carrier: ConfiguredCarrier = { ...subject.carrier, control };
      try {
        await carrierChecks[check]!(subject);
        await assert.rejects(carrierChecks[check]!({ ...subject, carrier }));
      } finally {
        await subject.fake.close();
      }
    });
  }
});

describe('a further carrier, added as the page says', () => {
  it('is the code of the page, and needs nothing else', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'adding-a-carrier.md'), 'utf8');
    const code = /```ts\n(\/\/ src\/carriers\/pigeon\/manifest\.ts\n)([\s\S]*?)```/.exec(page)?.[2];
    const own = readFileSync(join(import.meta.dirname, '..', 'carriers', 'pigeon', 'manifest.ts'), 'utf8').replaceAll(
      "'#carriers/kit/",
      "'../kit/",
    );
    assert.equal(code, own);
  });

  it('is listed, set, tested, dialled, heard, and told that a call is over, like any other', async () => {
    const fake = await new FakePigeon().start();
    const server = await startServer({ SIMULATOR_SPEED: '1' }, { carriers: [...CARRIERS, pigeon] });
    try {
      const settings = { url: fake.url, token: 'the-token-of-the-pigeon', phone_number: '+15559993333' };
      assert.equal((await server.request('POST', '/voice/providers/switch', { provider: 'pigeon' })).status, 400);
      assert.equal(
        (await server.request('PUT', '/voice/providers/pigeon/settings', { settings })).body['configured'],
        true,
      );
      assert.equal((await server.request('POST', '/voice/providers/switch', { provider: 'pigeon' })).status, 200);
      assert.equal((await server.request('POST', '/voice/providers/test')).body['success'], true);
      const body = await initiate(server, { phone_number: '+493012345678' });
      const media = await until('media', 10_000, () => fake.calls[0]?.media ?? null);
      await until('the agent to speak', 10_000, () => media.heardSeconds > 1);
      await server.request('POST', `/voice/calls/${String(body['call_id'])}/end`);
      await until('the hang-up', 5000, () => fake.last.ended);
      const { body: inbound } = await server.request('POST', '/voice/webhook/pigeon', {
        id: 'in',
        event: 'ringing',
        from: '+4930222222',
        to: '+15559993333',
      });
      assert.match(String(inbound['media']), /^ws:/);
      assert.deepEqual(server.trouble, []);
    } finally {
      await server.close();
      await fake.close();
    }
  });
});
