import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FakeGeneric } from '../carriers/generic.ts';
import { FakeTwilio } from '../carriers/twilio.ts';
import { SocketCaller } from '../support/caller.ts';
import { freePort, ServerProcess } from '../support/process.ts';
import { startServer, until, type TestServer } from '../support/server.ts';
import { deleteDataDir, newDataDir } from '../support/data-dir.ts';
import { ConfiguredCarriers } from '../support/configured-carriers.ts';

type Json = Record<string, unknown>;

describe('calls over carriers that are configured', { concurrency: 1 }, () => {
  const carriers = new ConfiguredCarriers();
  const { twilio, vonage, generic, ask, place, record, untilStatus, switchTo } = carriers;
  let server: TestServer;
  before(async () => {
    await carriers.start();
    ({ server } = carriers);
  });
  after(() => carriers.close());

  it("fails with the carrier's reason where it refuses, and asks no other", async () => {
    const before = vonage.dials + generic.dials;
    twilio.fault = 'refuses';
    const id = await place('+493000000004', { caller_id: '+19990001111' });
    const over = await untilStatus(id, 'refused');
    twilio.fault = null;
    assert.match(over.failureReason!, /not a valid phone number/);
    assert.equal(over.endReason, 'invalid_number');
    assert.equal(vonage.dials + generic.dials, before);
  });

  it('steps to the next carrier where one is down, rests it after failures, and says so', async () => {
    await ask('PUT', '/voice/providers/failover', { providers: ['generic-http', 'vonage'] });
    assert.deepEqual((await ask('GET', '/voice/providers/failover')).body['providers'], ['generic-http', 'vonage']);
    await ask('PUT', '/voice/providers/twilio/settings', { settings: { calls_per_second: '100' } });
    twilio.fault = 'unauthorized';
    for (let n = 0; n < 3; n++) {
      const before = generic.dials;
      const id = await place('+493000000005');
      await until('the other carrier', 5000, () => generic.dials === before + 1);
      const moved = await until('the record', 5000, async () =>
        (await record(id)).carrierCallId === null ? null : record(id),
      );
      assert.equal(moved.carrier, 'generic-http');
      await ask('POST', `/voice/calls/call_${id}/end`);
    }
    const { body } = await ask('GET', '/health/detailed');
    assert.deepEqual((body['services'] as Json)['carriers'], [
      { provider: 'twilio', status: 'resting' },
      { provider: 'vonage', status: 'connected' },
      { provider: 'generic-http', status: 'connected' },
    ]);
    assert.equal(((body['services'] as Json)['voice_provider'] as Json)['status'], 'resting');
    twilio.fault = null;
    const dials = twilio.dials;
    const id = await place('+493000000006');
    await until('the other carrier', 5000, async () => (await record(id)).carrier === 'generic-http');
    assert.equal(twilio.dials, dials, 'a carrier that rests was asked');
    await ask('POST', `/voice/calls/call_${id}/end`);
    await ask('PUT', '/voice/providers/twilio/settings', { settings: { calls_per_second: null } });
  });

  it('never dials again what a carrier may have taken, and finds it there', async () => {
    await switchTo('vonage');
    const [dials, others] = [vonage.dials, generic.dials + twilio.dials];
    vonage.fault = 'breaks';
    const id = await place('+493000000007');
    await until('the dial', 20_000, () => vonage.dials === dials + 1);
    vonage.fault = null;
    const found = await until('the call to be found', 10_000, async () =>
      (await record(id)).carrierCallId === null ? null : record(id),
    );
    assert.equal(found.carrierCallId, vonage.last.id);
    assert.deepEqual([vonage.dials, generic.dials + twilio.dials], [dials + 1, others]);
    await vonage.tell(vonage.last, 'busy');
    assert.equal((await untilStatus(id, 'busy')).failureReason, 'The line was busy');
  });

  it('learns from a webhook what a carrier could not say', async () => {
    await switchTo('generic-http');
    const dials = generic.dials;
    generic.fault = 'breaks';
    const id = await place('+493000000008');
    await until('the dial', 20_000, () => generic.dials === dials + 1);
    await generic.tell(generic.last, 'ringing');
    const found = await untilStatus(id, 'ringing');
    generic.fault = null;
    assert.equal(found.carrierCallId, generic.last.id);
    await ask('POST', `/voice/calls/call_${id}/end`);
    await until('the hang-up', 5000, () => generic.last.ended);
    assert.equal(generic.dials, dials + 1);
  });

  it('hangs up what a carrier turns out to have taken after the call was given up', async () => {
    const dials = generic.dials;
    generic.fault = 'breaks';
    const id = await place('+493000000009');
    await until('the dial', 20_000, () => generic.dials === dials + 1);
    const end = await ask('POST', `/voice/calls/call_${id}/end`);
    generic.fault = null;
    assert.equal(end.body['status'], 'failed');
    assert.equal((await record(id)).status, 'canceled');
    assert.equal(generic.last.ended, false);
    await generic.tell(generic.last, 'answered');
    await until('the hang-up', 5000, () => generic.last.ended);
    assert.equal((await record(id)).status, 'canceled');
    await switchTo('twilio');
  });

  it('hands calls over no faster than the carrier takes them, and cancels those that wait', async () => {
    await switchTo('vonage');
    await ask('PUT', '/voice/providers/vonage/settings', {
      settings: { calls_per_second: '5', concurrent_calls: '3' },
    });
    const before = vonage.calls.length;
    const ids = await Promise.all([1, 2, 3, 4, 5].map((n) => place(`+49300000010${n}`)));
    await until('three dials', 5000, () => vonage.calls.length === before + 3);
    const waiting = await until('two to be left waiting', 5000, async () => {
      const left = (await Promise.all(ids.map(record))).filter((call) => call.carrierCallId === null);
      return left.length === 2 ? left.map((call) => call.id) : null;
    });
    const canceled = await ask('POST', `/voice/calls/call_${waiting[0]!}/end`);
    assert.equal(canceled.body['status'], 'failed');
    assert.equal((await record(waiting[0]!)).status, 'canceled');
    // However long it waits, its server says that it lives.
    await server.database(`update calls set lease_until = now() + interval '6 seconds' where id = ${waiting[1]!}`);
    await until(
      'its lease to be extended',
      10_000,
      async () =>
        (
          await server.database(
            `select 1 from calls where id = ${waiting[1]!} and lease_until > now() + interval '8 seconds'`,
          )
        ).length === 1,
    );
    assert.equal((await record(waiting[1]!)).status, 'placed');
    await vonage.tell(vonage.calls[before]!, 'busy');
    await until('the next dial', 5000, () => vonage.calls.length === before + 4);
    const dialled = (
      await server.database(
        `select dialled_at from calls where carrier = 'vonage' and dialled_at is not null order by dialled_at desc limit 3`,
      )
    ).map((row) => (row['dialled_at'] as Date).getTime());
    assert.ok(dialled[1]! - dialled[2]! >= 199, `${dialled[1]! - dialled[2]!} ms between two dials at five a second`);
    for (const id of ids) await ask('POST', `/voice/calls/call_${id}/end`);
    assert.equal(vonage.calls.length, before + 4, 'one that was cancelled was dialled');
    await ask('PUT', '/voice/providers/vonage/settings', {
      settings: { calls_per_second: null, concurrent_calls: null },
    });
    await switchTo('twilio');
  });

  it('has a carrier record as well where that is wanted, and shows where its recording is', async () => {
    for (const id of ['twilio', 'vonage'])
      await ask('PUT', `/voice/providers/${id}/settings`, { settings: { record_at_carrier: 'true' } });
    await server.database(`update carrier_pace set resting_until = null`);
    const shown = async (id: number) => (await ask('GET', `/voice/calls/call_${id}/status`)).body['recording_url'];
    await switchTo('vonage');
    const before = vonage.calls.length;
    const second = await place('+493000000041', { recording: true });
    const called = await until('the dial', 20_000, () => vonage.calls[before] ?? null);
    const ncco = JSON.parse(
      (
        await vonage.send({
          url: called.answerUrl!,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ uuid: called.id, from: called.from, to: called.to }),
        })
      ).body,
    ) as { action: string; eventUrl: string[] }[];
    assert.deepEqual(
      ncco.map(({ action }) => action),
      ['record', 'connect'],
    );
    await vonage.tell(called, 'busy');
    await untilStatus(second, 'busy');
    assert.equal(await shown(second), null);
    await vonage.send({
      url: ncco[0]!.eventUrl[0]!,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        recording_uuid: 'r-1',
        conversation_uuid: 'CON-1',
        recording_url: 'https://api.nexmo.com/v1/files/r-1',
      }),
    });
    assert.equal(await shown(second), 'https://api.nexmo.com/v1/files/r-1');
    // A call that must not be recorded is not recorded there.
    const quiet = await place('+493000000042', { recording: false });
    const unrecorded = await until('the dial', 20_000, () => vonage.calls[before + 1] ?? null);
    assert.equal(
      (
        JSON.parse(
          (
            await vonage.send({
              url: unrecorded.answerUrl!,
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify({ uuid: unrecorded.id }),
            })
          ).body,
        ) as unknown[]
      ).length,
      1,
    );
    await ask('POST', `/voice/calls/call_${quiet}/end`);
    // And with the other vendor's parameters, on a server where it does not rest.
    const one = new FakeTwilio();
    await one.start();
    one.answers = false;
    const other = await startServer(one.environment);
    try {
      await other.request('PUT', '/voice/providers/twilio/settings', { settings: { record_at_carrier: 'true' } });
      const { body } = await other.request('POST', '/voice/calls/initiate', {
        phone_number: '+493000000043',
        options: { recording: true },
      });
      const call = await until('the dial', 20_000, () => one.calls[0] ?? null);
      assert.equal(call.asked['Record'], 'true');
      await one.tell(call, 'busy');
      const url = String(call.asked['RecordingStatusCallback']);
      const form = new URLSearchParams({
        AccountSid: 'AC1',
        CallSid: call.id,
        RecordingSid: 'RE1',
        RecordingStatus: 'completed',
        RecordingUrl: 'https://api.twilio.com/recordings/rec_123',
      });
      const send = (signature: string) =>
        one.send({
          url,
          body: form.toString(),
          headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature },
        });
      assert.equal((await send('forged')).status, 401);
      assert.equal((await send(FakeTwilio.signature(url, form))).status, 200);
      assert.equal(
        (await other.request('GET', `/voice/calls/${String(body['call_id'])}/status`)).body['recording_url'],
        'https://api.twilio.com/recordings/rec_123',
      );
    } finally {
      await other.close();
      await one.close();
    }
    await switchTo('twilio');
  });

  it('tells who calls while there is no room that all lines are busy, and hangs up', async () => {
    const full = await startServer({ SIMULATOR_SPEED: '1' }, { slots: 1 });
    try {
      const announced = async (id: string) =>
        JSON.parse(
          await (
            await fetch(`${full.url}/voice/webhook/generic`, {
              method: 'POST',
              body: JSON.stringify({
                event_type: 'call.started',
                call_id: id,
                data: { from: '+4930111111', to: '+4930222222' },
              }),
            })
          ).text(),
        ) as { media_url: string };
      const first = new SocketCaller((await announced('first')).media_url);
      await until('the first to be spoken to', 10_000, () => first.heardSeconds > 0.3);
      const second = new SocketCaller((await announced('second')).media_url);
      const over = await until('the second to end', 20_000, async () => {
        const [row] = await full.database(
          `select status, end_reason, ended_at from calls where carrier_call_id = 'second'`,
        );
        return row?.['ended_at'] ? row : null;
      });
      assert.deepEqual([over['status'], over['end_reason']], ['broken', 'no_capacity']);
      assert.ok(second.heardSeconds > 1, 'it was silent');
      assert.equal(first.closed, null);
      first.socket.close(1000);
    } finally {
      await full.close();
    }
  });

  it('gets hang-ups for calls that ran when the only server died, once it is up again', async () => {
    const one = new FakeGeneric();
    await one.start();
    const dataDir = newDataDir('test');
    const start = async () => {
      const process = new ServerProcess(await freePort(), {
        DATA_DIR: dataDir,
        API_SECRET_KEY: 'key-of-the-only-server',
        ...one.environment,
      });
      await process.untilHealthy();
      return process;
    };
    const first = await start();
    try {
      const reply = await fetch(`${first.url}/voice/calls/initiate`, {
        method: 'POST',
        headers: { 'x-api-key': 'key-of-the-only-server' },
        body: '{"phone_number":"+493000000051"}',
      });
      assert.equal(reply.status, 200);
      await until('media', 10_000, () => one.calls[0]?.media?.socket.readyState === 1);
      await first.kill();
      assert.equal(one.last.ended, false);
      const second = await start();
      await until('the hang-up', 10_000, () => one.last.ended);
      await second.stop();
    } finally {
      await first.stop();
      await one.close();
      deleteDataDir(dataDir);
    }
  });

  for (const carrier of ['twilio', 'vonage'] as const)
    it(`is asked about a dial whose server died before it stored the answer: ${carrier}`, async () => {
      const fake = { twilio, vonage }[carrier];
      /** Places a call whose server dies; the carrier may have lost it. */
      const placeAndDie = async (number: string, isLost: boolean) => {
        const id = await place(number);
        const { carrierCallId } = await until('the dial', 60_000, async () => {
          const call = await record(id);
          return call.carrierCallId === null ? null : call;
        });
        const [call] = fake.calls.filter((one) => one.id === carrierCallId);
        if (isLost) fake.calls.splice(fake.calls.indexOf(call!), 1);
        await server.database(
          `update calls set owner = 'a server that died', epoch = epoch + 1, carrier_call_id = null,
             lease_until = now() - interval '1 minute', dialled_at = now() - interval '11 seconds' where id = ${id}`,
        );
        const ended = await until(`call ${id} to end`, 60_000, async () => {
          const now = await record(id);
          return now.endedAt === null ? null : now;
        });
        assert.equal(ended.endReason, 'server_died');
        const [row] = await server.database(`select dialled_at is null as untaken from calls where id = ${id}`);
        return { call: call!, found: ended.carrierCallId, untaken: row!['untaken'] };
      };
      await switchTo(carrier);
      const taken = await placeAndDie('+493000000022', false);
      assert.deepEqual([taken.found, taken.untaken], [taken.call.id, false]);
      await until('the hang-up', 60_000, () => taken.call.ended);
      const lost = await placeAndDie('+493000000023', true);
      assert.deepEqual([lost.found, lost.untaken], [null, true]);
    });

  it('gets a hang-up for a call whose server has died', async () => {
    await switchTo('vonage');
    const id = await place('+493000000021');
    await until('the dial', 20_000, async () => (await record(id)).carrierCallId !== null);
    const call = vonage.calls.find((one) => one.to === '493000000021')!;
    await server.database(
      `update calls set owner = 'a server that died', epoch = epoch + 1, lease_until = now() - interval '1 minute' where id = ${id}`,
    );
    assert.equal((await untilStatus(id, 'broken')).endReason, 'server_died');
    await until('the hang-up', 30_000, () => call.ended);
  });
});
