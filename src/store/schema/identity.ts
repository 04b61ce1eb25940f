// Generated from the migrated database by `npm run schema`; do not edit. `npm run check` compares it.
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface IdentityTables {
  api_keys: {
    id: GeneratedAlways<number>;
    organization_id: number;
    name: string;
    key_hash: string;
    role: string;
    created_at: Generated<Date>;
    user_id: number | null;
    configured: Generated<boolean>;
    revoked_at: Date | null;
  };
  audit: {
    id: GeneratedAlways<number>;
    organization_id: number;
    actor: string;
    action: string;
    subject: string;
    detail: ColumnType<object, string | undefined, string>;
    at: Generated<Date>;
  };
  organizations: {
    id: GeneratedAlways<number>;
    name: string;
    time_zone: Generated<string>;
    language: Generated<string>;
    currency: Generated<string>;
    created_at: Generated<Date>;
    plan: Generated<string>;
    recording_retention_days: number | null;
    transcript_retention_days: number | null;
    when_model_fails: Generated<string>;
    opening_hours: ColumnType<object, string | undefined, string>;
    hold_audio: Generated<string>;
  };
  sessions: {
    id: GeneratedAlways<number>;
    user_id: number;
    refresh_hash: string;
    expires_at: Date;
    revoked_at: Date | null;
    created_at: Generated<Date>;
  };
  sign_in_failures: {
    account: string;
    place: string;
    failures: number;
    last_at: Date;
    next_at: Date | null;
  };
  sign_in_places: {
    user_id: number;
    network: string;
    last_at: Date;
  };
  used_refresh_tokens: {
    refresh_hash: string;
    session_id: number;
    used_at: Generated<Date>;
  };
  users: {
    id: GeneratedAlways<number>;
    organization_id: number;
    email: string;
    name: string;
    role: string;
    status: Generated<string>;
    password_hash: string;
    preferences: ColumnType<Record<string, unknown>, string | undefined, string>;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
    phone_number: string | null;
    answer_by: Generated<string>;
    skills: Generated<string[]>;
    max_concurrent_calls: Generated<number>;
  };
}
