import type { TurnLatency } from '../calls/call.ts';
import type { DeliveryState } from '../webhooks/webhook.ts';

/** What one process measures of its own work while it runs. */
export interface Measurements {
  turnAnswered(latency: TurnLatency): void;
  /** `state`: what the attempt made of the delivery; `pending` is tried again. */
  webhookAttempted(state: DeliveryState, durationMs: number): void;
}
