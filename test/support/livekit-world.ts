import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import type { Call } from '#core/calls/call.ts';
import { SipClient } from 'livekit-server-sdk';
import { speak } from '../contract/text-to-speech.ts';
import { LiveKitServer } from './livekit-server.ts';
import { freePort } from './process.ts';
import { RoomPhone } from './room-phone.ts';
import { startServer, until, type TestServer } from './server.ts';
import { SipGateway } from './sip-gateway.ts';

export const AGENT_NUMBER = '+15554443333';
export const FIRST_MESSAGE = 'Hello, this is Ada. How can I help you today?';
const PROMPT = 'You are Ada. Our shop is open from nine to five. It costs ten dollars a month.';

/** A LiveKit server, a server of ours that uses it, a number of its agent, and telephones that call it. */
export class LiveKitWorld {
  readonly livekit = new LiveKitServer();
  readonly gateway = new SipGateway();
  readonly offline: OfflineProviders = makeOfflineProviders(1);
  server!: TestServer;
  #callers = 0;
  #agentId = '';

  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const port = await freePort();
    await this.livekit.start(`http://127.0.0.1:${port}/voice/webhook/livekit`);
    const { url, key, secret } = this.livekit;
    await this.gateway.start(url);
    const trunk = await new SipClient(url.replace('ws', 'http'), key, secret).createSipOutboundTrunk(
      'out',
      'sip.example.com',
      ['+15550009999'],
    );
    const settings = {
      LIVEKIT_SIP_TRUNK_ID: trunk.sipTrunkId,
      PORTS: String(port),
      SIMULATOR_SPEED: '1',
      LIVEKIT_URL: this.gateway.url,
      LIVEKIT_API_KEY: key,
      LIVEKIT_API_SECRET: secret,
      ...env,
    };
    this.server = await startServer(settings, { knowsOwnVoice: false });
    const { body } = await this.server.request('POST', '/v1/convai/agents', {
      name: 'A',
      system_prompt: PROMPT,
      first_message: FIRST_MESSAGE,
    });
    this.#agentId = String(body['agent_id']);
    const number = { phone_number: AGENT_NUMBER, provider: 'livekit', agent_id: this.#agentId };
    const { status } = await this.server.request('POST', '/voice/numbers', number);
    if (status !== 200) throw new Error(`the number was refused: ${status}`);
  }

  async close(): Promise<void> {
    await this.server?.close();
    this.gateway.close();
    await this.livekit.close();
    await this.offline.close();
  }

  /** A sentence as it sounds on the telephone. */
  async voice(text: string): Promise<Int16Array> {
    return decodeMulaw(encodeMulaw((await speak(this.offline.textToSpeech[0]!, text, 'offline-martin')).pcm));
  }

  /** Someone calls the agent's number, and it has answered. */
  async callIn(): Promise<{ readonly phone: RoomPhone; readonly call: Call; readonly from: string }> {
    const from = `+49301234${String(1000 + ++this.#callers)}`;
    const phone = new RoomPhone(`call-_${from}_${Date.now()}`);
    await phone.join(this.livekit, {
      'sip.callStatus': 'active',
      'sip.phoneNumber': from,
      'sip.trunkPhoneNumber': AGENT_NUMBER,
      'sip.callID': `SCL_${from.slice(1)}`,
    });
    const call = await until('the call', 60_000, () =>
      this.server.app.core.store.calls.atCarrier('livekit', phone.room, null),
    );
    return { phone, call, from };
  }

  /** Someone calls and has heard the greeting; while the server is too busy for another call, they call again. */
  async talk(): Promise<Awaited<ReturnType<LiveKitWorld['callIn']>>> {
    for (let attempts = 0; attempts < 10; attempts++) {
      const one = await this.callIn();
      const said = await until(
        'the agent to speak',
        60_000,
        async () => (await this.entries(one.call)).find(({ role }) => role === 'agent') ?? null,
      );
      if (said.text === FIRST_MESSAGE) return one;
      await one.phone.leave();
      await this.untilEnded(one.call);
    }
    throw new Error('the server is too busy');
  }

  /** The agent calls someone, who picks up. */
  async callOut(to: string, more: object): Promise<{ readonly phone: RoomPhone; readonly call: Call }> {
    const dialled = Promise.withResolvers<RoomPhone>();
    this.gateway.onDial = async ({ roomName, participantIdentity, sipCallTo }) => {
      const phone = new RoomPhone(roomName);
      await phone.join(
        this.livekit,
        { 'sip.callStatus': 'active', 'sip.phoneNumber': sipCallTo, 'sip.callID': 'SCL_out' },
        true,
        participantIdentity,
      );
      dialled.resolve(phone);
    };
    const wish = { to_number: to, agent_id: this.#agentId, ...more };
    const { body } = await this.server.request('POST', '/v1/convai/twilio/outbound-call', wish);
    const phone = await dialled.promise;
    return { phone, call: (await this.server.app.core.store.calls.bySid(String(body['call_sid'])))! };
  }

  async entries({ conversationId }: Pick<Call, 'conversationId'>) {
    return this.server.app.core.store.entries.ofCall(conversationId);
  }

  async untilSaid(call: Call, role: string, pattern: RegExp): Promise<void> {
    let said: string[] = [];
    const look = async () => {
      const entries = await this.entries(call);
      said = entries.map((entry) => `${entry.role}: ${entry.text}`);
      return entries.some((entry) => entry.role === role && pattern.test(entry.text));
    };
    await until(`${role} to say ${String(pattern)}`, 60_000, look).catch(async (error: unknown) => {
      const { status, endReason } = (await this.server.app.core.store.calls.byId(call.id))!;
      throw new Error(`the call is ${status} (${endReason}), with ${JSON.stringify(said)}`, { cause: error });
    });
  }

  untilEnded({ id }: Pick<Call, 'id'>, limitMs = 60_000): Promise<Call> {
    return until('the end of the call', limitMs, async () => {
      const call = (await this.server.app.core.store.calls.byId(id))!;
      return call.endedAt === null ? null : call;
    });
  }
}
