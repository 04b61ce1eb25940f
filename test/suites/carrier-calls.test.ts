import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CARRIERS } from '#carriers/catalog.ts';
import { connectWith } from '#carriers/connect/manifest.ts';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import { CERTIFICATE, FakeConnect } from '../carriers/connect.ts';
import type { FakeCall, FakeCarrier } from '../carriers/fake-carrier.ts';
import { FakeGeneric } from '../carriers/generic.ts';
import { FakeTwilio } from '../carriers/twilio.ts';
import { FakeVonage } from '../carriers/vonage.ts';
import { understood } from '../contract/speech-to-text.ts';
import { speak } from '../contract/text-to-speech.ts';
import type { SocketCaller } from '../support/caller.ts';
import { initiate, startServer, until, type TestServer } from '../support/server.ts';

// Whole calls over each carrier's media, in real time and in audio: what the vendor does is done by a fake of it.

const PROMPT =
  'You are Ada. Our shop is open from nine to five. It costs ten dollars a month. When the caller says "go forward ten meters", say "Moving forward."';
const FIRST = 'Hello, this is Ada. How can I help you today?';
const PERSON = '+493012345678';
const CARRIER_LIST = CARRIERS.map((one) =>
  one.id === 'aws-connect' ? connectWith(() => Promise.resolve(CERTIFICATE)) : one,
);

const FAKES: readonly {
  readonly id: string;
  readonly webhook: string;
  readonly make: () => FakeCarrier;
  readonly inbound: boolean;
  readonly transfers: boolean;
}[] = [
  { id: 'twilio', webhook: 'twilio', make: () => new FakeTwilio(), inbound: true, transfers: true },
  { id: 'vonage', webhook: 'vonage', make: () => new FakeVonage(), inbound: true, transfers: true },
  { id: 'generic-http', webhook: 'generic', make: () => new FakeGeneric(), inbound: true, transfers: true },
  { id: 'aws-connect', webhook: 'aws-connect', make: () => new FakeConnect(), inbound: false, transfers: false },
];

describe('calls over a carrier', { concurrency: 2 }, () => {
  let offline: OfflineProviders;
  before(() => {
    offline = makeOfflineProviders(1);
  });
  after(() => offline.close());
  const voice = async (text: string) =>
    decodeMulaw(encodeMulaw((await speak(offline.textToSpeech[0]!, text, 'offline-martin')).pcm));

  for (const { id, webhook, make, inbound, transfers } of FAKES) {
    describe(id, () => {
      let fake: FakeCarrier;
      let server: TestServer;
      let agentId: string;
      before(async () => {
        fake = await make().start();
        server = await startServer(
          { SIMULATOR_SPEED: '1', ...fake.environment },
          { carriers: CARRIER_LIST, knowsOwnVoice: false },
        );
        if (fake instanceof FakeConnect) fake.notifyUrl = `${server.url}/voice/webhook/aws-connect`;
        agentId = String(
          (
            await server.request('POST', '/v1/convai/agents', {
              name: 'A',
              system_prompt: PROMPT,
              first_message: FIRST,
              transfer_number: '+15557778888',
            })
          ).body['agent_id'],
        );
        const { body } = await server.request('GET', '/voice/providers/current');
        assert.equal(body['provider'], id);
      });
      after(async () => {
        // Requests in progress when the server stops get no answer.
        const problems = [...fake.problems];
        await server.close();
        await fake.close();
        assert.deepEqual(problems, []);
        assert.deepEqual(server.trouble, []);
      });

      const callOf = async (sid: string) => (await server.app.core.store.calls.find(1, sid))!;
      const entries = async (sid: string) => server.app.core.store.entries.ofCall((await callOf(sid)).conversationId);
      const untilSaid = (sid: string, role: string, pattern: RegExp) =>
        until(`${role} to say ${String(pattern)}`, 30_000, async () =>
          (await entries(sid)).some((entry) => entry.role === role && pattern.test(entry.text)),
        );
      const mediaOf = (call: FakeCall) =>
        until('the media socket', 10_000, () => (call.media?.socket.readyState === 1 ? call.media : null));
      const quiet = (media: SocketCaller) => until('what was said to be out', 10_000, () => !media.speaking);
      const ended = (sid: string) =>
        until(`call ${sid} to end`, 20_000, async () => {
          const call = await callOf(sid);
          return call.endedAt === null ? null : call;
        });

      it('is placed, understood both ways, interrupted, lost, taken up again, and over when the other end hangs up', async () => {
        const body = await initiate(server, {
          phone_number: PERSON,
          agent_id: agentId,
          options: { recording: true, caller_id: '+15551230000', timeout: 25 },
        });
        assert.deepEqual([body['provider'], body['status'], body['estimated_duration']], [id, 'initiating', 25]);
        const call = await until(
          'the carrier to be asked',
          5000,
          () => fake.calls.find((one) => one.to.endsWith('493012345678')) ?? null,
        );
        assert.ok(call.from.endsWith('15551230000'));
        const sid = String(body['call_id']).replace('call_', '');
        const record = await server.app.core.store.calls.byId(Number(sid));
        const key = record!.sid;
        const first = await mediaOf(call);
        first.speak(await voice('hello'));
        await untilSaid(key, 'agent', /How can I help/);
        const greeting = first.heard();
        first.speak(await voice('when are you open'));
        await untilSaid(key, 'agent', /nine to five/);
        // Interrupted in the middle of a sentence.
        const before = first.heardSeconds;
        first.speak(await voice('what does it cost'));
        await until('the agent to have said some words', 10_000, () => first.heardSeconds > before + 0.7);
        first.speak(await voice('wait stop i have a question'));
        await until('a clear', 4000, () => first.clears > 0);
        await until('the interruption on record', 10_000, async () =>
          (await entries(key)).some((entry) => entry.detail['interrupted'] === true),
        );
        await quiet(first);
        // Lost, and back.
        fake.drop(call);
        const second = await until('another media socket', 8000, () =>
          call.media && call.media !== first && call.media.socket.readyState === 1 ? call.media : null,
        );
        second.speak(await voice('go forward ten meters'));
        await untilSaid(key, 'agent', /Moving forward/);
        assert.ok(second.heardSeconds > 0.5, 'nothing was heard on the second connection');
        await fake.hangUp(call);
        const over = await ended(key);
        // Recognition may take longer than a caller may be silent, so it comes after the call.
        assert.match(await understood(offline.speechToText[0]!, greeting, [FIRST]), /can i help you/);
        assert.deepEqual(
          [over.status, over.endReason, over.carrier, over.carrierCallId],
          ['completed', 'caller_hung_up', id, call.id],
        );
        assert.match(
          (await entries(key))
            .filter((entry) => entry.role === 'caller')
            .map((entry) => entry.text)
            .join(' '),
          /when are you open/,
        );
        assert.ok(over.recordingKey);
        for (const spelled of [call.id, over.sid, `call_${over.id}`])
          assert.equal(
            (await server.request('GET', `/voice/calls/${spelled}/status`)).body['status'],
            'completed',
            spelled,
          );
      });

      if (inbound) {
        it('comes in, is answered by the agent of its number, and hung up by us', async () => {
          const { status } = await server.request('POST', '/voice/numbers', {
            phone_number: '+15554443333',
            provider: id,
            agent_id: agentId,
          });
          assert.equal(status, 200);
          const call = await fake.announce(`${server.url}/voice/webhook/${webhook}`, PERSON, '+15554443333');
          const media = await mediaOf(call);
          await until('the agent to speak', 10_000, () => media.heardSeconds > 1);
          const record = await until('the call', 5000, () => server.app.core.store.calls.atCarrier(id, call.id, null));
          assert.deepEqual(
            [record.direction, record.from, record.to, `agent_${record.agentId}`, record.recorded],
            ['inbound', PERSON, '+15554443333', agentId, false],
          );
          const end = await server.request('POST', `/voice/calls/call_${record.id}/end`);
          assert.equal(end.body['status'], 'completed');
          await until('the hang-up at the carrier', 5000, () => call.ended);
        });
      }

      if (transfers) {
        it("is handed over to a person's number", async () => {
          const body = await initiate(server, { phone_number: '+493098765432', agent_id: agentId });
          const call = await until(
            'the carrier to be asked',
            5000,
            () => fake.calls.find((one) => one.to.endsWith('493098765432')) ?? null,
          );
          const media = await mediaOf(call);
          media.speak(await voice('hello'));
          const record = (await server.app.core.store.calls.byId(
            Number(String(body['call_id']).replace('call_', '')),
          ))!;
          await untilSaid(record.sid, 'agent', /How can I help/);
          media.speak(await voice('i want to speak to a human please'));
          await until('the transfer', 20_000, () => call.transferredTo);
          assert.ok(call.transferredTo!.endsWith('15557778888'));
          const over = await ended(record.sid);
          assert.deepEqual([over.status, over.endReason], ['completed', 'transferred']);
          assert.equal(call.ended, false, 'the caller was cut off');
        });
      }
    });
  }
});
