import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Core } from '#core/core.ts';
import type { Call } from '#core/calls/call.ts';
import { getCall } from '#core/calls/get-call.ts';
import type { MediaParty } from '#core/calls/media-token-store.ts';
import type { Principal } from '#core/identity/principal.ts';
import { isAllowed } from '#core/kernel/context.ts';
import { AppError } from '#core/kernel/errors.ts';
import { refuseUpgrade, type Upgrades } from '#http/upgrades.ts';
import type { MediaProtocol } from '#contracts/media-protocol.ts';
import type { Carriers } from '#live/carriers.ts';
import type { Connection } from '#live/joining.ts';
import type { LiveCallsHere } from '#live/live-calls.ts';
import type { Log } from '#core/kernel/log.ts';
import { forwardUpgrade, isForwarded } from './forward-upgrade.ts';
import { MediaStreams } from './media-messages.ts';
import { SocketLeg } from './socket-leg.ts';

const PATH = '/voice/websocket';
const LARGEST_MESSAGE = 64 * 1024;
const PING_MS = 5000;
const GOING_AWAY = 1001;
const NOT_LET_IN = 1008;
/** Time for a socket without a call in its address to name the call in its first message. */
const START_MESSAGE_TIMEOUT_MS = 3000;
const MOST_UNNAMED = 500;
const MOST_EARLY_MESSAGES = 100;
const MOST_EARLY_BYTES = 64 * 1024;

const REFUSALS: Record<'unknown' | 'ended' | 'connected', { status: number; text: string }> = {
  unknown: { status: 404, text: 'Unknown call' },
  ended: { status: 410, text: 'The call has ended' },
  connected: { status: 409, text: 'The call is already connected' },
};

export interface MediaSocketOptions {
  readonly core: Core;
  readonly live: LiveCallsHere;
  readonly carriers: Carriers;
  readonly publicUrl: () => string;
  readonly log: Log;
  /** The organization behind an API key, or an error. */
  readonly authenticate: (request: IncomingMessage, token: string | null) => Promise<Principal>;
  readonly showsCredential: (request: IncomingMessage) => boolean;
}

/** The call of a socket, whose connection it is, and the token that named it. */
interface Opening {
  readonly call: Call;
  readonly tokenHash: string | null;
  /** A human agent or supervisor; null is the person. */
  readonly party: MediaParty | null;
  /** Whose protocol it speaks; null: that of browsers. */
  readonly carrier: string | null;
}

/** Accepts media sockets of browsers, test clients and carriers on all ports. */
export class MediaSockets {
  readonly #options: MediaSocketOptions;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE, perMessageDeflate: false });
  readonly #ping: NodeJS.Timeout;
  #unnamed = 0;

  constructor(options: MediaSocketOptions) {
    this.#options = options;
    this.#ping = setInterval(() => this.#dropDead(), PING_MS);
    this.#ping.unref();
  }

  mount(upgrades: Upgrades): void {
    upgrades.at(PATH, (request, socket, head, url) => {
      this.#upgrade(request, socket, head, url).catch((error: unknown) => {
        if (!(error instanceof AppError)) this.#options.log.error({ err: error }, 'a media socket could not be opened');
        const { status, text } = refusalOf(error);
        refuseUpgrade(socket, status, text);
      });
    });
  }

  close(): void {
    clearInterval(this.#ping);
    for (const client of this.#server.clients) client.close(GOING_AWAY, 'the server is shutting down');
    this.#server.close();
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL): Promise<void> {
    if (!isWebSocketHandshake(request)) return refuseUpgrade(socket, 400, 'Bad WebSocket handshake');
    if (!(await this.#isFromWhoItSays(request))) return refuseUpgrade(socket, 401, 'The signature is not good');
    // A carrier that removes query strings names its call in the first message.
    if (url.search === '' && !this.#options.showsCredential(request)) return this.#takeUnnamed(request, socket, head);
    const opening = await this.#callFor(request, url);
    if (!opening) return refuseUpgrade(socket, REFUSALS.unknown.status, REFUSALS.unknown.text);
    const { call } = opening;
    const elsewhere = isForwarded(request) ? null : await this.#serverOf(opening);
    if (elsewhere !== null) return forwardUpgrade(elsewhere, request, socket, head);
    const leg = new SocketLeg(this.#protocolOf(opening));
    const connection = await this.#connect(opening, leg);
    if ('refused' in connection)
      return refuseUpgrade(socket, REFUSALS[connection.refused].status, REFUSALS[connection.refused].text);
    if (socket.destroyed) return connection.events.lost();
    // A failed handshake ends the connection before the socket exists.
    const never = () => connection.events.lost();
    socket.once('close', never);
    this.#open(request, socket, head, (webSocket) => {
      socket.off('close', never);
      leg.run(webSocket, socket, connection.events, connection.begin, this.#problemOf(call));
    });
  }

  /** Where the socket of a human agent or supervisor belongs if not here; the token is valid there again. */
  async #serverOf({ call, party, tokenHash }: Opening): Promise<string | null> {
    if (!party) return null;
    const url = await this.#options.live.serverOf(call);
    if (url !== null && tokenHash !== null) await this.#options.core.store.mediaTokens.giveBack(tokenHash);
    return url;
  }

  /** A token that opened no connection stays valid. */
  async #connect({ call, tokenHash, party }: Opening, leg: SocketLeg): Promise<Connection> {
    const { core, live } = this.#options;
    const connection = await (party ? live.connectParty(call.id, party, leg) : live.connect(call, leg));
    if ('refused' in connection && tokenHash !== null) await core.store.mediaTokens.giveBack(tokenHash);
    return connection;
  }

  #open(request: IncomingMessage, socket: Duplex, head: Buffer, run: (webSocket: WebSocket) => void): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      alive.add(webSocket);
      webSocket.on('pong', () => alive.add(webSocket));
      run(webSocket);
    });
  }

  #problemOf = (call: Call) => (problem: string) =>
    this.#options.log.warn({ call: call.sid, problem }, 'a media message was refused');

  #protocolOf({ carrier }: Opening): MediaProtocol {
    const manifest = carrier === null ? null : this.#options.carriers.manifestBy('id', carrier);
    return manifest?.media?.() ?? new MediaStreams();
  }

  /** A signature, if present, must be valid, whatever other credentials the socket has. */
  async #isFromWhoItSays(request: IncomingMessage): Promise<boolean> {
    const { carriers, publicUrl } = this.#options;
    const path = request.url ?? '/';
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
    );
    for (const { id, socketSignature } of carriers.manifests) {
      if (socketSignature === undefined || headers[socketSignature] === undefined) continue;
      const verify = (await carriers.configured(id))?.verifySocket;
      if (!verify) continue;
      const asked = [publicUrl() + path, `http://${request.headers.host ?? 'localhost'}${path}`];
      const good = await Promise.all(asked.filter((url) => URL.canParse(url)).map((url) => verify({ url, headers })));
      if (!good.includes(true)) return false;
    }
    return true;
  }

  /** Nothing reaches a call before the first message has named it with a valid token. */
  #takeUnnamed(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#unnamed >= MOST_UNNAMED)
      return refuseUpgrade(socket, 503, 'Too many connections wait to name their call');
    this.#open(request, socket, head, (webSocket) => {
      // Counted only after a successful handshake.
      this.#unnamed++;
      const protocol = new MediaStreams();
      const early: [RawData, boolean][] = [];
      let earlyBytes = 0;
      let named = false;
      const leave = (why: string) => webSocket.close(NOT_LET_IN, why);
      const late = setTimeout(() => leave('no start message came'), START_MESSAGE_TIMEOUT_MS);
      const settle = () => {
        clearTimeout(late);
        if (!named) this.#unnamed--;
        named = true;
      };
      webSocket.on('error', () => undefined);
      webSocket.once('close', settle);
      const first = (data: RawData, isBinary: boolean) => {
        if (named) {
          earlyBytes += (data as Buffer).length;
          if (early.length < MOST_EARLY_MESSAGES && earlyBytes <= MOST_EARLY_BYTES) early.push([data, isBinary]);
          return;
        }
        try {
          const message = protocol.read(data as Buffer, isBinary);
          if (message.type === 'connected' || message.type === 'unknown') return;
          if (message.type !== 'start') return leave('the first message has to be start');
          settle();
          early.push([data, isBinary]);
          this.#connectNamed(webSocket, socket, protocol, message.parameters).then(
            (why) => {
              webSocket.off('message', first);
              webSocket.off('close', settle);
              if (why !== null) return leave(why);
              for (const [each, binary] of early.splice(0)) webSocket.emit('message', each, binary);
            },
            (error: unknown) => {
              this.#options.log.error({ err: error }, 'a media socket could not be opened');
              leave('Internal server error');
            },
          );
        } catch (error) {
          leave(error instanceof Error ? error.message : 'malformed message');
        }
      };
      webSocket.on('message', first);
    });
  }

  /** Why the socket is refused, or null. */
  async #connectNamed(
    webSocket: WebSocket,
    socket: Duplex,
    protocol: MediaProtocol,
    { token, call_sid: sid }: Readonly<Record<string, string>>,
  ): Promise<string | null> {
    if (token === undefined) return 'Missing token';
    const found = await this.#callByToken(token, sid ?? null);
    if (!found) return REFUSALS.unknown.text;
    const leg = new SocketLeg(protocol);
    const connection = await this.#connect(found, leg);
    if ('refused' in connection) return REFUSALS[connection.refused].text;
    leg.run(webSocket, socket, connection.events, connection.begin, this.#problemOf(found.call));
    if (webSocket.readyState !== webSocket.OPEN) connection.events.lost();
    return null;
  }

  async #callByToken(token: string, sid: string | null): Promise<Opening | null> {
    const { core } = this.#options;
    const tokenHash = core.secrets.hash(token);
    const use = await core.store.mediaTokens.use(tokenHash, core.clock.now(), sid);
    if (use === null) return null;
    const call = await core.store.calls.byId(use.callId);
    if (!call) return null;
    const { party } = use;
    if (!party) return { call, tokenHash, party, carrier: call.carrier };
    const leg = party.legId === undefined ? null : await core.store.legs.byId(party.legId);
    return { call, tokenHash, party, carrier: leg?.carrier ?? null };
  }

  /** The call of the socket: a token implies it, with an API key the address must name it. */
  async #callFor(request: IncomingMessage, url: URL): Promise<Opening | null> {
    const { core } = this.#options;
    const sid = url.searchParams.get('call_sid');
    const token = url.searchParams.get('token');
    if (token !== null) {
      const found = await this.#callByToken(token, sid);
      if (found) return found;
    }
    const { organizationId, actor } = await this.#options.authenticate(request, token);
    // Connecting to a call needs the same permission as placing one.
    if (!isAllowed(actor, 'place-calls')) throw new AppError('forbidden', 'This role may not do that');
    if (sid === null || !/^[\w-]{1,100}$/.test(sid)) return null;
    const call = await getCall(core, { organizationId, actor, requestId: '' }, sid, `call_sid: ${sid}`);
    return { call, tokenHash: null, party: null, carrier: call.carrier };
  }

  /** Closes half-open connections, which answer no ping. */
  #dropDead(): void {
    for (const client of this.#server.clients) {
      if (alive.delete(client)) client.ping();
      else client.terminate();
    }
  }
}

/** The checks of `ws` at the upgrade, done earlier so that an invalid request does not use up a token. */
const isWebSocketHandshake = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' &&
  headers.upgrade?.toLowerCase() === 'websocket' &&
  /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '') &&
  ['8', '13'].includes(headers['sec-websocket-version'] ?? '');

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
