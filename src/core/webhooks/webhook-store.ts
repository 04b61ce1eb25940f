import type { Listed, Page } from '../kernel/page.ts';
import type { DeliveryState, StoredEvent, Webhook, WebhookDelivery } from './webhook.ts';

export type NewWebhook = Pick<Webhook, 'organizationId' | 'api' | 'url' | 'events' | 'agentId' | 'createdAt'> & {
  readonly sealedSecret: string;
};

/** Whose places a lane takes while it is worked on: one receiver is one host. */
export interface LanePlace {
  readonly organizationId: number;
  readonly receiver: string;
}

/** Events of one call for one webhook: they go out one after another. */
export interface WebhookLane extends LanePlace {
  readonly webhookId: number;
  readonly lane: string;
  readonly version: number;
  /** Failures in a row of the first event that is waiting. */
  readonly attempts: number;
}

/** What a lane delivers, and where. */
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
  /** What is waiting for it is canceled. False when there is none (any more). */
  delete(organizationId: number, id: number, at: Date): Promise<boolean>;
  /** Newest first. */
  deliveries(
    organizationId: number,
    filter: { readonly webhookId?: number; readonly state?: DeliveryState },
    page: Page,
  ): Promise<Listed<WebhookDelivery>>;
  /** Puts deliveries that are over in line again, before later events of their calls. Answers how many. */
  replay(
    organizationId: number,
    which: { readonly webhookId?: number; readonly eventId?: number; readonly state?: DeliveryState },
    at: Date,
  ): Promise<number>;
  /**
   * Lanes that are due, each for nobody else until `until`. Organizations take turns, and so do the receivers of each;
   * with those that are `running` none has more than its number of places.
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
  /** Null when nothing is waiting, or the receiver is gone. */
  work(lane: WebhookLane, limit: number): Promise<LaneWork | null>;
  attempted(lane: WebhookLane, outcomes: readonly AttemptOutcome[]): Promise<void>;
  /** Gives a lane back: due again at `dueAt`, or at rest. False when it has got another event since `lane` was read: it stays claimed. */
  release(lane: WebhookLane, next: { readonly dueAt: Date; readonly attempts: number } | null): Promise<boolean>;
}
