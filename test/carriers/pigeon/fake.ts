import { randomBytes } from 'node:crypto';
import { FakeCarrier, type FakeCall, type Happening, type Sent } from '../fake-carrier.ts';

/** The vendor of `docs/adding-a-carrier.md`. */
export class FakePigeon extends FakeCarrier {
  get environment(): Readonly<Record<string, string>> {
    return { PIGEON_URL: this.url, PIGEON_TOKEN: 'the-token-of-the-pigeon', PIGEON_PHONE_NUMBER: '+15559993333' };
  }

  protected serve({ path, headers, body }: Parameters<FakeCarrier['serve']>[0]): { status: number; body: unknown } {
    if (headers.authorization !== 'Pigeon the-token-of-the-pigeon') return { status: 401, body: this.problem(401) };
    const asked = JSON.parse(body) as Record<string, string>;
    if (path === '/coo') return { status: 200, body: {} };
    if (path === '/fly') {
      this.dials++;
      if (this.fault === 'refuses') return { status: 400, body: { why: 'no such number' } };
      const call = this.add({
        id: randomBytes(6).toString('hex'),
        to: asked['to']!,
        from: asked['from']!,
        direction: 'outbound',
        asked,
        answerUrl: asked['media']!,
        eventUrl: asked['events']!,
      });
      this.ring(call);
      return { status: 200, body: { id: call.id } };
    }
    const call = this.calls.find((one) => one.id === asked['id']);
    if (!call || call.ended) return { status: 404, body: { why: 'it has landed' } };
    call.ended = true;
    call.media?.socket.close();
    return { status: 200, body: {} };
  }

  webhook(call: FakeCall, what: Happening): Sent {
    return {
      url: call.eventUrl!,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: call.id, event: what, from: call.from, to: call.to }),
    };
  }

  announce(): Promise<FakeCall> {
    return Promise.reject(new Error('pigeons fly one way'));
  }

  protected problem(status: number): unknown {
    return { why: status === 401 ? 'a stranger' : 'slower, please' };
  }
}
