import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Call } from '#core/calls/call.ts';
import { recordingFiles } from '#core/calls/recording.ts';
import { applyRetention } from '#core/calls/retention.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

// What is recorded, in which forms it can be had, for how long it is kept, and what happens when there is no room.

type Json = Record<string, unknown>;
const GB = 1024 ** 3;

describe('recordings', { concurrency: 3 }, () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  async function place(to: string, more: object = {}, as?: string): Promise<string> {
    const { status, body } = await server.request(
      'POST',
      '/v1/convai/twilio/outbound-call',
      { to_number: to, ...more },
      as === undefined ? {} : { 'xi-api-key': as },
    );
    assert.equal(status, 200, JSON.stringify(body));
    return String(body['call_sid']);
  }
  const ended = async (to: string, more: object = {}): Promise<Call> => server.untilEnded(await place(to, more));
  const statusOf = async (call: Call) => (await server.request('GET', `/voice/calls/call_${call.id}/status`)).body;
  async function get(url: string): Promise<{ status: number; type: string; bytes: Buffer }> {
    const reply = await fetch(url.startsWith('http') ? url : server.url + url, {
      headers: { 'x-api-key': server.key },
    });
    return {
      status: reply.status,
      type: reply.headers.get('content-type') ?? '',
      bytes: Buffer.from(await reply.arrayBuffer()),
    };
  }
  const wavSeconds = (bytes: Buffer): number => (bytes.length - 44) / 4 / 8000;

  it('are made by default and when asked for, and not when told not to', async () => {
    const [usual, on, off] = await Promise.all([
      ended('+15005550005'),
      ended('+15005550005', { enable_recording: true }),
      ended('+15005550005', { enable_recording: false }),
    ]);
    for (const call of [usual, on]) {
      const url = String((await statusOf(call))['recording_url']);
      const { status, type, bytes } = await get(url);
      assert.deepEqual([status, type, bytes.toString('latin1', 0, 4)], [200, 'audio/wav', 'RIFF']);
      assert.equal((await fetch(url)).status, 200, 'the signature in the address does not open it');
      assert.equal((await fetch(url.split('?')[0]!)).status, 401);
    }
    assert.equal((await statusOf(off))['recording_url'], null);
    assert.equal((await get(`/app/recordings/${off.sid}.wav`)).status, 404);
  });

  it('what the caller did not hear has an address of its own, which no signature of the recording opens', async () => {
    const call = await ended('+15005550005');
    const apart = `/app/recordings/${call.sid}.apart.wav`;
    assert.equal((await get(apart)).status, 404, 'there was no whisper');
    const { source, apart: key } = recordingFiles(call.recordingKey!);
    copyFileSync(join(server.filesDir, source), join(server.filesDir, key));
    const { status, type, bytes } = await get(apart);
    assert.deepEqual([status, type, bytes.toString('latin1', 0, 4)], [200, 'audio/wav', 'RIFF']);
    const whole = new URL(String((await statusOf(call))['recording_url']));
    assert.equal((await get(whole.href)).bytes.length, bytes.length);
    assert.equal((await fetch(`${server.url}${apart}${whole.search}`)).status, 401);
  });

  it('can be had as MP3 beside WAV, of the same length', async () => {
    const call = await ended('+15005550007');
    const wav = await until('the WAV file', 15_000, () =>
      server.app.files.read(recordingFiles(call.recordingKey!).wav),
    );
    await until('the MP3 file', 15_000, () => server.app.files.read(recordingFiles(call.recordingKey!).mp3));
    const { status, type, bytes } = await get(`/app/recordings/${call.sid}.mp3`);
    assert.deepEqual([status, type], [200, 'audio/mpeg']);
    assert.equal(bytes[0], 0xff);
    const seconds = (wav.size - 44) / 4 / 8000;
    // 32 kbit/s at a constant rate.
    assert.ok(Math.abs(bytes.length / 4000 - seconds) < 0.5, `${bytes.length / 4000} s of MP3, ${seconds} s of WAV`);
    const decoded = spawnSync('/usr/bin/mpg123', ['--quiet', '--stdout', '--mono', '-'], {
      input: bytes,
      maxBuffer: 64 * 1024 * 1024,
    });
    assert.deepEqual([decoded.status, decoded.stderr.toString()], [0, '']);
    assert.ok(Math.abs(decoded.stdout.length / 16_000 - seconds) < 0.5);
    const loudest = Array.from({ length: decoded.stdout.length >> 1 }, (_, i) =>
      Math.abs(decoded.stdout.readInt16LE(i * 2)),
    ).reduce((a, b) => Math.max(a, b), 0);
    assert.ok(loudest > 3000, 'the MP3 is silent');
  });

  it('can be listened to while the call runs', async () => {
    const sid = await place('+15005550008');
    const call = await until('two seconds of conversation', 30_000, async () => {
      const found = (await server.app.core.store.calls.bySid(sid))!;
      const { bytes } =
        found.recordingKey === null ? { bytes: Buffer.alloc(0) } : await get(`/app/recordings/${sid}.wav`);
      return wavSeconds(bytes) > 2 ? found : null;
    });
    const status = await statusOf(call);
    assert.equal(status['status'], 'in-progress');
    const { bytes } = await get(String(status['recording_url']));
    assert.equal(bytes.readUInt32LE(40), bytes.length - 44, 'the header tells another length');
    assert.equal((await get(`/app/recordings/${sid}.mp3`)).status, 503);
    await server.request('POST', `/v1/convai/calls/${sid}/end`);
  });

  it('in the words of the orchestrator: list, filters, pages, status', async () => {
    const call = await ended('+15005550002');
    const status = await statusOf(call);
    assert.deepEqual(
      [
        status['call_id'],
        status['status'],
        status['phone_number'],
        status['duration'],
        status['recording_url'],
        status['failure_reason'],
      ],
      [`call_${call.id}`, 'failed', '+15005550002', 0, null, 'The line was busy'],
    );
    assert.match(String(status['start_time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    // By every id that it has.
    for (const id of [call.sid, call.carrierCallId!])
      assert.equal((await server.request('GET', `/voice/calls/${id}/status`)).body['call_id'], `call_${call.id}`);
    for (const query of [
      'phone_number=%2B15005550002',
      'phone_number=+15005550002',
      'status=failed&phone_number=%2B15005550002',
    ]) {
      const { calls, pagination } = (await server.request('GET', `/voice/calls?${query}&limit=1`)).body as {
        calls: Json[];
        pagination: Json;
      };
      assert.equal(calls[0]!['call_id'], `call_${call.id}`, query);
      assert.deepEqual(
        [pagination['limit'], pagination['offset'], pagination['has_more']],
        [1, 0, Number(pagination['total']) > 1],
      );
    }
    for (const query of ['status=lost', 'limit=-1', 'limit=1001', 'offset=x', 'phone_number=abc', 'limit=1.5']) {
      const { status: code, body } = await server.request('GET', `/voice/calls?${query}`);
      assert.deepEqual([code, (body['error'] as Json)['code']], [400, 'VALIDATION_ERROR'], query);
      assert.match(String((body['error'] as Json)['request_id']), /^req_/);
      const [field, value] = query.split('=');
      assert.deepEqual(
        [((body['error'] as Json)['details'] as Json)['field'], ((body['error'] as Json)['details'] as Json)['value']],
        [field, value],
      );
    }
    const ringing = await place('+15005550003');
    const initiated = (await server.request('GET', '/voice/calls?status=initiated')).body['calls'] as Json[];
    assert.ok(initiated.some((row) => ['initiating', 'ringing'].includes(String(row['status']))));
    await server.request('POST', `/v1/convai/calls/${ringing}/end`);
    assert.equal((await server.request('GET', '/voice/calls/call_999999/status')).status, 404);
    assert.equal((await server.request('GET', '/voice/calls', undefined, { 'xi-api-key': '' })).status, 401);
  });

  it('are deleted when their time is over, and words when theirs is, each for itself', async () => {
    const password = 'retention password';
    await server.request('POST', '/api/organizations', {
      name: 'Short memory',
      admin_email: 'short@example.com',
      admin_password: password,
    });
    const login = (await server.request('POST', '/api/auth/login', { email: 'short@example.com', password })).body[
      'data'
    ] as { token: string; user: Json };
    const { organization_id: id } = login.user;
    const sid = await place('+15005550007', { dynamic_variables: { name: 'Ann' } }, login.token);
    const call = await server.untilEnded(sid);
    await until('the MP3 file', 20_000, () => server.app.files.read(recordingFiles(call.recordingKey!).mp3));
    const as = { 'xi-api-key': login.token };
    await server.request('PUT', `/api/organizations/${String(id)}`, { recording_retention_days: 1 }, as);
    const later = (days: number) => ({
      store: server.app.core.store,
      clock: { now: () => new Date(Date.now() + days * 86_400_000) },
    });
    assert.deepEqual(await applyRetention(later(0.9)), { recordings: 0, transcripts: 0 });
    assert.deepEqual(await applyRetention(later(1.1)), { recordings: 1, transcripts: 0 });
    assert.deepEqual(await applyRetention(later(1.1)), { recordings: 0, transcripts: 0 });
    await until('the files to go', 15_000, async () =>
      (
        await Promise.all(Object.values(recordingFiles(call.recordingKey!)).map((key) => server.app.files.read(key)))
      ).every((file) => file === null)
        ? true
        : null,
    );
    assert.equal(
      (await server.request('GET', `/voice/calls/${sid}/status`, undefined, as)).body['recording_url'],
      null,
    );
    assert.notEqual(
      (await server.request('GET', `/v1/convai/conversations/${sid}`, undefined, as)).body['transcript'],
      '',
    );
    await server.request('PUT', `/api/organizations/${String(id)}`, { transcript_retention_days: 7 }, as);
    assert.deepEqual(await applyRetention(later(7.1)), { recordings: 0, transcripts: 1 });
    assert.equal(
      (await server.request('GET', `/v1/convai/conversations/${sid}`, undefined, as)).body['transcript'],
      '',
    );
    assert.equal(
      JSON.stringify(
        await server.database(`select * from events where conversation_id = ${call.conversationId}`),
      ).includes('not interested'),
      false,
    );
    // Other calls lost nothing.
    assert.ok(
      (await server.database('select 1 from calls where recording_key is not null and organization_id = 1')).length > 0,
    );
  });

  it('are deleted by the hourly job, which every start has already run once', async () => {
    await until('the job of the start', 30_000, async () =>
      (await server.database("select 1 from pgboss.job where name = 'housekeeping' and state = 'completed'")).length > 0
        ? true
        : null,
    );
    assert.equal((await server.database("select 1 from pgboss.schedule where name = 'housekeeping'")).length, 1);
    const { body } = await server.request('POST', '/api/organizations', {
      name: 'By the job',
      admin_email: 'job@example.com',
      admin_password: 'by the job',
    });
    const { token } = (
      await server.request('POST', '/api/auth/login', { email: 'job@example.com', password: 'by the job' })
    ).body['data'] as { token: string };
    const call = await server.untilEnded(await place('+15005550005', {}, token));
    await server.request(
      'PUT',
      `/api/organizations/${String(body['organization_id'])}`,
      { recording_retention_days: 1, transcript_retention_days: 1 },
      { 'xi-api-key': token },
    );
    await server.database(`update calls set ended_at = ended_at - interval '2 days' where id = ${call.id}`);
    await server.database("insert into pgboss.job (name) values ('housekeeping')");
    const retired = await until('the job', 30_000, async () => {
      const now = (await server.app.core.store.calls.bySid(call.sid))!;
      return now.recordingKey === null && now.transcriptDeletedAt !== null ? now : null;
    });
    assert.deepEqual(await server.app.core.store.entries.ofCall(retired.conversationId), []);
    await until('its file to go', 15_000, async () =>
      (await server.app.files.read(call.recordingKey!)) === null ? true : null,
    );
  });

  it('go with the words, notes and number of a person who is erased; a refusal to be called stays', async () => {
    const number = '+15005559007';
    const first = await ended(number, {
      dynamic_variables: { name: 'Bartholomew' },
      custom_first_message: 'Hello Bartholomew!',
    });
    await until('the MP3 file', 20_000, () => server.app.files.read(recordingFiles(first.recordingKey!).mp3));
    await server.app.core.store.persons.refuseCalls(first.personId!, new Date());
    const erase = () => server.request('POST', '/api/people/erase', { phone_number: number });
    assert.deepEqual((await erase()).body['data'], { calls: 1, recordings: 1 });
    assert.equal((await erase()).status, 404);
    const everything = JSON.stringify([
      await server.database(`select * from calls where id = ${first.id}`),
      await server.database(`select * from entries where conversation_id = ${first.conversationId}`),
      await server.database(`select * from events where conversation_id = ${first.conversationId}`),
      await server.database('select * from audit'),
      await server.database('select * from persons'),
      await server.database('select * from person_numbers'),
      await server.database('select * from idempotent_requests'),
    ]);
    for (const trace of [number, 'Bartholomew']) assert.equal(everything.includes(trace), false, trace);
    await until('the files to go', 15_000, async () =>
      (await server.app.files.read(recordingFiles(first.recordingKey!).wav)) === null ? true : null,
    );
    assert.equal((await server.request('GET', `/v1/convai/conversations/${first.sid}`)).body['phone_number'], null);
    const again = await server.request('POST', '/v1/convai/twilio/outbound-call', { to_number: number });
    assert.deepEqual([again.status, /not to be called/.test(String(again.body['detail']))], [409, true]);
    // While they are on the line they are not erased from under it.
    const sid = await place('+15005559008');
    assert.equal((await server.request('POST', '/api/people/erase', { phone_number: '+15005559008' })).status, 409);
    await server.request('POST', `/v1/convai/calls/${sid}/end`);
    assert.equal((await server.request('POST', '/api/people/erase', { phone_number: '+15005559008' })).status, 200);
  });
});

describe('a full disk', () => {
  let server: TestServer;
  let free = 10 * GB;
  before(async () => {
    server = await startServer({}, { freeBytes: () => Promise.resolve(free) });
  });
  after(() => server.close());

  it('refuses new recordings with a reason, ends running ones, and every call goes on', async () => {
    const place = async (to: string) =>
      String((await server.request('POST', '/v1/convai/twilio/outbound-call', { to_number: to })).body['call_sid']);
    const running = await place('+15005550006');
    await until('a recording that runs', 30_000, async () =>
      (await server.app.core.store.calls.bySid(running))!.recordingKey === null ? null : true,
    );
    await until('some of it', 30_000, async () =>
      ((await server.app.files.read(`recordings/org_${server.app.organization.id}/${running}.au`))?.size ?? 0) > 20_000
        ? true
        : null,
    );
    free = 1024;
    await until('the recording to stop', 30_000, async () =>
      (await server.app.core.store.calls.bySid(running))!.recordingFailure === null ? null : true,
    );
    const late = await place('+15005550006');
    const calls = [await server.untilEnded(running), await server.untilEnded(late)];
    for (const call of calls) {
      assert.deepEqual([call.status, call.endReason], ['completed', 'booked']);
      assert.match(call.recordingFailure!, /disk is full/);
    }
    assert.equal(calls[1]!.recordingKey, null);
    const page = await fetch(
      String((await server.request('GET', `/v1/convai/conversations/${late}`)).body['page_url']),
    ).then((reply) => reply.text());
    assert.match(page, /not recorded: The disk is full/);
    const services = (await server.request('GET', '/health/detailed')).body['services'] as Record<string, Json>;
    assert.deepEqual(services['recordings'], { status: 'full', free_bytes: 1024, store: 'folder' });
    free = 10 * GB;
    const after = await until('recordings to be taken again', 10_000, async () => {
      const call = await server.untilEnded(await place('+15005550005'));
      return call.recordingKey === null ? null : call;
    });
    assert.equal(after.recordingFailure, null);
  });
});
