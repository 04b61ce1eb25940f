import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { codeOf, data, type Json } from '../support/identity-client.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';
import { fakeElevenLabs } from '../vendors/elevenlabs.ts';
import type { FakeVendor } from '../vendors/faults.ts';

// Voices as call-center's seed shows them: offline ones, and those of a vendor that is not always well.

/** A second of silence. */
function recording(): Buffer {
  const wav = Buffer.alloc(44 + 16_000);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write('WAVEfmt ', 8);
  return wav;
}

function cloneForm(file: Buffer = recording(), fields: Record<string, string> = { voice_name: 'My Custom Voice' }) {
  const form = new FormData();
  form.set('audio_file', new Blob([Uint8Array.from(file)]), 'me.wav');
  form.set('description', 'Professional male voice');
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

async function upload(server: TestServer, form: FormData) {
  const reply = await fetch(`${server.url}/api/voice/clone`, {
    method: 'POST',
    headers: { 'xi-api-key': server.key },
    body: form,
  });
  return { status: reply.status, body: (await reply.json()) as Json };
}

/** Whether this is the beginning of a frame of MPEG audio, layer III. */
const isMp3 = (bytes: Uint8Array) => bytes[0] === 0xff && (bytes[1]! & 0xe6) === 0xe2;

const listed = async (server: TestServer, query = ''): Promise<readonly Json[]> => {
  const reply = await server.request('GET', `/api/voice/voices${query}`);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return data(reply)['voices'] as Json[];
};

describe('call-center: offline voices', { concurrency: 1 }, () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  const fetched = async (url: unknown, headers = {}) => {
    const reply = await fetch(String(url), { headers });
    return { status: reply.status, headers: reply.headers, bytes: new Uint8Array(await reply.arrayBuffer()) };
  };

  it('are listed, filtered and shown under ids that stay', async () => {
    const all = await listed(server);
    assert.deepEqual(
      all.map((voice) => voice['name']),
      ['Clara', 'Ewan', 'Kai', 'Martin', 'Oscar', 'Rosa'],
    );
    for (const voice of all) {
      assert.match(String(voice['id']), /^voice_\d+$/);
      assert.deepEqual([voice['provider'], voice['status']], ['offline', 'ready']);
    }
    assert.deepEqual(await listed(server, '?provider=elevenlabs'), []);
    const names = async (query: string) => (await listed(server, query)).map((voice) => voice['name']);
    assert.deepEqual(await names('?gender=female'), ['Clara', 'Rosa']);
    assert.deepEqual(await names('?language=en-gb'), ['Ewan']);
    assert.deepEqual(await names('?language=en&category=narrative'), ['Ewan', 'Kai']);
    assert.equal((await server.request('GET', '/api/voice/voices?gender=robot')).status, 400);
    const [first] = all;
    const one = await server.request('GET', `/api/voice/voices/${String(first!['id'])}`);
    const unsigned = (voice: Json) => ({ ...voice, sample_url: String(voice['sample_url']).split('?')[0] });
    assert.deepEqual(unsigned(data(one)), unsigned(first!));
    for (const id of ['voice_999999', 'cloned_voice_1', 'Clara'])
      if (id !== first!['id'])
        assert.equal(
          (await server.request('GET', `/api/voice/voices/${id}`)).status,
          id === 'cloned_voice_1' ? 200 : 404,
        );
  });

  it("speak the seed's text into a file at a signed address, as long as they say", async () => {
    const voice_id = (await listed(server))[0]!['id'];
    const reply = await server.request('POST', '/api/voice/generate', {
      text: 'Hello, this is a test message',
      voice_id,
      settings: { stability: 0.6, similarity_boost: 0.8 },
    });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    const { audio_url, duration, characters_used, cost } = data(reply);
    assert.deepEqual(Object.keys(data(reply)), ['audio_url', 'duration', 'characters_used', 'cost']);
    assert.deepEqual([characters_used, cost], [29, 0]);
    assert.ok((duration as number) > 1 && (duration as number) < 5, String(duration));
    const { status, headers, bytes } = await fetched(audio_url);
    assert.deepEqual([status, headers.get('content-type')], [200, 'audio/mpeg']);
    assert.ok(isMp3(bytes));
    // 32 kbit/s, in frames of 72 ms, of which the encoder adds a few.
    assert.ok(
      Math.abs(bytes.length / 4000 - (duration as number)) < 0.3,
      `${bytes.length} bytes for ${String(duration)} s`,
    );
    const part = await fetched(audio_url, { range: 'bytes=0-99' });
    assert.deepEqual([part.status, part.bytes.length], [206, 100]);
    const [bare] = String(audio_url).split('?');
    assert.equal((await fetched(bare)).status, 401);
    assert.equal((await fetched(bare, { 'xi-api-key': server.key })).status, 200);
    assert.equal((await fetched(`${String(bare)}?expires=9999999999&signature=forged`)).status, 401);
  });

  it('cost what their characters cost', async () => {
    const provider = 'offline-flite';
    await server.app.core.store.usage.setPrice({ provider, unit: 'characters', microsPerMillion: 30_000_000 });
    const voice_id = (await listed(server))[0]!['id'];
    const reply = await server.request('POST', '/api/voice/generate', { text: 'Ten letters', voice_id });
    assert.deepEqual([data(reply)['characters_used'], data(reply)['cost']], [11, 0.00033]);
  });

  it('have samples that play', async () => {
    const [voice] = await listed(server, '?gender=male');
    for (let time = 0; time < 2; time++) {
      const { status, bytes } = await fetched(voice!['sample_url']);
      assert.equal(status, 200);
      assert.ok(isMp3(bytes) && bytes.length > 4000);
    }
    const other = String(voice!['sample_url']).replace(/voice_\d+/, 'voice_999999');
    assert.equal((await fetched(other)).status, 401);
  });

  it('say what they cannot speak, and that none of them is made of a recording', async () => {
    const voice_id = (await listed(server))[0]!['id'];
    const code = async (body: Json) => codeOf(await server.request('POST', '/api/voice/generate', body));
    assert.equal(await code({ voice_id }), 'VALIDATION_001');
    assert.equal(await code({ text: 'x'.repeat(5001), voice_id }), 'VALIDATION_003');
    assert.equal(await code({ text: 'Ваш заказ уже в пути', voice_id }), 'VALIDATION_002');
    assert.equal(await code({ text: 'Hello', voice_id, settings: { stability: 2 } }), 'VALIDATION_003');
    assert.equal(await code({ text: 'Hello', voice_id: 'voice_999999' }), 'RESOURCE_001');
    const refused = await upload(server, cloneForm());
    assert.deepEqual([refused.status, codeOf(refused)], [503, 'SERVICE_003']);
  });
});

describe("call-center: a vendor's voices", { concurrency: 1 }, () => {
  let server: TestServer;
  let vendor: FakeVendor;
  before(async () => {
    vendor = await fakeElevenLabs();
    server = await startServer({ ELEVENLABS_API_KEY: 'key', ELEVENLABS_BASE_URL: vendor.url });
  });
  after(async () => {
    await server.close();
    await vendor.close();
  });

  const settled = (id: string) =>
    until(`${id} to be settled`, 60_000, async () => {
      const voice = data(await server.request('GET', `/api/voice/voices/${id}`));
      return voice['status'] === 'training' ? null : voice;
    });

  it('are listed beside the offline ones, and speak', async () => {
    const [rachel, ...more] = await listed(server, '?provider=elevenlabs');
    assert.deepEqual(more, []);
    assert.deepEqual(
      [rachel!['name'], rachel!['gender'], rachel!['settings']],
      ['Rachel', 'female', { stability: 0.5, similarity_boost: 0.75 }],
    );
    assert.ok((await listed(server)).length > 6);
    const said = await server.request('POST', '/api/voice/generate', {
      text: 'Hello there.',
      voice_id: rachel!['id'],
      settings: { stability: 0.6 },
    });
    // 70 ms a letter.
    assert.equal(data(said)['duration'], 0.84, JSON.stringify(said.body));
    assert.deepEqual(vendor.refused, []);
  });

  it('are made of a recording, and speak on calls once they are ready', async () => {
    const reply = await upload(server, cloneForm());
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    const { voice_id, status, estimated_completion } = data(reply);
    assert.match(String(voice_id), /^cloned_voice_\d+$/);
    assert.equal(status, 'training');
    assert.match(String(estimated_completion), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const voice = await settled(String(voice_id));
    assert.deepEqual(
      [voice['status'], voice['name'], voice['description'], voice['category'], voice['failure']],
      ['ready', 'My Custom Voice', 'Professional male voice', 'cloned', null],
    );
    const recordings = join(server.filesDir, 'voices/org_1');
    await until('the recording to be deleted', 60_000, () => readdirSync(recordings).length === 0 || null);
    const clones = await listed(server, '?category=cloned');
    assert.deepEqual(
      clones.map((one) => one['id']),
      [voice_id],
    );
    const made = await server.request('POST', '/v1/convai/agents', { name: 'Cloned', voice_id });
    assert.deepEqual([made.body['voice_id'], made.body['voice_provider']], [voice_id, 'elevenlabs']);
    const call = await accepted(() =>
      server.request('POST', '/api/calls', { phone_number: '+15005550005', agent_id: made.body['agent_id'] }),
    );
    const ended = await server.untilEnded(String(data(call)['twilio_call_sid']));
    assert.match(ended.spokenBy['text_to_speech'] ?? '', /elevenlabs/);
    assert.deepEqual(vendor.refused, []);
  });

  it('are refused where the recording is none, or too much is missing', async () => {
    const code = async (form: FormData) => codeOf(await upload(server, form));
    assert.equal(await code(cloneForm(Buffer.from('not a recording at all'))), 'VALIDATION_002');
    assert.equal(await code(cloneForm(Buffer.alloc(0))), 'VALIDATION_002');
    assert.equal(await code(cloneForm(recording(), {})), 'VALIDATION_001');
    assert.equal(await code(cloneForm(Buffer.concat([recording(), Buffer.alloc(25 * 2 ** 20)]))), 'VALIDATION_003');
    const none = new FormData();
    none.set('voice_name', 'Empty');
    assert.equal(await code(none), 'VALIDATION_001');
    assert.deepEqual(readdirSync(join(server.filesDir, 'voices/org_1')), [], 'nothing is kept');
  });

  it('belong to the organization that made them', async () => {
    const credentials = { email: 'o@example.com', password: 'their password' };
    await server.request('POST', '/api/organizations', {
      name: 'Others',
      admin_email: credentials.email,
      admin_password: credentials.password,
    });
    const signIn = await server.request('POST', '/api/auth/login', credentials, { 'xi-api-key': '' });
    const theirs = { 'xi-api-key': '', authorization: `Bearer ${String(data(signIn)['token'])}` };
    const [clone] = await listed(server, '?category=cloned');
    const seen = data(await server.request('GET', '/api/voice/voices', undefined, theirs))['voices'] as Json[];
    assert.ok(seen.length > 6 && seen.every((voice) => voice['category'] !== 'cloned'));
    const get = await server.request('GET', `/api/voice/voices/${String(clone!['id'])}`, undefined, theirs);
    assert.equal(get.status, 404);
    const speak = { text: 'Hello', voice_id: clone!['id'] };
    assert.equal((await server.request('POST', '/api/voice/generate', speak, theirs)).status, 404);
  });

  it('are made once when the answer of the vendor breaks off', async () => {
    vendor.fault = 'dies-midway';
    const form = cloneForm(recording(), { voice_name: 'Made once' });
    const id = String(data(await upload(server, form))['voice_id']);
    const tried = () => server.database(`select attempts from voices where id = ${id.replace(/\D/g, '')}`);
    await until('the first try', 60_000, async () => Number((await tried())[0]!['attempts']) > 0 || null);
    vendor.fault = 'none';
    assert.equal((await settled(id))['status'], 'ready');
    const { voices } = (await (await fetch(`${vendor.url}/v1/voices`)).json()) as { voices: Json[] };
    assert.equal(voices.filter(({ name }) => name === 'Made once').length, 1);
    await until('no recording', 60_000, () => readdirSync(join(server.filesDir, 'voices/org_1')).length === 0 || null);
  });

  it('leave nothing behind when the speech breaks off in the middle', async () => {
    const [rachel] = await listed(server, '?provider=elevenlabs');
    const kept = () => [
      existsSync(join(server.filesDir, 'speech/org_1')) ? readdirSync(join(server.filesDir, 'speech/org_1')).length : 0,
    ];
    const audits = async () => (await server.database("select from audit where action = 'speech.generate'")).length;
    const before = [kept(), await audits()];
    vendor.fault = 'dies-midway';
    const body = { text: 'A sentence of some length, which is long.', voice_id: rachel!['id'] };
    const reply = await server.request('POST', '/api/voice/generate', body);
    vendor.fault = 'none';
    assert.deepEqual([reply.status, codeOf(reply)], [502, 'SERVICE_001'], JSON.stringify(reply.body));
    assert.deepEqual([kept(), await audits()], before);
  });

  it('fail with the reason when the upload breaks off each time, and are made when it breaks off once', async () => {
    vendor.fault = 'drops';
    const broken = String(data(await upload(server, cloneForm()))['voice_id']);
    const voice = await settled(broken);
    assert.equal(voice['status'], 'failed');
    assert.match(String(voice['failure']), /elevenlabs failed/);
    const agent = await server.request('POST', '/v1/convai/agents', { name: 'A', voice_id: broken });
    assert.equal(agent.status, 400);
    const speak = await server.request('POST', '/api/voice/generate', { text: 'Hello', voice_id: broken });
    assert.equal(codeOf(speak), 'RESOURCE_003');
    const again = String(data(await upload(server, cloneForm()))['voice_id']);
    const asked = vendor.asked;
    await until('a broken upload', 60_000, () => vendor.asked > asked || null);
    vendor.fault = 'none';
    assert.equal((await settled(again))['status'], 'ready');
  });
});

describe('call-center: a vendor that does not list its voices', { concurrency: 1 }, () => {
  let server: TestServer;
  let vendor: FakeVendor;
  before(async () => {
    vendor = await fakeElevenLabs();
    vendor.fault = 'down';
    server = await startServer({ ELEVENLABS_API_KEY: 'key', ELEVENLABS_BASE_URL: vendor.url });
  });
  after(async () => {
    await server.close();
    await vendor.close();
  });

  it('is named beside the voices of the others, and is an error where it alone is asked for', async () => {
    const reply = await server.request('GET', '/api/voice/voices');
    assert.equal((data(reply)['voices'] as Json[]).length, 6);
    const [missing] = data(reply)['unavailable'] as Json[];
    assert.equal(missing!['provider'], 'elevenlabs');
    assert.match(String(missing!['message']), /503/);
    const alone = await server.request('GET', '/api/voice/voices?provider=elevenlabs');
    assert.deepEqual([alone.status, codeOf(alone)], [502, 'SERVICE_001']);
  });
});

describe('call-center: a vendor whose list of voices is nonsense', { concurrency: 1 }, () => {
  let server: TestServer;
  let vendor: FakeVendor;
  before(async () => {
    vendor = await fakeElevenLabs();
    vendor.fault = 'garbage';
    server = await startServer({ ELEVENLABS_API_KEY: 'key', ELEVENLABS_BASE_URL: vendor.url });
  });
  after(async () => {
    await server.close();
    await vendor.close();
  });

  it('is listed without what is no voice', async () => {
    const voices = await listed(server, '?provider=elevenlabs');
    assert.deepEqual(
      voices.map(({ name, gender, language, category, description }) => [
        name,
        gender,
        language,
        category,
        description,
      ]),
      [
        ['Rachel', 'female', null, 'premade', null],
        ['Odd \uFFFD \uFFFD', null, null, 'professional', null],
      ],
    );
    assert.equal((await listed(server)).length, 8);
  });
});
