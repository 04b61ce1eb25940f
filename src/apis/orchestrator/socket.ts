import type { Log } from '#core/kernel/log.ts';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { getConversation } from '#core/conversations/conversations.ts';
import { writeInTalk } from '#core/conversations/talk.ts';
import { writeIntoCall } from '#core/calls/write-into-call.ts';
import type { Core } from '#core/core.ts';
import { maySee, type EventFeed, type FedEvent } from '#core/events/event-feed.ts';
import type { Principal } from '#core/identity/principal.ts';
import { actorName, callsOf, isAllowed } from '#core/kernel/context.ts';
import { AppError } from '#core/kernel/errors.ts';
import type { RateLimiter } from '#core/kernel/rate-limiter.ts';
import type { Limit } from '../kit/limit.ts';
import { credentialIn } from '../kit/authenticate.ts';
import { parseInput, readJson } from '../kit/input.ts';
import { Subscriber, cursorText, MOST_BEHIND, readCursor, type EventMessages } from '../kit/subscriber.ts';
import { idOf, numberIn, timeInMilliseconds } from '../kit/codecs.ts';
import { CONVERSATIONS } from './conversations.ts';
import { EVENT_TYPES, wordsOf } from './events.ts';
import { FromClient, typesBehind, type ToClient } from './socket-messages.ts';
import { conversationIdOf, renderError } from './dialect.ts';

const LARGEST_MESSAGE = 64 * 1024;
/** A connection without a credential is closed after this. */
const AUTH_MS = 10_000;
const MAX_UNAUTHENTICATED = 1000;
const MOST_OF_A_STRANGER = 20;
/** Most waiting messages of one connection. */
const MOST_WAITING = 50;
/** Most unsent bytes of a connection; more than the longest page of events. */
const MOST_UNREAD = 8 * 1024 * 1024;
const HEARTBEAT_MS = 25_000;
const STATUS_MS = 30_000;
const CONTROL: Limit = { name: 'socket', points: 3000, windowS: 60 };
const API = 'orchestrator';
/** How long closing waits for the last events to be sent. */
const LAST_EVENTS_MS = 2000;
/** How long an authenticated client waits for the feed to be up to date. */
const FEED_MS = 2000;
const GOING_AWAY = 1001;
const CLOSE_UNAUTHENTICATED = 1008;
const FULL = 1013;

export interface EventSocketOptions {
  readonly core: Core;
  readonly feed: EventFeed;
  readonly limiter: RateLimiter;
  readonly rateLimitFactor: number;
  readonly mostConnections: number;
  readonly newRequestId: () => string;
  /** Frames a message for the raw connection. */
  readonly frame: (text: string) => Buffer;
  /** @throws AppError unauthenticated, token-expired */
  readonly principalOf: (credential: string) => Promise<Principal>;
  readonly healthy: () => Promise<boolean>;
  readonly log: Pick<Log, 'warn' | 'error'>;
}

type Sent = keyof typeof ToClient;

interface Connection {
  readonly id: string;
  readonly webSocket: WebSocket;
  /** The raw connection: messages for many readers are framed once and written unchanged. */
  readonly socket: Duplex;
  readonly connectedAt: Date;
  lastActivity: Date;
  principal: Principal | null;
  credential: string | null;
  subscriber: Subscriber | null;
  /** Whether it has subscribed; until then it gets all events that it may see. */
  subscribed: boolean;
  /** Its messages are processed one after another; `waiting` counts those in the queue. */
  turn: Promise<void>;
  waiting: number;
  /** Messages before authentication. */
  unknown: number;
  answered: boolean;
}

export interface ConnectionView {
  readonly id: string;
  readonly connectedAt: Date;
  readonly lastActivity: Date;
}

/** The event socket: clients get the events that they may see and have subscribed to, and write into conversations. */
export class EventSocket {
  readonly #options: EventSocketOptions;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE, perMessageDeflate: false });
  readonly #connections = new Set<Connection>();
  /** The messages of an event, rendered once for all readers. */
  readonly #told = new WeakMap<FedEvent, readonly EventMessages[]>();
  readonly #timers: NodeJS.Timeout[];
  /** Set while there is a reader. */
  #stopListening: (() => void) | null = null;
  readonly #startedMs = performance.now();
  #serial = 0;

  constructor(options: EventSocketOptions) {
    this.#options = options;
    this.#timers = [
      setInterval(() => void this.#beat(), HEARTBEAT_MS),
      setInterval(() => void this.#tellStatus(), STATUS_MS),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  get mostConnections(): number {
    return this.#options.mostConnections;
  }

  get uptimeS(): number {
    return Math.round((performance.now() - this.#startedMs) / 1000);
  }

  connectionsOf(organizationId: number): readonly ConnectionView[] {
    return [...this.#connections].filter(({ principal }) => principal?.organizationId === organizationId);
  }

  /** Sends the events stored so far, such as the ends of the last calls, then closes every connection. */
  async close(): Promise<void> {
    await Promise.race([this.#options.feed.now(), pause(LAST_EVENTS_MS, undefined, { ref: false })]);
    this.#stopListening?.();
    for (const timer of this.#timers) clearInterval(timer);
    for (const { webSocket, subscriber } of this.#connections) {
      subscriber?.close();
      webSocket.close(GOING_AWAY, 'the server is shutting down');
    }
    this.#server.close();
  }

  /** `refuse` answers the HTTP request instead of an upgrade. */
  async upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    url: URL,
    refuse: (status: number, text: string) => void,
  ): Promise<void> {
    const credential = credentialIn(request.headers) ?? url.searchParams.get('token');
    let principal: Principal | null = null;
    try {
      if (credential !== null) principal = await this.#authenticate(credential);
    } catch (error) {
      const known = error instanceof AppError ? renderError(error, '') : null;
      if (!known) this.#options.log.error({ err: error }, 'an event socket could not be opened');
      return refuse(known?.status ?? 500, error instanceof AppError ? error.message : 'Internal server error');
    }
    const waiting = [...this.#connections].filter((one) => one.principal === null).length;
    if (
      this.#connections.size >= this.#options.mostConnections ||
      (principal === null && waiting >= MAX_UNAUTHENTICATED)
    )
      return refuse(503, 'Too many connections');
    if (socket.destroyed) return;
    this.#server.handleUpgrade(request, socket, head, (webSocket) =>
      this.#open(webSocket, socket, principal, credential),
    );
  }

  async #authenticate(credential: string): Promise<Principal> {
    const principal = await this.#options.principalOf(credential);
    if (!isAllowed(principal.actor, 'read-calls')) throw new AppError('forbidden', 'This role may not do that');
    return principal;
  }

  #open(webSocket: WebSocket, socket: Duplex, principal: Principal | null, credential: string | null): void {
    const now = this.#options.core.clock.now();
    const connection: Connection = {
      id: `ws_${++this.#serial}`,
      webSocket,
      socket,
      connectedAt: now,
      lastActivity: now,
      principal,
      credential,
      subscriber: null,
      subscribed: false,
      turn: Promise.resolve(),
      waiting: 0,
      unknown: 0,
      answered: true,
    };
    this.#connections.add(connection);
    const late = setTimeout(() => {
      if (connection.principal) return;
      this.#sayError(connection, new AppError('unauthenticated', `No auth message came within ${AUTH_MS / 1000} s`));
      webSocket.close(CLOSE_UNAUTHENTICATED, 'not authenticated');
    }, AUTH_MS);
    late.unref();
    webSocket.on('error', () => undefined);
    webSocket.on('pong', () => (connection.answered = true));
    webSocket.on('message', (data, isBinary) => {
      connection.lastActivity = this.#options.core.clock.now();
      // A client that sends faster than its messages are processed must wait.
      if (++connection.waiting === MOST_WAITING) webSocket.pause();
      connection.turn = connection.turn
        .then(() => this.#hear(connection, data, isBinary))
        .catch((error: unknown) => this.#sayError(connection, error))
        .finally(() => {
          if (--connection.waiting === 0 && webSocket.isPaused) webSocket.resume();
        });
    });
    const drained = () => connection.subscriber?.drained();
    socket.on('drain', drained);
    webSocket.on('close', () => {
      clearTimeout(late);
      socket.off('drain', drained);
      connection.subscriber?.close();
      this.#connections.delete(connection);
      if ([...this.#connections].some((one) => one.subscriber)) return;
      this.#stopListening?.();
      this.#stopListening = null;
    });
    // In its turn, before its messages.
    if (principal)
      connection.turn = this.#letIn(connection).catch((error: unknown) => this.#sayError(connection, error));
  }

  async #hear(connection: Connection, data: RawData, isBinary: boolean): Promise<void> {
    if (connection.principal) {
      const over = await this.#checkRateLimit(connection.principal, CONTROL);
      if (over) return this.#hold(connection, over);
    } else if (++connection.unknown > MOST_OF_A_STRANGER)
      return connection.webSocket.close(CLOSE_UNAUTHENTICATED, 'not authenticated');
    if (isBinary) throw new AppError('invalid-input', 'Messages are JSON in text');
    const message = parseInput(FromClient, readJson((data as Buffer).toString()), 'body') as FromClient;
    if (message.type === 'auth') return this.#acceptCredential(connection, message.token);
    const { principal } = connection;
    if (!principal)
      throw new AppError('unauthenticated', 'The first message has to be auth, with an API key or access token');
    switch (message.type) {
      case 'subscribe':
        return this.#subscribe(connection, principal, message.events, message.cursor);
      case 'unsubscribe': {
        const gone = new Set(message.events.flatMap(typesBehind));
        const left = [...(connection.subscriber?.types ?? [])].filter((type) => !gone.has(type));
        connection.subscriber?.want(left, null);
        return this.#say(connection, 'unsubscribed', { events: left });
      }
      case 'message':
        return this.#write(connection, await this.#renew(connection, principal), message.data);
      case 'ping':
        return this.#say(connection, 'pong', {});
    }
  }

  /** Authenticates again, because writing needs the current permission and not that of the last ping. */
  async #renew(connection: Connection, principal: Principal): Promise<Principal> {
    if (connection.credential === null) return principal;
    return (connection.principal = await this.#authenticate(connection.credential));
  }

  /** The error if the limit is exceeded, or null. */
  async #checkRateLimit({ actor }: Principal, limit: Limit): Promise<AppError | null> {
    const { limiter, rateLimitFactor } = this.#options;
    const points = Math.max(1, Math.floor(limit.points * rateLimitFactor));
    const { allowed, resetAt } = await limiter.count(`${limit.name}:${API}:${actorName(actor)}`, points, limit.windowS);
    return allowed
      ? null
      : new AppError('rate-limited', `Rate limit exceeded: ${points} messages in ${limit.windowS} seconds`, {
          retryAt: resetAt,
          limit: points,
        });
  }

  /** Reports the exceeded limit and waits until it resets; meanwhile no message is processed. */
  async #hold(connection: Connection, over: AppError): Promise<void> {
    this.#sayError(connection, over);
    await pause(Math.max(0, over.retryAt!.getTime() - this.#options.core.clock.now().getTime()), undefined, {
      ref: false,
    });
  }

  async #acceptCredential(connection: Connection, token: string): Promise<void> {
    try {
      const principal = await this.#authenticate(token);
      if (connection.principal && connection.principal.organizationId !== principal.organizationId)
        throw new AppError('forbidden', "This connection is another organization's");
      Object.assign(connection, { principal, credential: token });
      await this.#letIn(connection);
    } catch (error) {
      this.#sayError(connection, error);
      if (!connection.principal) connection.webSocket.close(CLOSE_UNAUTHENTICATED, 'not authenticated');
    }
  }

  /** Starts the delivery of new events. */
  async #letIn(connection: Connection): Promise<void> {
    if (!connection.subscriber) {
      await Promise.race([this.#options.feed.now(), pause(FEED_MS, undefined, { ref: false })]);
      if (connection.webSocket.readyState !== connection.webSocket.OPEN) return;
      this.#readerOf(connection).want(EVENT_TYPES, null);
    }
    this.#say(connection, 'auth.success', { connection_id: connection.id });
  }

  #readerOf(connection: Connection): Subscriber {
    this.#stopListening ??= this.#options.feed.listen((events) => this.#tellAll(events));
    return (connection.subscriber ??= this.#reader(connection));
  }

  async #subscribe(
    connection: Connection,
    principal: Principal,
    names: readonly string[],
    cursor: string | undefined,
  ): Promise<void> {
    const { feed } = this.#options;
    const from = cursor === undefined ? null : readCursor(cursor);
    if (cursor !== undefined && (from === null || from.position > feed.position + MOST_BEHIND))
      throw new AppError('invalid-input', 'Invalid request parameters', {
        issues: [
          {
            path: 'cursor',
            message: 'cursor: is not the cursor of a delivered event',
            kind: 'format',
            value: cursor.slice(0, 50),
          },
        ],
      });
    const subscriber = this.#readerOf(connection);
    // Earlier events are skipped; events after this reply are delivered.
    await feed.now();
    const before = connection.subscribed ? subscriber.types : [];
    const wanted = new Set([...before, ...names.flatMap(typesBehind)]);
    connection.subscribed = true;
    subscriber.want(wanted, from);
    this.#say(connection, 'subscribed', { events: [...wanted] });
    await this.#sendStatus(connection, principal);
  }

  #reader(connection: Connection): Subscriber {
    const { feed, log } = this.#options;
    const { webSocket, socket } = connection;
    return new Subscriber({
      feed,
      told: (event) => this.#inOurWords(event),
      sees: (event) => connection.principal !== null && maySee(connection.principal, event),
      write: (bytes) => {
        if (webSocket.readyState === webSocket.OPEN) socket.write(bytes);
      },
      waiting: () => socket.writableLength,
      missed: ({ after, until, count }) =>
        this.#say(connection, 'events.missed', { after: String(after), until: String(until), count }),
      onError: (error) => {
        log.error({ err: error }, 'events that a reader lacks could not be read');
        webSocket.close(FULL, 'try again');
      },
    });
  }

  async #write(
    connection: Connection,
    principal: Principal,
    { call_id: callId, conversation_id: conversationId, content }: Extract<FromClient, { type: 'message' }>['data'],
  ): Promise<void> {
    const { core, newRequestId } = this.#options;
    if (!isAllowed(principal.actor, 'place-calls')) throw new AppError('forbidden', 'This role may not do that');
    // Shares its limit with the REST operation.
    const over = await this.#checkRateLimit(principal, CONVERSATIONS);
    if (over) throw over;
    const ctx = { organizationId: principal.organizationId, actor: principal.actor, requestId: newRequestId() };
    if (callId !== undefined && numberIn('conv', callId) === null) {
      const call = await writeIntoCall(core, ctx, numberIn('call', callId) ?? callId, content, `call_id: ${callId}`);
      return this.#say(connection, 'message.accepted', { call_id: idOf('call', call.id) });
    }
    const name = conversationId ?? callId!;
    const conversation = await getConversation(core, ctx, { id: numberIn('conv', name), name });
    if (conversation.callId !== null) {
      await writeIntoCall(core, ctx, conversation.callId, content, `conversation_id: ${name}`);
      return this.#say(connection, 'message.accepted', {
        call_id: idOf('call', conversation.callId),
        conversation_id: conversationIdOf(conversation),
      });
    }
    this.#say(connection, 'message.accepted', { conversation_id: conversationIdOf(conversation) });
    // The answer arrives as an event, so that the client can write further messages meanwhile.
    void writeInTalk(core, ctx, conversation, content).catch((error: unknown) => this.#sayError(connection, error));
  }

  #inOurWords(event: FedEvent): readonly EventMessages[] {
    const known = this.#told.get(event);
    if (known) return known;
    const words = wordsOf(event);
    const told = words.map(({ type, data }, n): EventMessages => ({
      type,
      frame: this.#options.frame(
        JSON.stringify({
          type,
          timestamp: timeInMilliseconds(event.at),
          data,
          cursor: cursorText(event.position, n + 1, words.length),
        }),
      ),
    }));
    this.#told.set(event, told);
    return told;
  }

  /** Readers with the same subscription get the same bytes. */
  #tellAll(events: readonly FedEvent[]): void {
    const made = new Map<string, Buffer | null>();
    for (const { subscriber, principal } of this.#connections) {
      if (!subscriber || !principal) continue;
      const whose = callsOf(principal.actor);
      const alike = `${principal.organizationId} ${whose === 'all' ? whose : String(whose.userId)} ${[...subscriber.types].toSorted().join(' ')}`;
      let bytes = made.get(alike);
      if (bytes === undefined) made.set(alike, (bytes = subscriber.forAlike(events)));
      subscriber.take(events, bytes);
    }
  }

  async #sendStatus(connection: Connection, { organizationId }: Principal): Promise<void> {
    this.#say(connection, 'system.status', {
      status: (await this.#options.healthy()) ? 'healthy' : 'unhealthy',
      active_connections: this.connectionsOf(organizationId).length,
      uptime: this.uptimeS,
    });
  }

  async #tellStatus(): Promise<void> {
    for (const connection of this.#connections)
      if (connection.principal && connection.subscriber?.types.has('system.status'))
        await this.#sendStatus(connection, connection.principal).catch(() => undefined);
  }

  /** Closes half-open connections, which answer no ping, and those with an expired access token. */
  async #beat(): Promise<void> {
    for (const connection of this.#connections) {
      const { webSocket } = connection;
      if (!connection.answered) {
        webSocket.terminate();
        continue;
      }
      connection.answered = false;
      webSocket.ping();
    }
    await this.#checkCredentials(this.#connections);
  }

  /** A credential of this organization, or of any if null, was revoked or lost a permission. */
  async credentialsChanged(organizationId: number | null): Promise<void> {
    const theirs = [...this.#connections].filter(
      ({ principal }) => principal && (organizationId === null || principal.organizationId === organizationId),
    );
    await this.#checkCredentials(theirs);
  }

  /** Applies reduced permissions, and closes connections with an invalid credential. */
  async #checkCredentials(connections: Iterable<Connection>): Promise<void> {
    const byCredential = Map.groupBy(connections, ({ credential, principal }) =>
      principal === null ? null : credential,
    );
    for (const [credential, group] of byCredential) {
      if (credential === null) continue;
      try {
        const principal = await this.#authenticate(credential);
        for (const connection of group) if (connection.credential === credential) connection.principal = principal;
      } catch (error) {
        // A database outage does not invalidate credentials.
        if (!(error instanceof AppError)) continue;
        for (const connection of group) if (connection.credential === credential) this.#shut(connection, error);
      }
    }
  }

  #shut(connection: Connection, error: AppError): void {
    connection.subscriber?.close();
    connection.principal = null;
    this.#sayError(connection, error);
    connection.webSocket.close(CLOSE_UNAUTHENTICATED, 'the credential is no longer valid');
  }

  #sayError(connection: Connection, error: unknown): void {
    if (!(error instanceof AppError))
      this.#options.log.error({ err: error }, 'a socket message could not be processed');
    const known = error instanceof AppError ? error : new AppError('internal', 'Internal server error');
    const { code, message, details } = (
      renderError(known, '').body as { error: { code: string; message: string; details: object } }
    ).error;
    this.#say(connection, 'error.occurred', {
      error_code: code,
      message,
      ...(Object.keys(details).length > 0 ? { details } : {}),
    });
  }

  #say(connection: Connection, type: Sent, data: object): void {
    const { webSocket, socket } = connection;
    // The client sends requests without reading the replies.
    if (socket.writableLength > MOST_UNREAD) return webSocket.terminate();
    if (webSocket.readyState === webSocket.OPEN)
      webSocket.send(JSON.stringify({ type, timestamp: timeInMilliseconds(this.#options.core.clock.now()), data }));
  }
}
