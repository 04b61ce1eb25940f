import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { durationMs, type Call } from '#core/calls/call.ts';
import type { CallEntry } from '#core/conversations/entry.ts';
import { readAll } from '../support/files.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

// Every number of the simulator's table, through the API, in audio, faster than real time.

/** sales-agent's word and orchestrator's; those not here complete in both. */
const WORDS: Readonly<Record<string, readonly [string, string]>> = {
  '+15005550001': ['failed', 'failed'],
  '+15005550002': ['busy', 'failed'],
  '+15005550003': ['no_answer', 'failed'],
  '+15005550004': ['voicemail', 'completed'],
};

describe('the numbers of the simulated carrier', { concurrency: 4 }, () => {
  let server: TestServer;
  before(async () => {
    server = await startServer({}, { knowsOwnVoice: false });
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  async function call(to: string, more: object = {}): Promise<{ call: Call; entries: readonly CallEntry[] }> {
    const { status, body } = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      to_number: to,
      ...more,
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body['status'], 'initiated');
    const ended = await server.untilEnded(body['call_sid'] as string);
    await isTold(ended);
    return { call: ended, entries: await server.app.core.store.entries.ofCall(ended.conversationId) };
  }
  /**
   * Each of the APIs that show calls has its own word for how this one ended, and says why when it did not come off.
   */
  async function isTold(ended: Call): Promise<void> {
    const [word, other] = WORDS[ended.to!] ?? ['completed', 'completed'];
    const conversation = (await server.request('GET', `/v1/convai/conversations/${ended.sid}`)).body;
    assert.equal(conversation['status'], word, ended.to!);
    const status = (await server.request('GET', `/voice/calls/call_${ended.id}/status`)).body;
    assert.equal(status['status'], other, ended.to!);
    for (const reason of [conversation['failure_reason'], status['failure_reason']])
      assert.equal(reason === null, !['failed', 'busy', 'no_answer'].includes(word), `${ended.to!}: ${String(reason)}`);
    assert.equal(typeof conversation['end_reason'], 'string');
    const listed = (await server.request('GET', `/v1/convai/conversations?status=${word}&limit=1000`)).body[
      'conversations'
    ] as Record<string, unknown>[];
    assert.ok(listed.some((one) => one['conversation_id'] === ended.sid));
  }
  const said = (entries: readonly CallEntry[], role: string) =>
    entries
      .filter((entry) => entry.role === role)
      .map((entry) => entry.text)
      .join(' | ');

  it('+15005550001 fails at once: invalid number', async () => {
    const { call: ended, entries } = await call('+15005550001');
    assert.equal(ended.status, 'refused');
    assert.match(ended.failureReason!, /invalid number/);
    assert.equal(ended.endReason, 'invalid_number');
    assert.equal(entries.length, 0);
    const { body } = await server.request('GET', `/v1/convai/conversations/${ended.sid}`);
    assert.equal(body['status'], 'failed');
    assert.match(String(body['failure_reason']), /invalid number/);
  });

  it('+15005550002 is busy', async () => {
    const { call: ended } = await call('+15005550002');
    assert.equal(ended.status, 'busy');
    assert.equal(durationMs(ended, new Date()), 0);
  });

  it('+15005550003 rings without an answer', async () => {
    const { call: ended } = await call('+15005550003');
    assert.equal(ended.status, 'no-answer');
  });

  it('+15005550004 is a voicemail: the message is left after the beep', async () => {
    const { call: ended, entries } = await call('+15005550004');
    assert.equal(ended.status, 'voicemail');
    assert.match(said(entries, 'caller'), /leave a message/);
    assert.match(said(entries, 'agent'), /this is Ada from Brightline/);
    const message = entries.find((entry) => entry.role === 'agent')!;
    const greeting = entries.find((entry) => entry.role === 'caller')!;
    assert.ok(message.startMs > greeting.endMs, 'the message began before the greeting was over');
  });

  it('+15005550005 hangs up after a second', async () => {
    const { call: ended } = await call('+15005550005');
    assert.equal(ended.status, 'completed');
    assert.equal(ended.endReason, 'caller_hung_up');
  });

  it('+15005550006 holds a conversation, is understood from audio, agrees and says goodbye', async () => {
    const { call: ended, entries } = await call('+15005550006');
    assert.equal(ended.status, 'completed');
    assert.ok(entries.filter((entry) => entry.role === 'agent').length >= 4, said(entries, 'agent'));
    assert.match(said(entries, 'caller'), /spreadsheet/);
    assert.match(said(entries, 'caller'), /twenty people/);
    assert.match(said(entries, 'caller'), /tuesday at three/);
    assert.match(said(entries, 'caller'), /goodbye/);
    assert.equal(ended.endReason, 'booked');
    assert.ok(ended.latency && ended.latency.fullCycleMs > 0);
    assert.ok(entries.at(-1)!.endMs < 240_000);
    const { body } = await server.request('GET', `/v1/convai/latency/${ended.sid}`, undefined, { 'xi-api-key': '' });
    assert.equal(
      Number(body['stt_latency_ms']) +
        Number(body['llm_generation_ms']) +
        Number(body['tts_generation_ms']) +
        Number(body['first_audio_sent_ms']),
      body['full_response_cycle_ms'],
    );
    const wav = await until('the recording', 15_000, () =>
      readAll(server.app.files, ended.recordingKey!.replace('.au', '.wav')),
    );
    const seconds = (wav.length - 44) / 4 / 8000;
    assert.ok(seconds > entries.at(-1)!.endMs / 1000 - 8, `the recording lasts ${seconds} s`);
  });

  it('+15005550007 declines', async () => {
    const { call: ended, entries } = await call('+15005550007');
    assert.equal(ended.status, 'completed');
    assert.match(said(entries, 'caller'), /not interested/);
    assert.equal(ended.endReason, 'refused');
  });

  it('+15005550008 asks for a human, hears that none is free, and waits for five minutes', async () => {
    const { call: ended, entries } = await call('+15005550008');
    assert.equal(ended.status, 'completed');
    assert.equal(ended.endReason, 'caller_hung_up');
    assert.match(said(entries, 'caller'), /human/);
    assert.match(said(entries, 'tool-call'), /transfer_to_human/);
    assert.ok(ended.waitingSince && ended.waitingSince > ended.answeredAt!);
    assert.match(said(entries, 'agent'), /nobody is free/i);
    assert.ok(entries.at(-1)!.endMs >= 300_000, `it ended after ${entries.at(-1)!.endMs} ms`);
  });

  it('+15005550009 interrupts: the agent stops, and the record holds only what was heard', async () => {
    const { call: ended, entries } = await call('+15005550009');
    assert.equal(ended.status, 'completed');
    const cut = entries.find((entry) => entry.detail['interrupted'] === true);
    assert.ok(cut, 'nothing was interrupted');
    const intended = String(cut.detail['intended']);
    assert.ok(intended.startsWith(cut.text.slice(0, 10)) && cut.text.length < intended.length);
    assert.match(said(entries, 'agent'), /ten dollars/);
    const events = await server.app.core.store.entries.ofCall(ended.conversationId);
    assert.ok(events.length > 0);
  });

  it('+15005550010 is silent: the agent asks twice and hangs up within a minute', async () => {
    const { call: ended, entries } = await call('+15005550010');
    assert.equal(ended.status, 'completed');
    assert.equal(ended.endReason, 'silence');
    assert.equal(entries.filter((entry) => /still there/.test(entry.text)).length, 2);
    assert.ok(entries.at(-1)!.endMs < 60_000);
  });

  it('any other number is like 0006, and variables fill the first message', async () => {
    const { call: ended, entries } = await call('+1234567890', {
      dynamic_variables: { name: 'John' },
      custom_first_message: 'Hello {{name}} from {{company}}! Do you have a minute?',
      enable_recording: false,
    });
    assert.equal(ended.status, 'completed');
    assert.equal(ended.recordingKey, null);
    assert.match(entries.find((entry) => entry.role === 'agent')!.text, /^Hello John from! Do you have a minute\?$/);
  });
});
