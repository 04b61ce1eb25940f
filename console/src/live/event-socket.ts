import { useEffect, useRef, useSyncExternalStore } from 'react';
import { refreshSession } from '@/api/session.ts';

/** An event of `/ws`. */
export interface LiveEvent {
  readonly type: string;
  readonly timestamp: string;
  readonly cursor?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** `live`: what is shown is current. Else it is as of `since`, when the server was last heard. */
export interface Connection {
  readonly state: 'connecting' | 'live' | 'reconnecting';
  readonly since: number;
}

type Listener = (event: LiveEvent) => void;

const PING_MS = 10_000;
/** Without a message for this long the connection counts as lost. */
const SILENCE_MS = 25_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;

/**
 * One event socket for all pages of this tab. After a break it resumes at the cursor of the last event; if the server no
 * longer has what came since, `onGap` tells every page to read again.
 */
class EventConnection {
  #socket: WebSocket | null = null;
  #cursor: string | null = null;
  #connection: Connection = { state: 'connecting', since: Date.now() };
  #retryMs = FIRST_RETRY_MS;
  #heard = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ping: ReturnType<typeof setInterval> | undefined;
  readonly #listeners = new Set<Listener>();
  readonly #gapListeners = new Set<() => void>();
  readonly #watchers = new Set<() => void>();

  get connection(): Connection {
    return this.#connection;
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  listen(listener: Listener, onGap: () => void): () => void {
    this.#listeners.add(listener);
    this.#gapListeners.add(onGap);
    if (!this.#socket && this.#timer === undefined) this.#open();
    return () => {
      this.#listeners.delete(listener);
      this.#gapListeners.delete(onGap);
    };
  }

  /** After signing out: nothing of the former user stays. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#cursor = null;
    this.#drop();
    this.#set({ state: 'connecting', since: Date.now() });
  }

  /** The network is back, or the tab awake: no need to wait for the next try. */
  wake(): void {
    if (this.#socket && Date.now() - this.#heard < SILENCE_MS) return;
    if (this.#listeners.size === 0) return;
    clearTimeout(this.#timer);
    this.#drop();
    this.#open();
  }

  #set(connection: Connection): void {
    this.#connection = connection;
    for (const watcher of this.#watchers) watcher();
  }

  #open(): void {
    this.#timer = undefined;
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`);
    this.#socket = socket;
    this.#heard = Date.now();
    let wasRefused = false;
    socket.addEventListener('message', ({ data }) => {
      if (socket === this.#socket) this.#receive(socket, JSON.parse(String(data)) as LiveEvent);
    });
    socket.addEventListener('open', () => {
      this.#ping = setInterval(() => {
        if (Date.now() - this.#heard > SILENCE_MS) socket.close();
        else socket.send('{"type":"ping"}');
      }, PING_MS);
    });
    socket.addEventListener('close', ({ code }) => {
      if (socket !== this.#socket) return;
      wasRefused = code === 1008;
      this.#drop();
      if (this.#connection.state === 'live') this.#set({ state: 'reconnecting', since: this.#heard });
      const again = () => {
        // Jitter: a server that comes back is not met by all tabs at once.
        this.#timer = setTimeout(() => this.#open(), this.#retryMs * (0.5 + Math.random()));
        this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2);
      };
      if (wasRefused) void refreshSession().then(again);
      else again();
    });
  }

  #drop(): void {
    clearInterval(this.#ping);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #receive(socket: WebSocket, event: LiveEvent): void {
    this.#heard = Date.now();
    switch (event.type) {
      case 'auth.success':
        return socket.send(
          JSON.stringify({
            type: 'subscribe',
            events: ['*'],
            ...(this.#cursor === null ? {} : { cursor: this.#cursor }),
          }),
        );
      case 'subscribed':
        this.#retryMs = FIRST_RETRY_MS;
        // What happened before the first subscription, or beyond the stored events, is read whole.
        if (this.#cursor === null) this.#gap();
        return this.#set({ state: 'live', since: this.#heard });
      case 'events.missed':
        return this.#gap();
      case 'pong':
        return;
      default:
        if (event.cursor !== undefined) this.#cursor = event.cursor;
        for (const listener of this.#listeners) listener(event);
    }
  }

  #gap(): void {
    for (const listener of this.#gapListeners) listener();
  }
}

export const eventConnection = new EventConnection();

addEventListener('online', () => eventConnection.wake());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') eventConnection.wake();
});

export const useConnection = (): Connection =>
  useSyncExternalStore(eventConnection.watch, () => eventConnection.connection);

const BATCH_MS = 100;

/**
 * Calls `onEvents` with what happened, at once, but at most ten times a second and then with several events, and `onGap`
 * when events may be missing.
 */
export function useEvents(onEvents: (events: readonly LiveEvent[]) => void, onGap: () => void): void {
  const latest = useRef({ onEvents, onGap });
  useEffect(() => {
    latest.current = { onEvents, onGap };
  });
  useEffect(() => {
    let waiting: LiveEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let told = -BATCH_MS;
    const stop = eventConnection.listen(
      (event) => {
        waiting.push(event);
        timer ??= setTimeout(
          () => {
            timer = undefined;
            told = performance.now();
            const batch = waiting;
            waiting = [];
            latest.current.onEvents(batch);
          },
          Math.max(0, told + BATCH_MS - performance.now()),
        );
      },
      () => latest.current.onGap(),
    );
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
}
