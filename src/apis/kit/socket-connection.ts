import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Core } from '#core/core.ts';
import type { EventFeed } from '#core/events/event-feed.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { Log } from '#core/kernel/log.ts';
import type { RateLimiter } from '#core/kernel/rate-limiter.ts';
import type { Topic } from './socket-dialect.ts';
import type { Subscriber } from './subscriber.ts';

export interface EventSocketOptions {
  readonly core: Core;
  readonly feed: EventFeed;
  readonly limiter: RateLimiter;
  readonly rateLimitFactor: number;
  readonly mostConnections: number;
  /** Frames a message for the raw connection. */
  readonly frame: (text: string) => Buffer;
  /** @throws AppError unauthenticated, token-expired */
  readonly principalOf: (credential: string) => Promise<Principal>;
  readonly healthy: () => Promise<boolean>;
  readonly log: Pick<Log, 'warn' | 'error'>;
}

export interface Connection {
  readonly id: string;
  readonly webSocket: WebSocket;
  /** The raw connection: messages for many readers are framed once and written unchanged. */
  readonly socket: Duplex;
  readonly connectedAt: Date;
  lastActivity: Date;
  principal: Principal | null;
  credential: string | null;
  subscriber: Subscriber | null;
  /** What it gets of all events; null: whatever it may see. */
  readonly topic: Topic | null;
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
