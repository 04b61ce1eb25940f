import type { Call } from '../calls/call.ts';
import type { DomainEvent } from '../kernel/events.ts';

/** A receiver of events over HTTP. */
export interface Webhook {
  readonly id: number;
  readonly organizationId: number;
  /** The API whose format its deliveries use. */
  readonly api: string;
  readonly url: string;
  readonly events: readonly DomainEvent['type'][];
  /** The API's names that they were registered under; empty where these are the usual ones. */
  readonly eventNames: readonly string[];
  /** Only events of this AI agent's calls; null: of all. */
  readonly agentId: number | null;
  readonly createdAt: Date;
}

/** A stored event. */
export interface StoredEvent {
  readonly id: number;
  readonly at: Date;
  readonly event: DomainEvent;
}

export interface WebhookBodyTools {
  /** Hex HMAC of a text with the webhook's secret, for an API that signs within the body. */
  readonly sign: (text: string) => string;
  readonly urls: WebhookUrls;
}

/** Addresses for the bodies of deliveries. */
export interface WebhookUrls {
  /** Of the server, without a path. */
  readonly base: () => string;
  /** Of the recording of a call, signed: valid for a day after `at`, so that each attempt sends the same address. */
  recording(sid: string, at: Date): string;
}

/** The body of a delivery in an API's form. */
export type WebhookBody = (webhook: Webhook, event: StoredEvent, call: Call | null, tools: WebhookBodyTools) => object;

/** `canceled`: its webhook was deleted before it arrived. */
export type DeliveryState = 'pending' | 'delivered' | 'dead' | 'canceled';

/** One event for one receiver, and how the last attempt went. */
export interface WebhookDelivery {
  readonly webhookId: number;
  readonly eventId: number;
  readonly type: DomainEvent['type'];
  readonly callSid: string | null;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly lastAttemptAt: Date | null;
  /** HTTP status of the answer; null where there was none. */
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly lastDurationMs: number | null;
  readonly createdAt: Date;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/**
 * Delays after each failure, nine hours in total. After the last one the delivery is dead and can be replayed manually.
 */
const RETRIES_MS = [5 * SECOND, 20 * SECOND, MINUTE, 3 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 5 * HOUR];

/** The delay after this many failed attempts; null: no further attempt. */
export function retryAfterMs(attempts: number): number | null {
  return RETRIES_MS[attempts - 1] ?? null;
}
