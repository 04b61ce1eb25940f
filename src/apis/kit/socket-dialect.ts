import type { FedEvent } from '#core/events/event-feed.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { AppError } from '#core/kernel/errors.ts';
import type { Limit } from './limit.ts';

/** A message of a client; `auth` is handled for every API. */
export type ClientMessage = { readonly type: 'auth'; readonly token: string } | { readonly type: string };

/**
 * A part of all events, such as those of one call. The principal may see it when the connection opens, and is checked
 * again after each change of access. Connections with the same key get the same events.
 */
export interface Topic {
  readonly key: string;
  has(event: FedEvent): boolean;
  /** The call that it is about; null before the call is placed. */
  readonly callId: number | null;
  /** Whether the principal may see it at this moment. */
  isOpenTo(principal: Principal): Promise<boolean>;
}

/** What one API says over its event socket, and how. */
export interface SocketDialect<M extends ClientMessage> {
  /** The name of the API, which limits are counted under. */
  readonly api: string;
  /** The types of its events. A client gets all of them until it subscribes. */
  readonly eventTypes: readonly string[];
  /** The messages that one event becomes. */
  wordsOf(event: FedEvent): readonly { readonly type: string; readonly data: object }[];
  /** A message as it is sent; `cursor`: of an event. */
  message(type: string, at: Date, data: object, cursor?: string): object;
  /**
   * The request itself is authenticated and subscribes to everything that it may see of the topic; null: of all. Where
   * it is left out, a client may authenticate and subscribe by messages. @throws AppError
   */
  readonly requestsOpen?: (url: URL, principal: Principal) => Promise<Topic | null>;
  /** @throws AppError invalid-input */
  parse(json: unknown): M;
  /** Carries out a message of an authenticated client. @throws AppError */
  hear(message: Exclude<M, { readonly type: 'auth' }>, client: SocketClient): Promise<void>;
  /** The HTTP status and sentence of a refused upgrade, and the data of an `error.occurred` message. */
  renderError(error: AppError): { readonly status: number; readonly sentence: string; readonly data: object };
}

/** The connection of one authenticated client, as a dialect sees it. */
export interface SocketClient {
  readonly principal: Principal;
  /** The types that it gets. */
  readonly types: ReadonlySet<string>;
  /** Looks the credential up again: what is written needs the permission of this moment. @throws AppError */
  renew(): Promise<Principal>;
  /**
   * Gets these types beside those that it subscribed to before; with a cursor also the events since then. @throws
   * AppError invalid-input
   */
  subscribe(types: readonly string[], cursor: string | undefined): Promise<void>;
  unsubscribe(types: readonly string[]): void;
  /** Counts a message against a further limit. @throws AppError rate-limited */
  count(limit: Limit): Promise<void>;
  say(type: string, data: object): void;
  sayStatus(): Promise<void>;
  sayError(error: unknown): void;
}
