import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CARRIERS } from '#carriers/catalog.ts';
import { closeLeftRooms } from '#live/left-rooms.ts';
import { FakeLiveKit, livekitWithoutMedia } from '../carriers/livekit.ts';
import type { FakeCall, Sent } from '../carriers/fake-carrier.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// Webhooks of a LiveKit server and rooms that outlive their calls, over a strict fake of its API.

describe('rooms of a LiveKit server', { concurrency: 1 }, () => {
  let fake: FakeLiveKit;
  let server: TestServer;
  let hook = '';
  before(async () => {
    fake = await new FakeLiveKit().start();
    fake.answers = false;
    const carriers = CARRIERS.map((one) => (one.id === 'livekit' ? livekitWithoutMedia : one));
    server = await startServer(fake.environment, { carriers });
    hook = `${server.url}/voice/webhook/livekit`;
  });
  after(async () => {
    await server.close();
    await fake.close();
    for (const line of server.trouble) assert.ok(!line.includes(fake.secret));
  });

  let serial = 0;
  async function place(): Promise<FakeCall> {
    const to = `+4930555${1000 + ++serial}`;
    await accepted(() => server.request('POST', '/api/v1/calls/outbound/create', { to_number: to }));
    const call = await until('the dial', 60_000, () => fake.calls.find((one) => one.to === to) ?? null);
    call.eventUrl = hook;
    return call;
  }
  const rows = (room: string) =>
    server.database(`select status, end_reason from calls where carrier_call_id = '${room}'`);
  const untilStatus = (room: string, status: string) =>
    until(`${room} to be ${status}`, 60_000, async () => (await rows(room))[0]?.['status'] === status);
  const signed = async (sent: Sent): Promise<Sent> => ({
    ...sent,
    headers: { ...sent.headers, authorization: await FakeLiveKit.authorization(sent.body) },
  });

  it('events move a call: ringing, and the end of its room', async () => {
    const call = await place();
    await fake.tell(call, 'ringing');
    await untilStatus(call.id, 'ringing');
    const other = fake.event(hook, { event: 'room_finished', room: { name: 'a-room-of-others' } });
    assert.equal((await fake.send(other)).status, 200);
    assert.equal((await rows(call.id))[0]!['status'], 'ringing');
    assert.equal((await fake.send(fake.event(hook, { event: 'room_finished', room: { name: call.id } }))).status, 200);
    await until('the end', 60_000, async () => (await rows(call.id))[0]!['end_reason'] !== null);
    const egress = { roomName: call.id, fileResults: [{ location: 'https://files.example/r.ogg' }] };
    assert.equal((await fake.send(fake.event(hook, { event: 'egress_ended', egressInfo: egress }))).status, 200);
    assert.deepEqual(
      await server.database(`select carrier_recording_url from calls where carrier_call_id = '${call.id}'`),
      [{ carrier_recording_url: 'https://files.example/r.ogg' }],
    );
  });

  it('a room that its telephone has left is closed, though an event says so first', async () => {
    const call = await place();
    fake.rooms.set(call.id, new Date());
    await fake.tell(call, 'no-answer');
    await untilStatus(call.id, 'no-answer');
    await until('the room to be closed', 30_000, () => !fake.rooms.has(call.id));
  });

  it('a telephone that is in its room anew has not hung up', async () => {
    const call = await place();
    await fake.tell(call, 'ringing');
    await untilStatus(call.id, 'ringing');
    const { participant } = JSON.parse(fake.webhook(call, 'completed').body) as { participant: object };
    for (const disconnectReason of ['DUPLICATE_IDENTITY', 'MIGRATION']) {
      const left = {
        event: 'participant_left',
        room: { name: call.id },
        participant: { ...participant, disconnectReason },
      };
      assert.equal((await fake.send(fake.event(hook, left))).status, 200);
    }
    await fake.tell(call, 'answered');
    await fake.tell(call, 'completed');
    await until('the end', 60_000, async () => (await rows(call.id))[0]!['end_reason'] !== null);
    assert.deepEqual(
      await server.database(
        `select status from calls where carrier_call_id = '${call.id}' and answered_at is not null`,
      ),
      [{ status: 'completed' }],
    );
  });

  it('duplicates and late events change nothing, and make no call', async () => {
    const call = await place();
    const busy = await signed(fake.webhook(call, 'busy'));
    assert.equal((await fake.send(busy)).status, 200);
    await untilStatus(call.id, 'busy');
    const before = (await server.database('select 1 from calls')).length;
    assert.equal((await fake.send(busy)).status, 200);
    for (const what of ['ringing', 'answered', 'completed'] as const)
      assert.equal((await fake.tell(call, what)).status, 200);
    assert.equal((await fake.send(fake.event(hook, { event: 'room_finished', room: { name: call.id } }))).status, 200);
    assert.deepEqual([(await rows(call.id))[0]!['status'], fake.dials], ['busy', serial]);
    assert.equal((await server.database('select 1 from calls')).length, before);
  });

  it('a replayed, unsigned or changed event is refused', async () => {
    const call = await place();
    const sent = await signed(fake.webhook(call, 'ringing'));
    assert.equal((await fake.send(sent)).status, 200);
    await server.database(`update carrier_deliveries set at = at - interval '2 minutes'`);
    assert.equal((await fake.send(sent)).status, 401);
    const busy = fake.webhook(call, 'busy');
    const { authorization = '' } = (await signed(busy)).headers;
    const wrong = [
      {},
      {
        authorization: await FakeLiveKit.authorization(busy.body, { secret: 'another-secret-of-another-server-0123' }),
      },
      { authorization: await FakeLiveKit.authorization(busy.body, { key: 'APIother' }) },
      { authorization: await FakeLiveKit.authorization(busy.body, { at: new Date(Date.now() - 3_600_000) }) },
      { authorization: await FakeLiveKit.authorization(`${busy.body} `) },
      { authorization: `${authorization.slice(0, -4)}AAAA` },
    ];
    for (const headers of wrong) {
      const reply = await fetch(hook, { method: 'POST', headers: { ...busy.headers, ...headers }, body: busy.body });
      assert.equal(reply.status, 401);
    }
    assert.equal((await rows(call.id))[0]!['status'], 'ringing');
    await fake.tell(call, 'busy');
    await untilStatus(call.id, 'busy');
  });

  it('a server that is away refuses a call with a reason, and takes calls again when it is back', async () => {
    await fake.goAway();
    const to = '+49305559999';
    await accepted(() => server.request('POST', '/api/v1/calls/outbound/create', { to_number: to }));
    const [failed] = await until('the end', 60_000, async () => {
      const found = await server.database(
        `select status, failure_reason from calls where to_number = '${to}' and ended_at is not null`,
      );
      return found.length > 0 ? found : null;
    });
    assert.match(String(failed!['failure_reason']), /cannot be reached/);
    await fake.comeBack();
    const call = await place();
    await fake.tell(call, 'no-answer');
    await untilStatus(call.id, 'no-answer');
  });

  it('closes a room of ours that outlived its call, and no other', async () => {
    const { core } = server.app;
    const over = await place();
    await fake.tell(over, 'busy');
    await untilStatus(over.id, 'busy');
    const runs = await place();
    await fake.tell(runs, 'ringing');
    await untilStatus(runs.id, 'ringing');
    const now = new Date();
    const names = [over.id, `${over.id}-2`, runs.id, `CA${'0'.repeat(32)}`, 'a-room-of-others'];
    for (const name of names) fake.rooms.set(name, now);
    const settings = { url: fake.url, api_key: fake.key, api_secret: fake.secret };
    const livekit = livekitWithoutMedia.make(settings, core.clock);
    const carriers = {
      manifests: [livekitWithoutMedia],
      roomsOf: () => livekit.rooms!(),
      hangUp: (_id: string, room: string) => livekit.control.hangUp(room),
    };
    const options = { store: core.store, carriers, log: QUIET };
    const at = (ms: number) => ({ now: () => new Date(now.getTime() + ms) });
    assert.equal(await closeLeftRooms({ ...options, clock: at(0) }), 0);
    assert.equal(await closeLeftRooms({ ...options, clock: at(120_000) }), 2);
    assert.deepEqual([...fake.rooms.keys()], names.slice(2));
    fake.fault = 'broken-before';
    assert.equal(await closeLeftRooms({ ...options, clock: at(120_000) }), 0);
    fake.fault = null;
    await fake.tell(runs, 'busy');
  });
});

const nothing = () => undefined;
const QUIET = { info: nothing, warn: nothing, error: nothing };
