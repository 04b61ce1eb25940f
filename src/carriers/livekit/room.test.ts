import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { it } from 'node:test';
import type { CarrierEvent } from '#contracts/carrier.ts';
import { joinWith } from './room.ts';

const DISCONNECTED = { USER_REJECTED: 1, USER_UNAVAILABLE: 2, SIP_TRUNK_FAILURE: 3, UNKNOWN_REASON: 4 };
const REPLACED = { DUPLICATE_IDENTITY: 8, MIGRATION: 9 };

/** A room without media, whose participants come and go as the test says. */
class FakeRoom extends EventEmitter {
  readonly remoteParticipants = new Map<string, unknown>();
  readonly subscription = Promise.withResolvers<void>();
  readonly localParticipant = {
    publishTrack: () => Promise.resolve({ waitForSubscription: () => this.subscription.promise }),
  };
  isConnected = true;
  left = false;
  connect = () => Promise.resolve();
  disconnect = () => {
    this.left = true;
    return Promise.resolve();
  };
}

async function join(waitMs: number, guest: string | null = null, isHeard = true) {
  const room = new FakeRoom();
  if (isHeard) room.subscription.resolve();
  const events: CarrierEvent[] = [];
  const rtc = {
    Room: function Room() {
      return room;
    },
    AudioSource: class {
      close = () => Promise.resolve();
    },
    LocalAudioTrack: { createAudioTrack: () => ({}) },
    TrackPublishOptions: class {},
    TrackSource: { SOURCE_MICROPHONE: 1 },
    TrackKind: { KIND_AUDIO: 1 },
    ParticipantKind: { SIP: 3 },
    DisconnectReason: { ...DISCONNECTED, ...REPLACED, ROOM_DELETED: 5, ROOM_CLOSED: 6, PARTICIPANT_REMOVED: 7 },
  };
  let left = 0;
  await joinWith(rtc as never, {
    url: 'ws://127.0.0.1',
    token: 't',
    guest,
    waitMs,
    onEvent: (event) => events.push(event),
    onLeft: () => left++,
  });
  return { room, events, left: () => left };
}

const phone = (status: string, disconnectReason = 0) => ({
  identity: 'phone',
  kind: 3,
  attributes: { 'sip.callStatus': status },
  disconnectReason,
});

it('a telephone that never comes is given up as no answer, and the room is left once', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { room, events, left } = await join(90_000);
  t.mock.timers.tick(89_999);
  assert.deepEqual([events, room.left], [[], false]);
  t.mock.timers.tick(1);
  assert.deepEqual(events, [{ type: 'failed', outcome: 'no-answer', reason: 'no telephone came into the room' }]);
  room.emit('disconnected', DISCONNECTED.UNKNOWN_REASON);
  assert.deepEqual([events.length, room.left, left()], [1, true, 1]);
});

it('a telephone that rings and is not picked up ends with what its carrier says', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const outcomes = [
    [DISCONNECTED.USER_REJECTED, 'busy'],
    [DISCONNECTED.USER_UNAVAILABLE, 'no-answer'],
    [DISCONNECTED.SIP_TRUNK_FAILURE, 'refused'],
    [DISCONNECTED.UNKNOWN_REASON, 'canceled'],
  ] as const;
  for (const [reason, outcome] of outcomes) {
    const { room, events, left } = await join(90_000);
    room.emit('participantConnected', phone('ringing'));
    room.emit('participantConnected', phone('ringing'));
    room.emit('participantDisconnected', phone('hangup', reason));
    assert.deepEqual(
      events.map((event) => (event.type === 'failed' ? event.outcome : event.type)),
      ['ringing', outcome],
    );
    assert.deepEqual([room.left, left()], [true, 1]);
  }
});

it('a connection that the library does not bring back ends a call that was not answered', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { room, events } = await join(90_000);
  room.emit('reconnecting');
  t.mock.timers.tick(9_999);
  room.emit('reconnected');
  t.mock.timers.tick(10_000);
  assert.deepEqual(events, []);
  room.emit('reconnecting');
  t.mock.timers.tick(10_000);
  assert.deepEqual(events, [{ type: 'failed', outcome: 'refused', reason: 'the connection to the room was lost' }]);
});

it('a telephone that rings for ever is given up as no answer', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { room, events } = await join(90_000);
  room.emit('participantConnected', phone('ringing'));
  t.mock.timers.tick(90_000);
  assert.deepEqual(events.at(-1), { type: 'failed', outcome: 'no-answer', reason: 'the telephone was not picked up' });
  assert.equal(room.left, true);
});

it('the call begins when the telephone hears us, or has had the time to; not where it left before', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const how of ['hears', 'is slow', 'leaves'] as const) {
    const { room, events } = await join(90_000, null, false);
    room.emit('participantConnected', phone('active'));
    t.mock.timers.tick(1999);
    assert.deepEqual(events, [], how);
    if (how === 'leaves') room.emit('participantDisconnected', phone('active'));
    if (how === 'is slow') t.mock.timers.tick(1);
    room.subscription.resolve();
    await new Promise((next) => setImmediate(next));
    t.mock.timers.tick(2000);
    assert.deepEqual(
      events.map(({ type }) => type),
      [how === 'leaves' ? 'failed' : 'answered'],
      how,
    );
  }
});

it('a guest is who was invited, and may come back when they have left', async () => {
  const { room, events, left } = await join(90_000, 'user_7');
  const guest = (identity: string) => ({ identity, kind: 0, attributes: {}, disconnectReason: 1 });
  room.emit('participantConnected', guest('user_8'));
  room.emit('participantConnected', phone('active'));
  const types = () => events.map(({ type }) => type);
  assert.deepEqual(types(), []);
  room.emit('participantConnected', guest('user_7'));
  assert.deepEqual(types(), ['answered']);
  const answered = events[0] as Extract<CarrierEvent, { type: 'answered' }>;
  let lost = 0;
  answered.connect({ lost: () => lost++ } as never);
  room.emit('participantDisconnected', guest('user_8'));
  assert.equal(lost, 0);
  room.emit('participantDisconnected', guest('user_7'));
  assert.deepEqual([lost, room.left, left()], [1, true, 1]);
});

it('a telephone without a reason has hung up, unless the library connects again and it is back', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { room, events } = await join(90_000);
  room.emit('participantConnected', phone('active'));
  const told: string[] = [];
  const [answered] = events as Extract<CarrierEvent, { type: 'answered' }>[];
  answered!.connect({ lost: () => told.push('lost'), hungUp: () => told.push('hung up') } as never);
  const removed = () => room.emit('participantDisconnected', phone('active'));
  removed();
  room.emit('reconnecting');
  t.mock.timers.tick(5000);
  room.remoteParticipants.set('phone', phone('active'));
  room.emit('participantConnected', phone('active'));
  room.emit('reconnected');
  t.mock.timers.tick(20_000);
  assert.deepEqual(told, []);
  removed();
  room.emit('reconnecting');
  t.mock.timers.tick(10_000);
  assert.deepEqual(told, ['lost']);
  room.remoteParticipants.clear();
  removed();
  room.emit('reconnected');
  t.mock.timers.tick(1000);
  assert.deepEqual(told, ['lost', 'hung up']);
});

it('a telephone that replaces its connection has not hung up, unless it stays away', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const disconnectReason of Object.values(REPLACED)) {
    const { room, events } = await join(90_000);
    const replaced = () => room.emit('participantDisconnected', { ...phone('active'), disconnectReason });
    room.emit('participantConnected', phone('ringing'));
    replaced();
    room.remoteParticipants.set('phone', phone('active'));
    room.emit('participantConnected', phone('active'));
    assert.deepEqual(
      events.map(({ type }) => type),
      ['ringing', 'answered'],
    );
    let hungUp = 0;
    (events[1] as Extract<CarrierEvent, { type: 'answered' }>).connect({ hungUp: () => hungUp++ } as never);
    replaced();
    t.mock.timers.tick(1000);
    assert.equal(hungUp, 0);
    room.remoteParticipants.clear();
    replaced();
    t.mock.timers.tick(1000);
    assert.equal(hungUp, 1);
  }
});

it('a guest is not lost where the library connects again and they are back, and is where they are not', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { room, events, left } = await join(90_000, 'user_7');
  const guest = { identity: 'user_7', kind: 0, attributes: {}, disconnectReason: 0 };
  room.remoteParticipants.set('user_7', guest);
  room.emit('participantConnected', guest);
  let lost = 0;
  (events[0] as Extract<CarrierEvent, { type: 'answered' }>).connect({ lost: () => lost++ } as never);
  room.emit('participantDisconnected', guest);
  room.emit('reconnecting');
  room.emit('reconnected');
  t.mock.timers.tick(1000);
  assert.deepEqual([lost, left()], [0, 0]);
  room.remoteParticipants.clear();
  room.emit('participantDisconnected', guest);
  t.mock.timers.tick(1000);
  assert.deepEqual([lost, left()], [1, 1]);
});
