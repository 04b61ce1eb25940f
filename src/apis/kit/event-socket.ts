import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { maySee } from '#core/events/event-feed.ts';
import type { Principal } from '#core/identity/principal.ts';
import { actorName, isAllowed } from '#core/kernel/context.ts';
import { AppError } from '#core/kernel/errors.ts';
import { credentialIn } from './authenticate.ts';
import { readJson } from './input.ts';
import type { Limit } from './limit.ts';
import { EventFanOut } from './event-fan-out.ts';
import { SocketAccess } from './socket-access.ts';
import type { Connection, ConnectionView, EventSocketOptions } from './socket-connection.ts';
import type { ClientMessage, SocketClient, SocketDialect, Topic } from './socket-dialect.ts';
import { Subscriber, MOST_BEHIND, readCursor, type Cursor } from './subscriber.ts';

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
/** How long closing waits for the last events to be sent. */
const LAST_EVENTS_MS = 2000;
/** How long the events of a client without a subscription are held back, so that one that resumes can say so first. */
const SUBSCRIBE_MS = 200;
/** How long an authenticated client waits for the feed to be up to date. */
const FEED_MS = 2000;
const GOING_AWAY = 1001;
const CLOSE_UNAUTHENTICATED = 1008;
const FULL = 1013;

/**
 * The event socket of an API: an authenticated client gets the events that it may see and has subscribed to. Its
 * messages are carried out one after another, within a limit.
 */
export class EventSocket<M extends ClientMessage = ClientMessage> {
  readonly #dialect: SocketDialect<M>;
  readonly #options: EventSocketOptions;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE, perMessageDeflate: false });
  readonly #connections = new Set<Connection>();
  readonly #fanOut: EventFanOut;
  readonly #access = new SocketAccess(
    (credential) => this.#authenticate(credential),
    (connection, error, reason) => this.#shut(connection, error, reason),
  );
  readonly #timers: NodeJS.Timeout[];
  /** Set while there is a reader. */
  #stopListening: (() => void) | null = null;
  readonly #startedMs = performance.now();
  #serial = 0;

  constructor(options: EventSocketOptions, dialect: SocketDialect<M>) {
    this.#options = options;
    this.#dialect = dialect;
    this.#fanOut = new EventFanOut(dialect, options.frame);
    this.#timers = [
      setInterval(() => void this.#beat(), HEARTBEAT_MS),
      setInterval(() => void this.#broadcastStatus(), STATUS_MS),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  get mostConnections(): number {
    return this.#options.mostConnections;
  }

  get uptimeS(): number {
    return Math.round((performance.now() - this.#startedMs) / 1000);
  }

  /** Those of one organization. */
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
    const { requestsOpen } = this.#dialect;
    let principal: Principal | null = null;
    let topic: Topic | null = null;
    let from: Cursor | null = null;
    try {
      if (credential !== null) principal = await this.#authenticate(credential);
      if (requestsOpen && !principal) throw new AppError('unauthenticated', 'Missing API key or access token');
      if (requestsOpen && principal) {
        topic = await requestsOpen(url, principal);
        from = this.#readCursor(url.searchParams.get('cursor') ?? undefined);
      }
    } catch (error) {
      const known = error instanceof AppError ? this.#dialect.renderError(error) : null;
      if (!known) this.#options.log.error({ err: error }, 'an event socket could not be opened');
      return refuse(known?.status ?? 500, known?.sentence ?? 'Internal server error');
    }
    const strangers = [...this.#connections].filter((one) => one.principal === null).length;
    if (
      this.#connections.size >= this.#options.mostConnections ||
      (principal === null && strangers >= MAX_UNAUTHENTICATED)
    )
      return refuse(503, 'Too many connections');
    if (socket.destroyed) return;
    this.#server.handleUpgrade(request, socket, head, (webSocket) =>
      this.#open(webSocket, socket, { principal, credential, topic, from }),
    );
  }

  /** @throws AppError */
  async #authenticate(credential: string): Promise<Principal> {
    const principal = await this.#options.principalOf(credential);
    if (!isAllowed(principal.actor, 'read-calls')) throw new AppError('forbidden', 'This role may not do that');
    return principal;
  }

  #open(
    webSocket: WebSocket,
    socket: Duplex,
    {
      principal,
      credential,
      topic,
      from,
    }: Pick<Connection, 'principal' | 'credential' | 'topic'> & { readonly from: Cursor | null },
  ): void {
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
      topic,
      subscribed: false,
      turn: Promise.resolve(),
      waiting: 0,
      unknown: 0,
      answered: true,
    };
    this.#connections.add(connection);
    const late = setTimeout(() => {
      if (connection.principal) return;
      this.#sendError(connection, new AppError('unauthenticated', `No auth message came within ${AUTH_MS / 1000} s`));
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
        .catch((error: unknown) => this.#sendError(connection, error))
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
      connection.turn = (this.#dialect.requestsOpen ? this.#begin(connection, from) : this.#admit(connection)).catch(
        (error: unknown) => this.#sendError(connection, error),
      );
  }

  async #hear(connection: Connection, data: RawData, isBinary: boolean): Promise<void> {
    if (connection.principal) {
      const over = await this.#checkRateLimit(connection.principal, CONTROL);
      if (over) return this.#hold(connection, over);
    } else if (++connection.unknown > MOST_OF_A_STRANGER)
      return connection.webSocket.close(CLOSE_UNAUTHENTICATED, 'not authenticated');
    if (isBinary) throw new AppError('invalid-input', 'Messages are JSON in text');
    const message = this.#dialect.parse(readJson((data as Buffer).toString()));
    if (message.type === 'auth')
      return this.#acceptCredential(connection, (message as { readonly token: string }).token);
    const { principal } = connection;
    if (!principal)
      throw new AppError('unauthenticated', 'The first message has to be auth, with an API key or access token');
    return this.#dialect.hear(message as Exclude<M, { readonly type: 'auth' }>, this.#clientOf(connection, principal));
  }

  #clientOf(connection: Connection, principal: Principal): SocketClient {
    return {
      principal,
      get types() {
        return connection.subscriber?.types ?? new Set<string>();
      },
      renew: () => this.#renew(connection, principal),
      count: async (limit) => {
        const over = await this.#checkRateLimit(principal, limit);
        if (over) throw over;
      },
      subscribe: (types, cursor) => this.#subscribe(connection, types, cursor),
      unsubscribe: (types) => {
        const gone = new Set(types);
        const { subscriber } = connection;
        subscriber?.want(
          [...subscriber.types].filter((type) => !gone.has(type)),
          null,
        );
      },
      say: (type, data) => this.#say(connection, type, data),
      sayStatus: () => this.#sendStatus(connection, principal),
      sayError: (error) => this.#sendError(connection, error),
    };
  }

  async #renew(connection: Connection, principal: Principal): Promise<Principal> {
    if (connection.credential === null) return principal;
    return (connection.principal = await this.#authenticate(connection.credential));
  }

  /** The error if the limit is exceeded, or null. */
  async #checkRateLimit({ actor }: Principal, limit: Limit): Promise<AppError | null> {
    const { limiter, rateLimitFactor } = this.#options;
    const points = Math.max(1, Math.floor(limit.points * rateLimitFactor));
    const { allowed, resetAt } = await limiter.count(
      `${limit.name}:${this.#dialect.api}:${actorName(actor)}`,
      points,
      limit.windowS,
    );
    return allowed
      ? null
      : new AppError('rate-limited', `Rate limit exceeded: ${points} messages in ${limit.windowS} seconds`, {
          retryAt: resetAt,
          limit: points,
        });
  }

  /** Reports the exceeded limit and waits until it resets; meanwhile no message is processed. */
  async #hold(connection: Connection, over: AppError): Promise<void> {
    this.#sendError(connection, over);
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
      await this.#admit(connection);
    } catch (error) {
      this.#sendError(connection, error);
      if (!connection.principal) connection.webSocket.close(CLOSE_UNAUTHENTICATED, 'not authenticated');
    }
  }

  /** Starts the delivery of new events, from this moment on. */
  async #admit(connection: Connection): Promise<void> {
    if (!connection.subscriber) {
      await Promise.race([this.#options.feed.now(), pause(FEED_MS, undefined, { ref: false })]);
      if (connection.webSocket.readyState !== connection.webSocket.OPEN) return;
      const subscriber = this.#readerOf(connection);
      subscriber.want(this.#dialect.eventTypes, null);
      subscriber.hold();
      // In its turn: a message that has come by then is carried out first.
      const timer = setTimeout(() => {
        connection.turn = connection.turn.then(() => subscriber.release());
      }, SUBSCRIBE_MS);
      timer.unref();
    }
    this.#say(connection, 'auth.success', { connection_id: connection.id });
  }

  /** The request was the subscription: to all types, from the cursor or from now on. */
  async #begin(connection: Connection, from: Cursor | null): Promise<void> {
    const subscriber = this.#readerOf(connection);
    subscriber.hold();
    await Promise.race([this.#options.feed.now(), pause(FEED_MS, undefined, { ref: false })]);
    subscriber.want(this.#dialect.eventTypes, from);
  }

  #readerOf(connection: Connection): Subscriber {
    this.#stopListening ??= this.#options.feed.listen((events) => this.#fanOut.deliver(events, this.#connections));
    return (connection.subscriber ??= this.#reader(connection));
  }

  async #subscribe(connection: Connection, types: readonly string[], cursor: string | undefined): Promise<void> {
    const { feed } = this.#options;
    const from = this.#readCursor(cursor);
    const subscriber = this.#readerOf(connection);
    // Without a cursor the events before this are skipped, except those that are held back since the authentication.
    await feed.now();
    const before = connection.subscribed ? subscriber.types : [];
    const wanted = new Set([...before, ...types]);
    connection.subscribed = true;
    subscriber.want(wanted, from);
  }

  /** @throws AppError invalid-input */
  #readCursor(cursor: string | undefined): Cursor | null {
    if (cursor === undefined) return null;
    const from = readCursor(cursor);
    if (from !== null && from.position <= this.#options.feed.position + MOST_BEHIND) return from;
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
  }

  #reader(connection: Connection): Subscriber {
    const { feed, log } = this.#options;
    const { webSocket, socket } = connection;
    return new Subscriber({
      feed,
      told: (event) => this.#fanOut.messagesOf(event),
      sees: (event) => {
        const { principal, topic } = connection;
        if (!principal) return false;
        return topic ? event.organizationId === principal.organizationId && topic.has(event) : maySee(principal, event);
      },
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

  async #sendStatus(connection: Connection, { organizationId }: Principal): Promise<void> {
    this.#say(connection, 'system.status', {
      status: (await this.#options.healthy()) ? 'healthy' : 'unhealthy',
      active_connections: this.connectionsOf(organizationId).length,
      uptime: this.uptimeS,
    });
  }

  async #broadcastStatus(): Promise<void> {
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
    await this.#access.check(this.#connections);
  }

  /** A credential of this organization, or of any if null, was revoked or lost a permission. */
  async credentialsChanged(organizationId: number | null): Promise<void> {
    const theirs = [...this.#connections].filter(
      ({ principal }) => principal && (organizationId === null || principal.organizationId === organizationId),
    );
    await this.#access.check(theirs);
  }

  /** A human agent may have lost this call. */
  async callAccessLost(callId: number): Promise<void> {
    await this.#access.checkTopics([...this.#connections].filter(({ topic }) => topic?.callId === callId));
  }

  #shut(connection: Connection, error: AppError, reason: string): void {
    connection.subscriber?.close();
    connection.principal = null;
    this.#sendError(connection, error);
    connection.webSocket.close(CLOSE_UNAUTHENTICATED, reason);
  }

  #sendError(connection: Connection, error: unknown): void {
    if (!(error instanceof AppError))
      this.#options.log.error({ err: error }, 'a socket message could not be processed');
    const known = error instanceof AppError ? error : new AppError('internal', 'Internal server error');
    this.#say(connection, 'error.occurred', this.#dialect.renderError(known).data);
  }

  #say(connection: Connection, type: string, data: object): void {
    const { webSocket, socket } = connection;
    // The client sends requests without reading the replies.
    if (socket.writableLength > MOST_UNREAD) return webSocket.terminate();
    if (webSocket.readyState === webSocket.OPEN)
      webSocket.send(JSON.stringify(this.#dialect.message(type, this.#options.core.clock.now(), data)));
  }
}
