import type { Listed, Page } from '../kernel/page.ts';
import type { DeliveryState, StoredEvent, Webhook, WebhookDelivery } from './webhook.ts';

export type NewWebhook = Pick<
  Webhook,
  'organizationId' | 'api' | 'url' | 'events' | 'eventNames' | 'agentId' | 'createdAt'
> & {
  readonly sealedSecret: string;
};

/** The receiver host whose slots a lane uses while it is delivered. */
export interface LanePlace {
  readonly organizationId: number;
  readonly receiver: string;
}

/** The events of one call for one webhook, delivered one after another. */
export interface WebhookLane extends LanePlace {
  readonly webhookId: number;
  readonly lane: string;
  readonly version: number;
  /** Failures in a row of the first event that is waiting. */
  readonly attempts: number;
}

/** The waiting events of a lane and their receiver. */
export interface LaneWork {
  readonly webhook: Webhook;
  readonly sealedSecret: string;
  /** Waiting, in order. */
  readonly events: readonly StoredEvent[];
}

export interface AttemptOutcome {
  readonly eventId: number;
  readonly state: DeliveryState;
  readonly at: Date;
  readonly status: number | null;
  readonly error: string | null;
  readonly durationMs: number;
}

export interface WebhookStore {
  insert(webhook: NewWebhook): Promise<Webhook>;
  count(organizationId: number): Promise<number>;
  find(organizationId: number, id: number): Promise<Webhook | null>;
  /** Oldest first. */
  list(
    organizationId: number,
    filter: { readonly api: string; readonly agentId?: number },
  ): Promise<readonly Webhook[]>;
  /** Deletes a webhook and cancels its pending deliveries. False if it does not exist. */
  delete(organizationId: number, id: number, at: Date): Promise<boolean>;
  /** Newest first. */
  deliveries(
    organizationId: number,
    filter: { readonly webhookId?: number; readonly state?: DeliveryState },
    page: Page,
  ): Promise<Listed<WebhookDelivery>>;
  /** Queues finished deliveries again, before later events of their calls. Returns how many. */
  replay(
    organizationId: number,
    which: { readonly webhookId?: number; readonly eventId?: number; readonly state?: DeliveryState },
    at: Date,
  ): Promise<number>;
  /**
   * Claims lanes that are due, exclusively until `until`. Organizations take turns, and so do their receivers. Together
   * with
   * the `running` lanes, no receiver exceeds its number of slots.
   */
  claimLanes(
    now: Date,
    until: Date,
    limits: {
      readonly lanes: number;
      readonly perReceiver: number;
      readonly perOrganization: number;
      readonly running: readonly LanePlace[];
    },
  ): Promise<readonly WebhookLane[]>;
  /** Lanes with events to send, among the `most` of all organizations that are due first. */
  backlog(
    organizationId: number,
    most: number,
  ): Promise<{ readonly lanes: number; readonly failing: number; readonly firstDueAt: Date | null }>;
  /** Null if no event is waiting, or the webhook was deleted. */
  work(lane: WebhookLane, limit: number): Promise<LaneWork | null>;
  attempted(lane: WebhookLane, outcomes: readonly AttemptOutcome[]): Promise<void>;
  /**
   * Releases a lane: due again at `dueAt`, or idle. False if it got another event since `lane` was read; then it stays
   * claimed.
   */
  release(lane: WebhookLane, next: { readonly dueAt: Date; readonly attempts: number } | null): Promise<boolean>;
}
