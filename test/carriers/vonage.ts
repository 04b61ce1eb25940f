import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { encodeMulaw } from '#engine/audio/mulaw.ts';
import { Resampler } from '#engine/audio/resampler.ts';
import { SocketCaller } from '../support/caller.ts';
import { FakeCarrier, type FakeCall, type Happening, type Reply, type Sent } from './fake-carrier.ts';

const SECRET = 'the-signature-secret-of-the-application';
const KEY = 'vonage-key';
const APPLICATION = 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const WORDS: Readonly<Record<Happening, string>> = {
  ringing: 'ringing',
  answered: 'answered',
  completed: 'completed',
  busy: 'busy',
  'no-answer': 'unanswered',
  canceled: 'cancelled',
  failed: 'failed',
  machine: 'machine',
  human: 'human',
};

interface Connect {
  readonly action: string;
  readonly eventUrl?: readonly string[];
  readonly endpoint?: readonly {
    readonly type: string;
    readonly uri?: string;
    readonly number?: string;
    readonly headers?: Record<string, string>;
    readonly 'content-type'?: string;
  }[];
}

/** Linear 16 kHz in binary frames, `notify` and `clear` in text. */
class VonageCaller extends SocketCaller {
  readonly #up = new Resampler(8000, 16_000);
  readonly #down = new Resampler(16_000, 8000);

  protected override audio(frame: Int16Array): object {
    return Buffer.from(this.#up.process(frame).slice().buffer);
  }

  protected override mark(name: string): object {
    return { event: 'websocket:notify', payload: { mark: name } };
  }

  protected override read(data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      if (data.length !== 640) throw new Error(`a frame of ${data.length} bytes`);
      const pcm = Int16Array.from({ length: 320 }, (_, i) => data.readInt16LE(2 * i));
      return this.heardFrame(encodeMulaw(this.#down.process(pcm)));
    }
    const { action, payload } = JSON.parse(data.toString()) as { action: string; payload?: { mark: string } };
    if (action === 'notify') this.heardMark(payload!.mark);
    else if (action === 'clear') this.cleared();
  }
}

export class FakeVonage extends FakeCarrier {
  /** Tokens of webhooks need a promise to be signed: made ahead. */
  readonly #events = new Map<FakeCall, string>();

  get environment(): Readonly<Record<string, string>> {
    return {
      VONAGE_API_KEY: KEY,
      VONAGE_API_SECRET: 'vonage-api-secret',
      VONAGE_APPLICATION_ID: APPLICATION,
      VONAGE_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().replaceAll('\n', '\\n'),
      VONAGE_SIGNATURE_SECRET: SECRET,
      VONAGE_PHONE_NUMBER: '15559991111',
      VONAGE_API_BASE_URL: this.url,
    };
  }

  static async authorization(
    body: string | null,
    more: { secret?: string; at?: Date; jti?: string; algorithm?: string } = {},
  ): Promise<string> {
    const token = new SignJWT({
      api_key: KEY,
      application_id: APPLICATION,
      iss: 'Vonage',
      // A request by GET has no body, and its token no hash of one.
      ...(body === null ? {} : { payload_hash: createHash('sha256').update(body).digest('hex') }),
    })
      .setProtectedHeader({ alg: more.algorithm ?? 'HS256', typ: 'JWT' })
      .setJti(more.jti ?? randomUUID())
      .setIssuedAt(Math.floor((more.at ?? new Date()).getTime() / 1000));
    return `Bearer ${await token.sign(new TextEncoder().encode(more.secret ?? SECRET))}`;
  }

  protected async serve({
    method,
    path,
    headers,
    body,
  }: Parameters<FakeCarrier['serve']>[0]): Promise<{ status: number; body: unknown }> {
    const token = headers.authorization?.replace('Bearer ', '') ?? '';
    const known = await jwtVerify(token, publicKey, { algorithms: ['RS256'] }).then(
      ({ payload }) => payload['application_id'] === APPLICATION,
      () => false,
    );
    if (!known) return { status: 401, body: this.problem(401) };
    if (path === '/v1/calls' && method === 'POST') return this.#create(JSON.parse(body) as Record<string, unknown>);
    if (path === '/v1/calls')
      return {
        status: 200,
        body: {
          count: this.calls.length,
          page_size: 100,
          record_index: 0,
          _links: {},
          _embedded: {
            calls: this.calls.map((call) => ({
              uuid: call.id,
              status: call.ended ? 'completed' : 'started',
              to: { type: 'phone', number: call.to },
              from: { type: 'phone', number: call.from },
            })),
          },
        },
      };
    const call = this.calls.find((one) => path === `/v1/calls/${one.id}`);
    if (!call)
      return {
        status: 404,
        body: {
          type: 'https://developer.vonage.com/api-errors#not-found',
          title: 'Not Found',
          detail: 'The requested call does not exist',
        },
      };
    const asked = JSON.parse(body) as { action: string; destination?: { ncco: Connect[] } };
    if (asked.action === 'hangup') {
      call.ended = true;
      call.media?.socket.close();
      this.inBackground(async () => void (await this.tell(call, 'completed')));
    } else if (asked.action === 'transfer') this.inBackground(() => this.#carryOut(call, asked.destination!.ncco));
    return { status: 204, body: null };
  }

  #create(asked: Record<string, unknown>): { status: number; body: unknown } {
    this.dials++;
    if (this.fault === 'refuses')
      return {
        status: 400,
        body: { type: 'https://developer.vonage.com/api-errors', title: 'Bad Request', detail: 'Invalid number: to' },
      };
    const [to] = asked['to'] as { number: string }[];
    const call = this.add({
      id: randomUUID(),
      to: to!.number,
      from: (asked['from'] as { number: string }).number,
      direction: 'outbound',
      asked,
      answerUrl: (asked['answer_url'] as string[])[0]!,
      eventUrl: (asked['event_url'] as string[])[0]!,
    });
    this.ring(call);
    return {
      status: 201,
      body: { uuid: call.id, status: 'started', direction: 'outbound', conversation_uuid: `CON-${call.id}` },
    };
  }

  #about = (call: FakeCall) => ({
    uuid: call.id,
    conversation_uuid: `CON-${call.id}`,
    direction: call.direction,
    from: call.from,
    to: call.to,
  });

  webhook(call: FakeCall, what: Happening, at = new Date()): Sent {
    return {
      url: call.eventUrl!,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...this.#about(call),
        status: WORDS[what],
        timestamp: at.toISOString(),
        serial: randomUUID(),
      }),
    };
  }

  /** Signed when it is sent; one that shows a token already is sent as it is. */
  override async send(sent: Sent): Promise<Reply> {
    return super.send(
      'authorization' in sent.headers
        ? sent
        : { ...sent, headers: { ...sent.headers, authorization: await FakeVonage.authorization(sent.body) } },
    );
  }

  protected override async connect(call: FakeCall): Promise<void> {
    await this.#ask(call, call.answerUrl!, { ...this.#about(call), region_url: this.url });
  }

  async announce(url: string, from: string, to: string): Promise<FakeCall> {
    const call = this.add({
      id: randomUUID(),
      to: to.replace('+', ''),
      from: from.replace('+', ''),
      direction: 'inbound',
      asked: {},
      answerUrl: url,
      eventUrl: url,
    });
    await this.#ask(call, url, { ...this.#about(call), direction: undefined });
    return call;
  }

  async #ask(call: FakeCall, url: string, body: object): Promise<void> {
    const { status, body: ncco } = await this.send({
      url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (status !== 200) throw new Error(`${status} ${ncco}`);
    await this.#carryOut(call, JSON.parse(ncco) as Connect[]);
  }

  async #carryOut(call: FakeCall, actions: readonly Connect[]): Promise<void> {
    if (call.ended) return;
    const [connect] = actions;
    if (!connect) {
      // Nothing is left to do: the call is over.
      call.ended = true;
      return void (await this.tell(call, 'completed'));
    }
    const [endpoint] = connect.endpoint ?? [];
    if (connect.action !== 'connect' || !endpoint) throw new Error(`what is ${JSON.stringify(connect)}?`);
    if (endpoint.type === 'phone') {
      call.transferredTo = endpoint.number!;
      call.media?.socket.close();
      return;
    }
    if (endpoint['content-type'] !== 'audio/l16;rate=16000') throw new Error('16 kHz is what is asked for');
    this.#events.set(call, connect.eventUrl![0]!);
    const socket = new VonageCaller(endpoint.uri!, {
      start: { event: 'websocket:connected', 'content-type': 'audio/l16;rate=16000', ...endpoint.headers },
    });
    // The socket is a leg of its own, and says so when it is lost: the answer is what is done next.
    this.carry(call, socket, async () => {
      if (call.transferredTo === null)
        await this.#ask(call, this.#events.get(call)!, {
          ...this.#about(call),
          uuid: randomUUID(),
          status: 'disconnected',
          direction: 'outbound',
        });
    });
  }

  protected problem(status: number): unknown {
    return status === 401
      ? {
          type: 'https://developer.vonage.com/api-errors#unauthorized',
          title: 'Unauthorized',
          detail: 'You did not provide correct credentials.',
        }
      : { title: 'Throttled', detail: 'You have exceeded your quota' };
  }
}
