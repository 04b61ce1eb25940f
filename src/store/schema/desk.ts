// Generated from the migrated database by `npm run schema`; do not edit. `npm run check` compares it.
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface DeskTables {
  callbacks: {
    id: GeneratedAlways<number>;
    organization_id: number;
    person_id: number | null;
    number: string | null;
    wanted: string;
    due_at: Date | null;
    reason: string;
    created_at: Date;
    conversation_id: number;
  };
  desk_agents: {
    user_id: number;
    wanted: string;
    away_reason: string | null;
    wanted_at: Date;
    seen_at: Date | null;
    idle_since: Date;
    wrap_up_call_id: number | null;
    wrap_up_until: Date | null;
    wrap_up_extended: Generated<boolean>;
  };
  desks: {
    organization_id: number;
  };
  offers: {
    id: GeneratedAlways<number>;
    organization_id: number;
    entry_id: number;
    call_id: number;
    agent_id: number;
    via: string;
    state: string;
    cause: string | null;
    offered_at: Date;
    accepted_at: Date | null;
    deadline: Date;
    ended_at: Date | null;
  };
  queue_entries: {
    id: GeneratedAlways<number>;
    organization_id: number;
    call_id: number;
    state: string;
    skills: string[];
    priority: number;
    target_id: number | null;
    transfer_type: string;
    requested_by: string;
    reason: string | null;
    entered_at: Date;
    resting: ColumnType<unknown, string | undefined, string>;
    agent_id: number | null;
    connected_at: Date | null;
    agent_lost_at: Date | null;
    callback_number: string | null;
    callback_at: Date | null;
    callback_tries: number | null;
    estimate_ms: number | null;
    outcome: string | null;
    cause: string | null;
    ended_at: Date | null;
    limits: ColumnType<object | null, string | null, string | null>;
    unstaffed_since: Date | null;
    told_ms: number | null;
  };
}
