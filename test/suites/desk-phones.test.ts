import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CARRIERS } from '#carriers/catalog.ts';
import { connectWith } from '#carriers/connect/manifest.ts';
import { setAgentStatus } from '#core/desk/agent-status.ts';
import { handBack, holdCaller, resumeCaller } from '#core/desk/desk-call.ts';
import { listHumanAgents } from '#core/desk/desk-view.ts';
import { transferCall, transfersOf, type Transfer } from '#core/desk/transfer-call.ts';
import { createUser } from '#core/identity/users.ts';
import type { Context } from '#core/kernel/context.ts';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import { makeOfflineProviders } from '#providers/offline/offline.ts';
import { CERTIFICATE, FakeConnect } from '../carriers/connect.ts';
import type { FakeCall, FakeCarrier } from '../carriers/fake-carrier.ts';
import { FakeGeneric } from '../carriers/generic.ts';
import { FakeLiveKitRooms } from '../carriers/livekit-rooms.ts';
import { FakeTwilio } from '../carriers/twilio.ts';
import { FakeVonage } from '../carriers/vonage.ts';
import { speak } from '../contract/text-to-speech.ts';
import { amplitudeAt } from '../engine/bridge-stage.ts';
import { SocketCaller } from '../support/caller.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// Human agents at telephones over every carrier, each by a fake of it: one caller is handed from one agent to the next.

const connect = new FakeConnect();
const livekit = new FakeLiveKitRooms();
const CARRIER_LIST = CARRIERS.map((one) => {
  if (one.id === 'livekit') return livekit.manifest;
  return one.id === 'aws-connect' ? connectWith(() => Promise.resolve(CERTIFICATE)) : one;
});
const FAKES: Readonly<Record<string, FakeCarrier>> = {
  twilio: new FakeTwilio(),
  vonage: new FakeVonage(),
  'generic-http': new FakeGeneric(),
  'aws-connect': connect,
  livekit,
};
const WAIT_MS = 60_000;

let server: TestServer;
let admin: Context;
let caller: SocketCaller;
let callId: number;
let serial = 0;

before(async () => {
  const fakes = Object.values(FAKES);
  for (const fake of fakes) await fake.start();
  server = await startServer(Object.assign({}, ...fakes.map(({ environment }) => environment)), {
    carriers: CARRIER_LIST,
  });
  connect.notifyUrl = `${server.url}/voice/webhook/aws-connect`;
  livekit.notifyUrl = `${server.url}/voice/webhook/livekit`;
  admin = server.system;
  await callIn();
});
/** The caller whom the agents are rung for from now on. */
async function callIn(): Promise<void> {
  const { id: agentId } = (await server.app.core.store.agents.default(admin.organizationId))!;
  const { body } = await accepted(() =>
    server.request('POST', '/v1/convai/web-calls', { agent_id: `agent_${agentId}` }),
  );
  caller = new SocketCaller(String(body['websocket_url']));
  callId = await until('the caller to be connected', WAIT_MS, async () => {
    const call = await server.app.core.store.calls.bySid(String(body['call_sid']));
    return call?.status === 'answered' ? call.id : null;
  });
}
after(async () => {
  const fakes = Object.values(FAKES);
  await Promise.all(fakes.map((fake) => fake.rest()));
  await server.close();
  // A server that still listens keeps the process running, and hides what is wrong.
  await Promise.all(fakes.map((fake) => fake.close()));
  for (const { problems } of fakes) assert.deepEqual(problems, []);
  assert.deepEqual(
    server.trouble.filter((line) => !/a carrier did not take the dial of an agent/.test(line)),
    [],
  );
});

/** A new agent on duty at a telephone. */
async function onDuty(): Promise<{ readonly agentId: number; readonly phoneNumber: string }> {
  const phoneNumber = `+4930555${String(++serial).padStart(4, '0')}`;
  const { core } = server.app;
  const email = `phone${serial}@desk.test`;
  const details = { role: 'agent', password: 'long-enough-password-7', phoneNumber, answerBy: 'phone' } as const;
  const { id: agentId } = await createUser(core, admin, { ...details, email, name: `Agent ${serial}` });
  await setAgentStatus(core, admin, agentId, 'online');
  return { agentId, phoneNumber };
}
/** The telephone of that number as it rings at the carrier. */
const rung = (fake: FakeCarrier, phoneNumber: string): Promise<FakeCall> =>
  until(
    `${phoneNumber} to ring`,
    WAIT_MS,
    () => fake.calls.find(({ to }) => to.endsWith(phoneNumber.slice(1))) ?? null,
  );

/** The caller is offered to a new agent, whose telephone rings at the carrier. */
async function ring(fake: FakeCarrier, answers: boolean): Promise<{ phone: FakeCall; agentId: number }> {
  fake.answers = answers;
  const { agentId, phoneNumber } = await onDuty();
  const { core } = server.app;
  const transfer = { agentId, skills: [], transferType: 'warm', reason: 'a bill' } as const;
  await transferCall(core, admin, callId, transfer, 'x');
  return { phone: await rung(fake, phoneNumber), agentId };
}
const mediaOf = (phone: FakeCall) =>
  until("the agent's media", WAIT_MS, () => (phone.media?.socket.readyState === 1 ? phone.media : null));
const press = (media: SocketCaller, digit: string) => {
  media.send({ event: 'dtmf', streamSid: 'MO1234567890', dtmf: { digit } });
  // The words of the other protocol; each side ignores what it does not know.
  media.send({ event: 'websocket:dtmf', digit });
};
const last = async (): Promise<Transfer> => (await transfersOf(server.app.core, { id: callId })).at(-1)!;
const outcome = async (wanted: string): Promise<Transfer> => {
  const found = await until(`the transfer to be ${wanted}`, WAIT_MS, async () => {
    const transfer = await last();
    return transfer.outcome === null ? null : transfer;
  });
  assert.equal(found.outcome, wanted);
  assert.equal(found.humanConnectedAt !== null, wanted === 'bridged');
  return found;
};
const hungUp = (phone: FakeCall) => until('the telephone to be hung up', WAIT_MS, () => phone.ended);
const tone = (who: SocketCaller, hz: number) =>
  who.speak(Int16Array.from({ length: 8000 * 60 }, (_, i) => 8000 * Math.sin((2 * Math.PI * hz * i) / 8000)));
const hears = (who: SocketCaller, hz: number) => amplitudeAt(who.heard().slice(-4000), hz) > 1000;

/** What becomes of an offer by telephone: what the agent does, the outcome, and its cause if there is one. */
interface Case {
  readonly what: string;
  readonly answers: boolean;
  readonly does: (fake: FakeCarrier, phone: FakeCall) => Promise<void>;
  readonly outcome: string;
  readonly cause?: RegExp;
}
const REQUEST = 'I want to speak to a human, please.';
const spoken = new Map<string, Int16Array>();
const says = async (phone: FakeCall, word: string) => (await mediaOf(phone)).speak(spoken.get(word)!);
const CASES: readonly Case[] = [
  {
    what: 'accepted by key',
    answers: true,
    does: async (_, phone) => {
      const media = await mediaOf(phone);
      await until('the agent to hear who waits', WAIT_MS, () => media.heardSeconds > 0.5);
      assert.equal((await last()).outcome, null, 'picking up accepts nothing');
      press(media, '5');
      press(media, '1');
    },
    outcome: 'bridged',
  },
  { what: 'accepted by word', answers: true, does: (_, phone) => says(phone, 'yes'), outcome: 'bridged' },
  {
    what: 'declined by key',
    answers: true,
    does: async (_, phone) => press(await mediaOf(phone), '2'),
    outcome: 'declined',
    cause: /declined/,
  },
  {
    what: 'declined by word',
    answers: true,
    does: (_, phone) => says(phone, 'no thank you'),
    outcome: 'declined',
    cause: /declined/,
  },
  {
    what: 'busy',
    answers: false,
    does: async (fake, phone) => void (await fake.tell(phone, 'busy')),
    outcome: 'busy',
    cause: /busy|USER_REJECTED/,
  },
  {
    what: 'no answer',
    answers: false,
    does: async (fake, phone) => void (await fake.tell(phone, 'no-answer')),
    outcome: 'no_answer',
    cause: /no.answer|never arrived|USER_UNAVAILABLE/,
  },
];

/** Agent and caller hear each other; the agent hangs up, and the caller stays. */
async function talkAndHangUp(id: string, fake: FakeCarrier, phone: FakeCall, agentId: number): Promise<void> {
  const media = await mediaOf(phone);
  tone(media, 500);
  await until('the caller to hear the agent', WAIT_MS, () => hears(caller, 500));
  tone(caller, 1000);
  await until('the agent to hear the caller', WAIT_MS, () => hears(media, 1000));
  const leg = (await server.app.core.store.legs.ofCall(callId)).at(-1)!;
  assert.deepEqual([leg.carrier, leg.carrierLegId, leg.userId, leg.status], [id, phone.id, agentId, 'answered']);
  await fake.hangUp(phone);
  await until('the leg to be over', WAIT_MS, async () => {
    const now = await server.app.core.store.legs.byId(leg.id);
    return now?.status === 'ended';
  });
  assert.equal((await server.app.core.store.calls.byId(callId))!.status, 'answered', 'the caller stays');
}

describe('human agents at telephones', { concurrency: 1 }, () => {
  before(async () => {
    const offline = makeOfflineProviders(1);
    try {
      for (const [word, voice] of [
        ['yes', 'offline-martin'],
        ['no thank you', 'offline-martin'],
        [REQUEST, 'offline-oscar'],
      ] as const) {
        const { pcm } = await speak(offline.textToSpeech[0]!, word, voice);
        spoken.set(word, decodeMulaw(encodeMulaw(pcm)));
      }
    } finally {
      await offline.close();
    }
  });

  for (const [id, fake] of Object.entries(FAKES))
    for (const { what, answers, does, outcome: wanted, cause } of CASES)
      it(`desk.md 15 over ${id}: ${what}`, async () => {
        await server.request('POST', '/voice/providers/switch', { provider: id });
        const { phone, agentId } = await ring(fake, answers);
        await does(fake, phone);
        const found = await outcome(wanted);
        if (cause) assert.match(found.cause!, cause);
        if (wanted === 'bridged') await talkAndHangUp(id, fake, phone, agentId);
        else if (answers) await hungUp(phone);
      });

  it('desk.md 15: an answering machine never accepts, and is hung up', async () => {
    const fake = FAKES['twilio']!;
    await server.request('POST', '/voice/providers/switch', { provider: 'twilio' });
    const { phone } = await ring(fake, true);
    await mediaOf(phone);
    await fake.tell(phone, 'machine');
    assert.equal((await outcome('no_answer')).cause, 'answering_machine');
    await hungUp(phone);
  });

  it('the next carrier dials where one is down; a caller who leaves ends the ringing', async () => {
    const [twilio, vonage] = [FAKES['twilio']!, FAKES['vonage']!];
    await server.request('PUT', '/voice/providers/failover', { providers: ['vonage'] });
    twilio.fault = 'unauthorized';
    const { phone } = await ring(vonage, false);
    twilio.fault = null;
    caller.socket.close(1000);
    await hungUp(phone);
    const transfer = await outcome('caller_gone');
    assert.equal(transfer.offers[0]!.state, 'caller_gone');
  });

  for (const [id, fake] of Object.entries(FAKES))
    it(`in audio over ${id}: asked for by a caller, the agent is briefed, talks, holds, hands back`, async () => {
      const { core } = server.app;
      await server.request('POST', '/voice/providers/switch', { provider: id });
      await callIn();
      for (const { agent } of await listHumanAgents(core, admin)) await setAgentStatus(core, admin, agent.id, 'away');
      fake.answers = true;
      const { phoneNumber } = await onDuty();
      const saysAgent = (words: string) =>
        until(`the AI agent to say "${words}"`, WAIT_MS, async () => {
          const { conversationId } = (await core.store.calls.byId(callId))!;
          const entries = await core.store.entries.ofCall(conversationId);
          return entries.some(({ role, text }) => role === 'agent' && text.includes(words));
        });
      await saysAgent('');
      caller.speak(spoken.get(REQUEST)!);
      const phone = await rung(fake, phoneNumber);
      const media = await mediaOf(phone);
      await until('the agent to hear who waits', WAIT_MS, () => media.heardSeconds > 0.5);
      assert.deepEqual([(await last()).requestedBy, (await last()).outcome], ['caller', null]);
      press(media, '1');
      await outcome('bridged');
      tone(media, 500);
      tone(caller, 1000);
      await until('the caller to hear the agent', WAIT_MS, () => hears(caller, 500));
      await until('the agent to hear the caller', WAIT_MS, () => hears(media, 1000));
      await holdCaller(core, admin, callId);
      await until('the caller on hold not to hear the agent', WAIT_MS, () => !hears(caller, 500));
      await until('the agent not to hear the caller on hold', WAIT_MS, () => !hears(media, 1000));
      await resumeCaller(core, admin, callId);
      await until('the caller to hear the agent again', WAIT_MS, () => hears(caller, 500));
      await until('the agent to hear the caller again', WAIT_MS, () => hears(media, 1000));
      await handBack(core, admin, callId);
      await hungUp(phone);
      await saysAgent('with the assistant again');
      caller.socket.close(1000);
      await until('the call to end', WAIT_MS, async () => (await core.store.calls.byId(callId))!.endedAt);
    });
});
