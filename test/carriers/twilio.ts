import { createHmac, randomBytes } from 'node:crypto';
import { load } from 'cheerio';
import { SocketCaller } from '../support/caller.ts';
import { FakeCarrier, type FakeCall, type Happening, type Sent } from './fake-carrier.ts';

const ACCOUNT = `AC${'a1'.repeat(16)}`;
const TOKEN = 'the-auth-token-of-the-account';
const OWN_NUMBER = '+15559990000';
const WORDS: Readonly<Record<Happening, string>> = {
  ringing: 'ringing',
  answered: 'in-progress',
  completed: 'completed',
  busy: 'busy',
  'no-answer': 'no-answer',
  canceled: 'canceled',
  failed: 'failed',
  machine: 'in-progress',
  human: 'in-progress',
};

export class FakeTwilio extends FakeCarrier {
  readonly #opening = new Map<FakeCall, Record<string, string>>();

  get environment(): Readonly<Record<string, string>> {
    return {
      TWILIO_ACCOUNT_SID: ACCOUNT,
      TWILIO_AUTH_TOKEN: TOKEN,
      TWILIO_PHONE_NUMBER: OWN_NUMBER,
      TWILIO_API_BASE_URL: this.url,
    };
  }

  static signature(url: string, form: URLSearchParams = new URLSearchParams(), token = TOKEN): string {
    return createHmac('sha1', token)
      .update(
        url +
          [...form]
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, value]) => name + value)
            .join(''),
      )
      .digest('base64');
  }

  protected serve({ method, path, headers, query, body }: Parameters<FakeCarrier['serve']>[0]): {
    status: number;
    body: unknown;
  } {
    if (headers.authorization !== `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64')}`)
      return { status: 401, body: this.problem(401) };
    const account = `/2010-04-01/Accounts/${ACCOUNT}`;
    if (path === `${account}.json`) return { status: 200, body: { sid: ACCOUNT, status: 'active' } };
    if (path === `${account}/Calls.json` && method === 'POST') return this.#create(new URLSearchParams(body));
    if (path === `${account}/Calls.json`)
      return {
        status: 200,
        body: {
          calls: this.calls.filter((call) => call.to === query.get('To')).map((call) => this.#shown(call)),
          next_page_uri: null,
        },
      };
    const call = this.calls.find((one) => path === `${account}/Calls/${one.id}.json`);
    if (!call)
      return {
        status: 404,
        body: { code: 20404, message: `The requested resource ${path} was not found`, status: 404 },
      };
    return this.#update(call, new URLSearchParams(body));
  }

  #create(form: URLSearchParams): { status: number; body: unknown } {
    this.dials++;
    const [to, from] = [form.get('To') ?? '', form.get('From') ?? ''];
    if (this.fault === 'refuses')
      return {
        status: 400,
        body: {
          code: 21211,
          message: `The 'To' number ${to} is not a valid phone number.`,
          more_info: 'https://www.twilio.com/docs/errors/21211',
          status: 400,
        },
      };
    const call = this.add({
      id: `CA${randomBytes(16).toString('hex')}`,
      to,
      from,
      direction: 'outbound',
      asked: Object.fromEntries(form),
      answerUrl: form.get('Url'),
      eventUrl: form.get('StatusCallback'),
    });
    this.ring(call);
    return { status: 201, body: this.#shown(call) };
  }

  #update(call: FakeCall, form: URLSearchParams): { status: number; body: unknown } {
    if (call.ended)
      return { status: 400, body: { code: 21220, message: 'Call is not in-progress. Cannot redirect.', status: 400 } };
    if (form.get('Status') === 'completed') {
      call.ended = true;
      call.media?.socket.close();
      this.inBackground(async () => void (await this.tell(call, 'completed')));
    } else if (form.has('Twiml')) this.inBackground(() => this.#carryOut(call, form.get('Twiml')!));
    return { status: 200, body: this.#shown(call) };
  }

  #shown = (call: FakeCall) => ({
    sid: call.id,
    account_sid: ACCOUNT,
    to: call.to,
    from: call.from,
    status: call.ended ? 'completed' : 'queued',
    direction: 'outbound-api',
    date_created: new Date().toUTCString(),
  });

  /** Posted as the vendor posts it, signed over the address and every parameter. */
  #signed(url: string, form: Record<string, string>): Sent {
    const body = new URLSearchParams(form);
    return {
      url,
      body: body.toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-twilio-signature': FakeTwilio.signature(url, body),
      },
    };
  }

  #about = (call: FakeCall, status: string) => ({
    AccountSid: ACCOUNT,
    ApiVersion: '2010-04-01',
    CallSid: call.id,
    CallStatus: status,
    Direction: call.direction === 'inbound' ? 'inbound' : 'outbound-api',
    From: call.from,
    To: call.to,
  });

  webhook(call: FakeCall, what: Happening, at = new Date()): Sent {
    if (what === 'machine' || what === 'human') {
      const url = new URL(call.eventUrl!);
      url.searchParams.set('for', 'machine');
      return this.#signed(url.href, {
        ...this.#about(call, 'in-progress'),
        AnsweredBy: what === 'human' ? 'human' : 'machine_start',
        MachineDetectionDuration: '3000',
      });
    }
    return this.#signed(call.eventUrl!, {
      ...this.#about(call, WORDS[what]),
      CallbackSource: 'call-progress-events',
      SequenceNumber: String(this.sent.length),
      Timestamp: at.toUTCString(),
    });
  }

  protected override async connect(call: FakeCall): Promise<void> {
    await this.#ask(call, call.answerUrl!, 'in-progress');
  }

  async announce(url: string, from: string, to: string): Promise<FakeCall> {
    const call = this.add({
      id: `CA${randomBytes(16).toString('hex')}`,
      to,
      from,
      direction: 'inbound',
      asked: {},
      answerUrl: url,
      eventUrl: url,
    });
    await this.#ask(call, url, 'ringing');
    return call;
  }

  async #ask(call: FakeCall, url: string, status: string): Promise<void> {
    const { status: code, body } = await this.send(this.#signed(url, this.#about(call, status)));
    if (code !== 200) throw new Error(`${code} ${body}`);
    await this.#carryOut(call, body);
  }

  async #carryOut(call: FakeCall, twiml: string): Promise<void> {
    const xml = load(twiml, { xml: true });
    const [verb] = xml('Response').children().toArray();
    if (!verb || call.ended) return;
    if (verb.name === 'Hangup') {
      call.ended = true;
      return void (await this.tell(call, 'completed'));
    }
    if (verb.name === 'Dial') {
      call.transferredTo = xml(verb).text().trim();
      call.media?.socket.close();
      return;
    }
    if (verb.name !== 'Connect') throw new Error(`what is ${verb.name}?`);
    const stream = xml(verb).children('Stream');
    const parameters = Object.fromEntries(
      stream
        .children('Parameter')
        .toArray()
        .map((one) => [xml(one).attr('name')!, xml(one).attr('value')!]),
    );
    const redirect = xml('Response').children('Redirect').text();
    const url = stream.attr('url')!.replace(/\?.*/, '');
    this.#opening.set(call, parameters);
    const socket = new SocketCaller(url, {
      headers: { 'x-twilio-signature': FakeTwilio.signature(url) },
      start: {
        event: 'start',
        sequenceNumber: '1',
        streamSid: 'MO1234567890',
        start: {
          accountSid: ACCOUNT,
          streamSid: 'MO1234567890',
          callSid: call.id,
          tracks: ['inbound'],
          mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
          customParameters: parameters,
        },
      },
    });
    this.carry(call, socket, async () => {
      if (call.transferredTo === null) await this.#ask(call, redirect, 'in-progress');
    });
  }

  /** What the stream of a call was given to hand back. */
  parametersOf(call: FakeCall): Record<string, string> {
    return this.#opening.get(call)!;
  }

  protected problem(status: number): unknown {
    return status === 401
      ? { code: 20003, message: 'Authenticate', status }
      : { code: 20429, message: 'Too Many Requests', status };
  }
}
