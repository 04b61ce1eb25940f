import { randomBytes } from 'node:crypto';
import { FakeCarrier, type FakeCall, type Happening, type Sent } from './fake-carrier.ts';

const TOKEN = 'the-token-of-the-generic-carrier';
const WORDS: Readonly<Record<Happening, string>> = {
  ringing: 'call.ringing',
  answered: 'call.answered',
  completed: 'call.completed',
  busy: 'call.busy',
  'no-answer': 'call.no_answer',
  canceled: 'call.canceled',
  failed: 'call.failed',
  machine: 'call.machine',
  human: 'call.human',
};

/**
 * A fake carrier with the generic protocol. It opens its media socket when the call is answered, and again after a
 * loss.
 */
export class FakeGeneric extends FakeCarrier {
  get environment(): Readonly<Record<string, string>> {
    return { GENERIC_CARRIER_URL: `${this.url}/calls`, GENERIC_CARRIER_TOKEN: TOKEN };
  }

  protected serve({ method, path, headers, body }: Parameters<FakeCarrier['serve']>[0]): {
    status: number;
    body: unknown;
  } {
    if (headers.authorization !== `Bearer ${TOKEN}`) return { status: 401, body: this.problem(401) };
    if (method === 'OPTIONS') return { status: 204, body: null };
    const asked = JSON.parse(body) as Record<string, string>;
    if (path === '/calls') return this.#create(asked);
    const [, id, what] = /^\/calls\/([^/]+)\/(end|transfer)$/.exec(path) ?? [];
    const call = this.calls.find((one) => one.id === id);
    if (!call || call.ended) return { status: 404, body: { error: 'no such call' } };
    if (what === 'end') {
      call.ended = true;
      call.media?.socket.close();
      this.inBackground(async () => void (await this.tell(call, 'completed')));
    } else {
      call.transferredTo = asked['to']!;
      call.media?.socket.close();
    }
    return { status: 200, body: { success: true } };
  }

  #create(asked: Record<string, string>): { status: number; body: unknown } {
    this.dials++;
    if (this.fault === 'refuses') return { status: 422, body: { error: 'that number is not served' } };
    const call = this.add({
      id: `gc-${randomBytes(8).toString('hex')}`,
      to: asked['to']!,
      from: asked['from'] ?? '',
      direction: 'outbound',
      asked,
      answerUrl: asked['media_url']!,
      eventUrl: asked['webhook_url']!,
    });
    this.ring(call);
    return { status: 200, body: { call_id: call.id } };
  }

  webhook(call: FakeCall, what: Happening): Sent {
    return {
      url: call.eventUrl!,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        provider: 'fake',
        event_type: WORDS[what],
        call_id: call.id,
        data: { from: call.from, to: call.to },
      }),
    };
  }

  async announce(url: string, from: string, to: string): Promise<FakeCall> {
    const id = `gc-${randomBytes(8).toString('hex')}`;
    const reply = await this.send({
      url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ provider: 'fake', event_type: 'call.started', call_id: id, data: { from, to } }),
    });
    if (reply.status !== 200) throw new Error(`${reply.status} ${reply.body}`);
    const { media_url: media, webhook_url: events } = JSON.parse(reply.body) as {
      media_url: string;
      webhook_url: string;
    };
    const call = this.add({ id, to, from, direction: 'inbound', asked: {}, answerUrl: media, eventUrl: events });
    await this.open(call);
    return call;
  }

  protected problem(status: number): unknown {
    return { error: status === 401 ? 'wrong token' : 'slower, please' };
  }
}
