// Generated from the migrated database by `npm run schema`; do not edit. `npm run check` compares it.
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface EventsTables {
  event_feed: {
    id: Generated<boolean>;
    position: number;
  };
  events: {
    id: GeneratedAlways<number>;
    organization_id: number;
    type: string;
    payload: ColumnType<object, string, string>;
    at: Generated<Date>;
    conversation_id: number | null;
    position: number | null;
  };
  webhook_deliveries: {
    webhook_id: number;
    event_id: number;
    lane: string;
    state: Generated<string>;
    attempts: Generated<number>;
    last_attempt_at: Date | null;
    last_status: number | null;
    last_error: string | null;
    last_duration_ms: number | null;
    created_at: Generated<Date>;
  };
  webhook_lanes: {
    webhook_id: number;
    lane: string;
    version: Generated<number>;
    attempts: Generated<number>;
    due_at: Date | null;
    claimed_until: Date | null;
    touched_at: Generated<Date>;
  };
  webhooks: {
    id: GeneratedAlways<number>;
    organization_id: number;
    api: string;
    url: string;
    events: string[];
    agent_id: number | null;
    secret: string;
    created_at: Date;
    deleted_at: Date | null;
    receiver: GeneratedAlways<string>;
    event_names: Generated<string[]>;
  };
}
