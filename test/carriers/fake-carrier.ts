import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SocketCaller } from '../support/caller.ts';

/** What goes wrong at the vendor. `breaks`: the call is taken, and its answer never arrives; `silent`: no answer. */
export type Fault = 'unauthorized' | 'too-many' | 'refuses' | 'breaks' | 'broken-before' | 'silent' | null;

/** One call, as the vendor sees it. */
export interface FakeCall {
  readonly id: string;
  readonly to: string;
  readonly from: string;
  readonly direction: 'inbound' | 'outbound';
  /** What was asked for when it was placed. */
  readonly asked: Readonly<Record<string, unknown>>;
  ended: boolean;
  transferredTo: string | null;
  /** The media socket that is open now. */
  media: SocketCaller | null;
  /** All that there were. */
  readonly sockets: SocketCaller[];
  answerUrl: string | null;
  eventUrl: string | null;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** A webhook as it was sent: it can be sent again, or changed. */
export interface Sent {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Happening =
  | 'ringing'
  | 'answered'
  | 'completed'
  | 'busy'
  | 'no-answer'
  | 'canceled'
  | 'failed'
  | 'machine'
  | 'human';

/** A vendor in this process, that behaves as the real one does: subclasses speak its protocol. */
export abstract class FakeCarrier {
  readonly calls: FakeCall[] = [];
  /** Everything that was sent to us, in order. */
  readonly sent: Sent[] = [];
  /** Requests for a call that came in, taken or not. */
  dials = 0;
  fault: Fault = null;
  /** Whether a call that is placed is answered by itself. */
  answers = true;
  url = '';
  #server = createServer((request, reply) => void this.#serve(request, reply));
  readonly #open = new Set<Promise<unknown>>();

  abstract readonly environment: Readonly<Record<string, string>>;
  protected abstract serve(request: {
    method: string;
    path: string;
    query: URLSearchParams;
    headers: IncomingMessage['headers'];
    body: string;
  }): { status: number; body: unknown } | Promise<{ status: number; body: unknown }>;
  /** A signed webhook of this vendor about a call; `again` makes it another one of the same. */
  abstract webhook(call: FakeCall, what: Happening, at?: Date): Sent;
  /** Does what the vendor does with an answered call: opens the media address, or asks what to do and does it. */
  protected connect(call: FakeCall): Promise<void> {
    return this.open(call);
  }
  /** Announces a call that comes in at `url`, and carries out the answer. */
  abstract announce(url: string, from: string, to: string): Promise<FakeCall>;

  async start(): Promise<this> {
    await new Promise<void>((up) => this.#server.listen(0, '127.0.0.1', up));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  /** All calls are over, and what is under way is sent: a server that closes now is sent nothing more. */
  async rest(): Promise<void> {
    for (const call of this.calls) call.ended = true;
    await Promise.allSettled(this.#open);
  }

  async close(): Promise<void> {
    for (const call of this.calls) for (const socket of call.sockets) socket.socket.terminate();
    await Promise.allSettled(this.#open);
    await this.goAway();
  }

  /** Requests are refused from now on. */
  async goAway(): Promise<void> {
    await new Promise<void>((down) => {
      this.#server.close(() => down());
      this.#server.closeAllConnections();
    });
  }

  /** Listens again at the same address. */
  async comeBack(): Promise<void> {
    await new Promise<void>((up) => this.#server.listen(Number(new URL(this.url).port), '127.0.0.1', up));
  }

  get last(): FakeCall {
    const call = this.calls.at(-1);
    if (!call) throw new Error('no call was placed');
    return call;
  }

  /** Sends a webhook. */
  async send(sent: Sent): Promise<Reply> {
    this.sent.push(sent);
    const reply = await fetch(sent.url, { method: 'POST', headers: sent.headers, body: sent.body });
    return { status: reply.status, body: await reply.text() };
  }

  /** Tells us what happened on a call. */
  tell(call: FakeCall, what: Happening): Promise<Reply> {
    if (['completed', 'busy', 'no-answer', 'canceled', 'failed'].includes(what)) call.ended = true;
    return this.send(this.webhook(call, what));
  }

  /** The called person answers, of a carrier whose telephones ring by hand. */
  async pickUp(call: FakeCall): Promise<Reply> {
    const reply = await this.tell(call, 'answered');
    if (reply.status === 200) await this.connect(call);
    return reply;
  }

  /** The other end hangs up. */
  async hangUp(call: FakeCall): Promise<void> {
    call.ended = true;
    call.media?.socket.close(1000);
    call.media = null;
    await this.tell(call, 'completed');
  }

  /** The media connection breaks, and the vendor does what it does then. */
  drop(call: FakeCall): void {
    call.media?.socket.terminate();
  }

  protected add(
    call: Pick<FakeCall, 'id' | 'to' | 'from' | 'direction' | 'asked' | 'answerUrl' | 'eventUrl'>,
  ): FakeCall {
    const added: FakeCall = { ...call, ended: false, transferredTo: null, media: null, sockets: [] };
    this.calls.push(added);
    return added;
  }

  /** Rings, and is answered, in the background. */
  protected ring(call: FakeCall): void {
    if (!this.answers) return;
    this.inBackground(async () => {
      await this.tell(call, 'ringing');
      await this.tell(call, 'answered');
      await this.connect(call);
    });
  }

  protected inBackground(work: () => Promise<void>): void {
    const done = new Promise((later) => setTimeout(later, 20))
      .then(work)
      .catch((error: unknown) => this.problems.push(String(error)));
    this.#open.add(done);
    void done.finally(() => this.#open.delete(done));
  }

  readonly problems: string[] = [];

  /** Lets a socket carry the call's audio; `lost` is called if it closes during the call. */
  protected carry(call: FakeCall, socket: SocketCaller, lost: () => Promise<void>): void {
    call.sockets.push(socket);
    call.media = socket;
    socket.socket.on('close', () => {
      if (call.media === socket) call.media = null;
      if (!call.ended) this.inBackground(lost);
    });
  }

  /**
   * Opens the media address that it was given, and again whenever the connection is lost: of vendors that do not ask.
   */
  protected open(call: FakeCall): Promise<void> {
    if (!call.ended && call.transferredTo === null)
      this.carry(call, new SocketCaller(call.answerUrl!), () => this.open(call));
    return Promise.resolve();
  }

  async #serve(incoming: IncomingMessage, reply: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    if (this.fault === 'broken-before') return void incoming.socket.destroy();
    if (this.fault === 'silent') return;
    const { pathname, searchParams } = new URL(incoming.url ?? '/', this.url);
    const answer =
      this.fault === 'unauthorized'
        ? { status: 401, body: this.problem(401) }
        : this.fault === 'too-many'
          ? { status: 429, body: this.problem(429) }
          : await this.serve({
              method: incoming.method ?? 'GET',
              path: pathname,
              query: searchParams,
              headers: incoming.headers,
              body: Buffer.concat(chunks).toString('utf8'),
            });
    if (this.fault === 'breaks' && incoming.method !== 'GET') return void incoming.socket.destroy();
    reply
      .writeHead(answer.status, { 'content-type': 'application/json' })
      .end(answer.status === 204 ? undefined : JSON.stringify(answer.body));
  }

  /** The vendor's own words for an error. */
  protected abstract problem(status: number): unknown;
}
