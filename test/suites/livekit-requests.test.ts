import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import { livekitWith } from '#carriers/livekit/manifest.ts';
import type { JoinOptions } from '#carriers/livekit/room.ts';
import { CarrierError, type CarrierEvent, type DialRequest } from '#contracts/carrier.ts';
import { FakeLiveKit } from '../carriers/livekit.ts';
import { until } from '../support/server.ts';

// What the carrier asks of a LiveKit server, of its SIP service and of its egress, over a strict fake of their API.

const ROOM = `CA${'0'.repeat(31)}7`;
const DIAL: DialRequest = {
  callSid: ROOM,
  callId: 7,
  to: '+493012345678',
  from: '+15551230000',
  ringTimeoutMs: 25_000,
  recorded: true,
  hints: [],
  webhookUrl: 'http://127.0.0.1:9/voice/webhook/livekit',
  mediaUrl: () => Promise.resolve('ws://127.0.0.1:9'),
};

describe('requests to a LiveKit server', { concurrency: 1 }, () => {
  let fake: FakeLiveKit;
  const joined: (JoinOptions & { left: boolean })[] = [];
  before(async () => {
    fake = await new FakeLiveKit().start();
    fake.answers = false;
  });
  after(() => fake.close());

  const carrier = (more: Readonly<Record<string, string>> = {}) =>
    livekitWith((options) => {
      const room = { ...options, left: false };
      joined.push(room);
      return Promise.resolve({
        leave: () => {
          if (!room.left) options.onLeft();
          room.left = true;
        },
      });
    }).make(
      { url: fake.url, api_key: fake.key, api_secret: fake.secret, sip_trunk_id: 'ST_outbound', ...more },
      { now: () => new Date() },
    );
  const answered = { type: 'answered' } as CarrierEvent;
  const quiet = () => undefined;

  it('a call out is a SIP participant in a room that the agent has joined, with numbers and time to ring', async () => {
    const { control } = carrier();
    assert.deepEqual(await control.dial(DIAL, quiet), { carrierCallId: ROOM, clock: null });
    const room = joined.at(-1)!;
    const { asked } = fake.last;
    assert.deepEqual(
      [asked['roomName'], asked['sipCallTo'], asked['sipNumber'], asked['participantIdentity'], asked['sipTrunkId']],
      [ROOM, DIAL.to, DIAL.from, 'phone', 'ST_outbound'],
    );
    assert.deepEqual(asked['ringingTimeout'], '25s');
    assert.deepEqual([room.guest, decodeJwt<{ video: { room: string } }>(room.token).video.room], [null, ROOM]);
  });

  it('a transfer is a REFER of the telephone and closes the room; one that has left is not transferred', async () => {
    const { control } = carrier();
    const room = `${ROOM.slice(0, -1)}9`;
    await control.dial({ ...DIAL, callSid: room }, quiet);
    await control.transfer!(room, '+4930999', null);
    assert.equal(fake.last.transferredTo, 'tel:+4930999');
    await until('the room to be closed', 10_000, () => fake.last.ended && joined.at(-1)!.left);
    await assert.rejects(
      control.transfer!('CA-gone', '+4930999', null),
      (error) => error instanceof CarrierError && error.kind === 'refused' && /has left/.test(error.message),
    );
  });

  it('hanging up leaves the room and deletes it, once', async () => {
    const { control } = carrier();
    await control.dial({ ...DIAL, callSid: `${ROOM.slice(0, -1)}8` }, quiet);
    const room = joined.at(-1)!;
    await control.hangUp(`${ROOM.slice(0, -1)}8`);
    await control.hangUp(`${ROOM.slice(0, -1)}8`);
    assert.deepEqual([room.left, fake.last.ended], [true, true]);
  });

  it('egress records an answered call where the server is to record, and no other', async () => {
    const records = carrier({ record_at_carrier: 'true' });
    assert.deepEqual([records.records, carrier().records], [true, false]);
    const dial = async (number: number, one: typeof records, recorded: boolean) => {
      const callSid = `CA${'1'.repeat(31)}${number}`;
      await one.control.dial({ ...DIAL, callSid, recorded }, quiet);
      joined.at(-1)!.onEvent({ type: 'ringing' });
      joined.at(-1)!.onEvent(answered);
      return callSid;
    };
    await dial(1, carrier(), true);
    await dial(2, records, false);
    const room = await dial(3, records, true);
    for (const end = performance.now() + 10_000; fake.egresses.length === 0 && performance.now() < end;)
      await new Promise((again) => setImmediate(again));
    assert.deepEqual(
      fake.egresses.map(({ roomName, audioOnly, file }) => [
        roomName,
        audioOnly,
        (file as { filepath: string }).filepath,
      ]),
      [[room, true, `${room}-{time}`]],
    );
  });

  it('a guest may speak in the room of their invitation, and nothing else; it is closed behind them', async () => {
    const made = carrier();
    const { control } = made;
    const access = await made.invite!(`${ROOM}-a1`, 'user_7');
    const { sub, video } = decodeJwt<{ video: Record<string, unknown> }>(access.token);
    assert.deepEqual(
      [sub, video],
      [
        'user_7',
        {
          room: `${ROOM}-a1`,
          roomJoin: true,
          canSubscribe: true,
          canPublish: true,
          canPublishSources: ['microphone'],
          canPublishData: false,
          canUpdateOwnMetadata: false,
          hidden: false,
        },
      ],
    );
    await control.meet!(`${ROOM}-a1`, 'user_7', quiet);
    fake.rooms.set(`${ROOM}-a1`, new Date());
    joined.at(-1)!.onLeft();
    for (const end = performance.now() + 10_000; fake.rooms.size > 0 && performance.now() < end;)
      await new Promise((again) => setImmediate(again));
    assert.equal(fake.rooms.size, 0);
  });
});
