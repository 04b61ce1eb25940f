import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Core } from '#core/core.ts';
import type { Call } from '#core/calls/call.ts';
import { getCall } from '#core/calls/get-call.ts';
import type { Caller } from '#core/identity/sign-in.ts';
import { isAllowed } from '#core/kernel/context.ts';
import { AppError } from '#core/kernel/errors.ts';
import { farewell } from '#http/listening.ts';
import type { MediaEvents, MediaLeg } from '#engine/contracts/media.ts';
import type { LiveCallsHere } from '#live/live-calls.ts';
import type { Log } from '#live/running-call.ts';
import { clearMessage, markMessage, mediaMessage, readMessage, type MediaMessage } from './media-messages.ts';

const PATH = '/voice/websocket';
/** The first message is said at `start`, at the first `media`, or so long after the upgrade. */
const START_ANYWAY_MS = 500;
const LARGEST_MESSAGE = 64 * 1024;
/** A reader so far behind gets no more audio until it has caught up. */
const MOST_BUFFERED = 256 * 1024;
const PING_MS = 5000;
/** Browsers and phones play what they are sent after a little buffering. */
const FAR_BUFFER_MS = 60;
const GOING_AWAY = 1001;
const UNSUPPORTED = 1007;
const TOO_BIG = 1009;

const REFUSALS: Record<'unknown' | 'ended' | 'connected', { status: number; text: string }> = {
  unknown: { status: 404, text: 'Unknown call' },
  ended: { status: 410, text: 'The call has ended' },
  connected: { status: 409, text: 'The call is already connected' },
};

export interface MediaSocketOptions {
  readonly core: Core;
  readonly live: LiveCallsHere;
  readonly log: Log;
  /** The organization behind an API key, or an error. */
  readonly authenticate: (request: IncomingMessage, token: string | null) => Promise<Caller>;
}

/** Takes media sockets of browsers, test clients and carriers on any of our ports. */
export class MediaSockets {
  readonly #options: MediaSocketOptions;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE, perMessageDeflate: false });
  readonly #ping: NodeJS.Timeout;

  constructor(options: MediaSocketOptions) {
    this.#options = options;
    this.#ping = setInterval(() => this.#dropDead(), PING_MS);
    this.#ping.unref();
  }

  listen(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      this.#upgrade(request, socket, head).catch((error: unknown) => {
        if (!(error instanceof AppError)) this.#options.log.error({ err: error }, 'a media socket could not be opened');
        const { status, text } = refusalOf(error);
        refuse(socket, status, text);
      });
    });
  }

  close(): void {
    clearInterval(this.#ping);
    for (const client of this.#server.clients) client.close(GOING_AWAY, 'the server is shutting down');
    this.#server.close();
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    if (!url) return refuse(socket, 400, 'Bad Request');
    if (url.pathname !== PATH) return refuse(socket, 404, 'Not found');
    const found = await this.#callFor(request, url);
    if (!found) return refuse(socket, REFUSALS.unknown.status, REFUSALS.unknown.text);
    const { call, again } = found;
    const leg = new SocketLeg();
    const connection = await this.#options.live.connect(call, leg, again);
    if ('refused' in connection) return refuse(socket, REFUSALS[connection.refused].status, REFUSALS[connection.refused].text);
    if (socket.destroyed) return connection.events.lost();
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      alive.add(webSocket);
      webSocket.on('pong', () => alive.add(webSocket));
      leg.run(webSocket, connection.events, connection.begin, (problem) => this.#options.log.warn({ call: call.sid, problem }, 'a media message was refused'));
    });
  }

  /** The call that the credential opens: a single-use token names it, an API key has to. */
  async #callFor(request: IncomingMessage, url: URL): Promise<{ call: Call; again: boolean } | null> {
    const { core } = this.#options;
    const sid = url.searchParams.get('call_sid');
    const token = url.searchParams.get('token');
    if (token !== null) {
      const used = await core.store.mediaTokens.use(core.secrets.hash(token), core.clock.now());
      if (used) {
        const call = await core.store.calls.byId(used.callId);
        return call && (sid === null || sid === call.sid) ? { call, again: used.again } : null;
      }
    }
    const { organizationId, actor } = await this.#options.authenticate(request, token);
    // To be one end of a call is as much as to place one.
    if (!isAllowed(actor, 'place-calls')) throw new AppError('forbidden', 'This role may not do that');
    if (sid === null || !/^[\w-]{1,100}$/.test(sid)) return null;
    return { call: await getCall(core, { organizationId, actor, requestId: '' }, sid, `call_sid: ${sid}`), again: false };
  }

  /** A half-open connection answers no ping, and is given up. */
  #dropDead(): void {
    for (const client of this.#server.clients) {
      if (alive.delete(client)) client.ping();
      else client.terminate();
    }
  }
}

const alive = new WeakSet<WebSocket>();

function refusalOf(error: unknown): { status: number; text: string } {
  switch (error instanceof AppError ? error.code : 'internal') {
    case 'unauthenticated':
    case 'token-expired':
      return { status: 401, text: 'Invalid API key or token' };
    case 'forbidden':
      return { status: 403, text: 'This role may not do that' };
    case 'not-found':
      return REFUSALS.unknown;
    default:
      return { status: 500, text: 'Internal server error' };
  }
}

function refuse(socket: Duplex, status: number, text: string): void {
  const body = JSON.stringify({ detail: text });
  farewell(socket, `HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** One end of a media socket as the call sees it. */
class SocketLeg implements MediaLeg {
  readonly bufferMs = FAR_BUFFER_MS;
  #socket: WebSocket | null = null;
  #streamSid = `MZ${randomBytes(16).toString('hex')}`;
  #begun = false;
  #stopped = false;

  run(socket: WebSocket, events: MediaEvents, begin: () => void, onProblem: (problem: string) => void): void {
    // Another connection of the same party may have taken this one's place before it was up.
    if (this.#stopped) return socket.close(1000, 'replaced');
    this.#socket = socket;
    const start = () => {
      if (this.#begun || this.#stopped) return;
      this.#begun = true;
      begin();
    };
    const anyway = setTimeout(start, START_ANYWAY_MS);
    socket.on('message', (data: RawData, isBinary: boolean) => {
      try {
        if (isBinary) throw new Error('messages are JSON text, not binary');
        this.#take(readMessage((data as Buffer).toString('utf8')), events, start);
      } catch (error) {
        const problem = error instanceof Error ? error.message : 'malformed message';
        onProblem(problem);
        socket.close(/longer than/.test(problem) ? TOO_BIG : UNSUPPORTED, problem);
      }
    });
    socket.on('close', (code: number) => {
      clearTimeout(anyway);
      this.#socket = null;
      if (this.#stopped) return;
      this.#stopped = true;
      if (code === 1000) events.hungUp();
      else events.lost();
    });
    socket.on('error', (error) => onProblem(error.message));
  }

  send(frame: Uint8Array): void {
    if (this.#socket && this.#socket.bufferedAmount < MOST_BUFFERED) this.#socket.send(mediaMessage(this.#streamSid, frame));
  }

  mark(name: string): void {
    this.#socket?.send(markMessage(this.#streamSid, name));
  }

  clear(): void {
    this.#socket?.send(clearMessage(this.#streamSid));
  }

  close(): void {
    this.#stopped = true;
    this.#socket?.close(1000, 'the call has ended');
    this.#socket = null;
  }

  #take(message: MediaMessage, events: MediaEvents, start: () => void): void {
    if (message.type === 'unknown') return;
    if (message.streamSid !== null) this.#streamSid = message.streamSid;
    switch (message.type) {
      case 'connected':
        return;
      case 'start':
        return start();
      case 'media':
        start();
        return events.audio(message.audio);
      case 'mark':
        return events.mark(message.name);
      case 'dtmf':
        return events.dtmf(message.digit);
      case 'stop':
        this.#stopped = true;
        events.hungUp();
        this.#socket?.close(1000, 'stopped');
        return;
    }
  }
}
