// Generated from the migrated database by `npm run schema`; do not edit. `npm run check` compares it.
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface CampaignsTables {
  attempts: {
    id: GeneratedAlways<number>;
    campaign_id: number;
    lead_id: number;
    call_id: number | null;
    dialled_at: Date;
    ended_at: Date | null;
    outcome: string | null;
  };
  calling_places: {
    id: GeneratedAlways<number>;
    regions: string[];
    zones: string[];
    always_open: boolean;
    import_id: number | null;
    held: Generated<boolean>;
  };
  calling_rules: {
    organization_id: number;
    own: ColumnType<object, string, string>;
    overrides: ColumnType<object, string, string>;
    updated_at: Date;
  };
  campaign_pace: {
    campaign_id: number;
    dial_after: Date;
    served: number;
  };
  campaigns: {
    id: GeneratedAlways<number>;
    organization_id: number;
    name: string;
    type: string | null;
    status: Generated<string>;
    agent_id: number | null;
    starts_at: Date | null;
    ends_at: Date | null;
    daily_cap: number | null;
    max_concurrent_calls: number | null;
    calls_per_second: number | null;
    weight: Generated<number>;
    settings: ColumnType<object, string, string>;
    started_at: Date | null;
    completed_at: Date | null;
    created_at: Date;
    updated_at: Date;
  };
  lead_counts: {
    campaign_id: number;
    place_id: number;
    status: string;
    reason: string | null;
    attempted: boolean;
    leads: number;
  };
  lead_import_errors: {
    import_id: number;
    row: number;
    error: string;
    cells: string[];
  };
  lead_imports: {
    id: GeneratedAlways<number>;
    organization_id: number;
    campaign_id: number | null;
    file_key: string | null;
    file_name: string;
    file_hash: string;
    format: ColumnType<object, string, string>;
    columns: ColumnType<object, string, string>;
    status: Generated<string>;
    failure: string | null;
    total_rows: number;
    done_rows: Generated<number>;
    created: Generated<number>;
    updated: Generated<number>;
    unchanged: Generated<number>;
    rejected: Generated<number>;
    released: Generated<boolean>;
    undone_at: Date | null;
    lease_until: Date | null;
    created_at: Date;
    finished_at: Date | null;
    tries: Generated<number>;
    target: Generated<string>;
    after_lead_id: Generated<number>;
    up_to_lead_id: number | null;
    done_batches: Generated<number[]>;
  };
  leads: {
    id: GeneratedAlways<number>;
    organization_id: number;
    campaign_id: number;
    person_id: number | null;
    number: string;
    name: string | null;
    email: string | null;
    variables: ColumnType<Record<string, string>, string | undefined, string>;
    place_id: number;
    status: string;
    reason: string | null;
    due_at: Date;
    priority: Generated<number>;
    attempts: Generated<number>;
    last_outcome: string | null;
    lease_until: Date | null;
    lease_owner: string | null;
    import_id: number | null;
    created_at: Date;
    updated_at: Date;
    callback_at: Date | null;
    callback_missed: string | null;
  };
  live_answers: {
    campaign_id: number;
    hour: Date;
    live: number;
    abandoned: number;
  };
}
