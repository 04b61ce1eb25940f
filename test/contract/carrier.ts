import assert from 'node:assert/strict';
import type { ConfiguredCarrier } from '#contracts/carrier-manifest.ts';
import { CarrierError, type DialRequest } from '#contracts/carrier.ts';
import type { FakeCarrier, Fault } from '../carriers/fake-carrier.ts';

export interface CarrierUnderTest {
  readonly carrier: ConfiguredCarrier;
  /** The same with credentials that the vendor does not know. */
  readonly stranger: ConfiguredCarrier;
  readonly fake: FakeCarrier;
  /** Values that no message may hold. */
  readonly secrets: readonly string[];
}

let serial = 0;
const request = (more: Partial<DialRequest> = {}): DialRequest => {
  const callId = ++serial;
  return {
    callSid: `CA${String(callId).padStart(32, '0')}`,
    callId,
    to: '+15005550006',
    from: '+15557770000',
    ringTimeoutMs: 20_000,
    recorded: false,
    hints: [],
    webhookUrl: `http://127.0.0.1:9/voice/webhook/x?call=call_${callId}`,
    mediaUrl: () => Promise.resolve('ws://127.0.0.1:9/voice/websocket?call_sid=CA&token=t'),
    ...more,
  };
};
const plain = (number: string): string => number.replace('+', '');

async function failure(asked: Promise<unknown>, { secrets }: CarrierUnderTest): Promise<CarrierError> {
  const error = await asked.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof CarrierError, `a CarrierError, not ${String(error)}`);
  const everything = `${error.message} ${error.stack ?? ''} ${JSON.stringify(error)}`;
  for (const secret of secrets) assert.ok(!everything.includes(secret), 'a secret stands in an error');
  return error;
}

async function dialUnder(fault: Fault, subject: CarrierUnderTest, asked = request()): Promise<CarrierError> {
  subject.fake.fault = fault;
  try {
    return await failure(
      subject.carrier.control.dial(asked, () => undefined),
      subject,
    );
  } finally {
    subject.fake.fault = null;
  }
}

/** What every carrier must do that places calls by a vendor's interface. The fake answers no call while these run. */
export const carrierChecks: Readonly<Record<string, (subject: CarrierUnderTest) => Promise<void>>> = {
  'places one call, with the numbers as they were given, and answers its id': async ({ carrier, fake }) => {
    const before = fake.dials;
    const { carrierCallId, clock } = await carrier.control.dial(request(), () => undefined);
    assert.equal(fake.dials, before + 1);
    assert.deepEqual(
      [fake.last.id, plain(fake.last.to), plain(fake.last.from)],
      [carrierCallId, '15005550006', '15557770000'],
    );
    assert.equal(clock, null);
    assert.equal(carrier.control.real, true);
  },
  'calls from its own number where none was asked for': async ({ carrier, fake }) => {
    await carrier.control.dial(request({ from: null }), () => undefined);
    assert.equal(plain(fake.last.from), plain(carrier.number ?? ''));
  },
  "says in the vendor's words why it refuses a call, and that it did": async (subject) => {
    const error = await dialUnder('refuses', subject);
    assert.equal(error.kind, 'refused');
    assert.match(error.message, /number|destination/i);
  },
  'is down, and has taken nothing, where its credentials or limits are the matter': async (subject) => {
    const before = subject.fake.calls.length;
    assert.equal((await dialUnder('unauthorized', subject)).kind, 'down');
    assert.equal((await dialUnder('too-many', subject)).kind, 'down');
    assert.equal(subject.fake.calls.length, before);
  },
  'does not know what became of a call whose answer was lost, and asks once only': async (subject) => {
    const before = subject.fake.dials;
    assert.equal((await dialUnder('breaks', subject)).kind, 'unknown');
    assert.equal(subject.fake.dials, before + 1, 'it was dialled again');
  },
  'finds that call, and no other': async (subject) => {
    const { carrier, fake } = subject;
    const { control } = carrier;
    if (!control.findRecord && !control.find) return;
    const since = new Date();
    const lost = request({ to: `+1500555${String(serial).padStart(4, '0')}` });
    const known = new Set(fake.calls.map((call) => call.id));
    const before = fake.dials;
    await dialUnder('breaks', subject, lost);
    const isKnown = (id: string) => Promise.resolve(known.has(id));
    const found = await (control.findRecord
      ? control.findRecord(lost, since, isKnown)
      : control.find!(lost, since, isKnown));
    assert.deepEqual(found, { carrierCallId: fake.last.id });
    assert.equal(fake.dials, before + 1, 'looking for it dialled again');
  },
  'hangs up, and again without a word': async ({ carrier, fake }) => {
    const { carrierCallId } = await carrier.control.dial(request(), () => undefined);
    await carrier.control.hangUp(carrierCallId);
    assert.equal(fake.last.ended, true);
    await carrier.control.hangUp(carrierCallId);
  },
  'says so when it cannot hang up': async (subject) => {
    const { carrier, fake } = subject;
    const { carrierCallId } = await carrier.control.dial(request(), () => undefined);
    fake.fault = 'unauthorized';
    try {
      await failure(carrier.control.hangUp(carrierCallId), subject);
    } finally {
      fake.fault = null;
    }
  },
  'passes its check with its credentials, and with no others': async (subject) => {
    await subject.carrier.check();
    const error = await failure(subject.stranger.check(), subject);
    assert.equal(error.kind, 'down');
  },
  'is down if no server answers': async (subject) => {
    subject.fake.fault = 'broken-before';
    try {
      await failure(subject.carrier.check(), subject);
    } finally {
      subject.fake.fault = null;
    }
  },
};
