import type { ColumnType, Generated, JSONColumnType } from 'kysely';

/** The database as Kysely sees it; a test compares it with the migrated database. Times are Dates, bigints are numbers. */
type Instant = ColumnType<Date, Date, Date>;
type Defaulted<T> = ColumnType<T, T | undefined, T>;
type Json<T extends object> = JSONColumnType<T>;

export interface Database {
  organizations: { id: Generated<number>; name: string; time_zone: Defaulted<string>; language: Defaulted<string>; currency: Defaulted<string>; created_at: Defaulted<Date>; plan: Defaulted<string>; recording_retention_days: Defaulted<number | null>; transcript_retention_days: Defaulted<number | null> };
  installation: { id: Defaulted<boolean>; encryption_fingerprint: string; admin_password_fingerprint: Defaulted<string | null>; created_at: Defaulted<Date> };
  api_keys: { id: Generated<number>; organization_id: number; name: string; key_hash: string; role: string; user_id: Defaulted<number | null>; configured: Defaulted<boolean>; revoked_at: Defaulted<Date | null>; created_at: Defaulted<Date> };
  users: {
    id: Generated<number>; organization_id: number; email: string; name: string; role: string; status: Defaulted<string>; password_hash: string; preferences: Json<Record<string, unknown>>; created_at: Instant; updated_at: Instant;
  };
  sessions: { id: Generated<number>; user_id: number; refresh_hash: string; expires_at: Date; revoked_at: Defaulted<Date | null>; created_at: Defaulted<Date> };
  used_refresh_tokens: { refresh_hash: string; session_id: number };
  sign_in_failures: { email: string; failures: number; last_at: Date; locked_until: Date | null };
  suppressed_numbers: { organization_id: number; number_hash: string; at: Date };
  idempotent_requests: { organization_id: number; actor: string; operation: string; key: string; request_hash: string; attempt: string; started_at: Date; subject: Defaulted<string | null>; reply: Defaulted<string | null> };
  rate_limits: { key: string; points: Defaulted<number>; expire: Defaulted<number | null> };
  persons: { id: Generated<number>; organization_id: number; name: string | null; language: string | null; time_zone: string | null; do_not_call_at: Date | null; created_at: Defaulted<Date> };
  person_numbers: { organization_id: number; number: string; person_id: number };
  ai_agents: {
    id: Generated<number>; organization_id: number; type: Defaulted<string>; name: string; system_prompt: string; first_message: string | null; voicemail_message: string | null;
    voice_provider: string; voice_id: string; model_provider: string; model_name: string; interrupt_enabled: boolean; silence_threshold_ms: number; is_active: boolean; is_default: boolean; built_in_tools: Defaulted<string[]>; transfer_number: Defaulted<string | null>;
    temperature: Defaulted<number | null>; max_tokens: Defaulted<number | null>; chain: ColumnType<number[], string | undefined, string>;
    deleted_at: Date | null; created_at: Instant; updated_at: Instant;
  };
  calls: {
    id: Generated<number>; sid: string; organization_id: number; agent_id: number; person_id: number | null; direction: string; carrier: string; carrier_call_id: string | null;
    from_number: string | null; to_number: string | null; status: string; end_reason: string | null; failure_reason: string | null; phase: Defaulted<string>;
    variables: Json<Record<string, string>>; overrides: Json<Record<string, unknown>>; spoken_by: ColumnType<Record<string, string>, string | undefined, string>; recorded: boolean; recording_key: string | null; recording_offset_ms: Defaulted<number | null>; placed_ms: number | null;
    latency: ColumnType<object | null, string | null, string | null>; placed_at: Instant; answered_at: Date | null; ended_at: Date | null; ring_timeout_ms: number;
    owner: string | null; epoch: Defaulted<number>; lease_until: Date | null; created_at: Defaulted<Date>; user_id: Defaulted<number | null>;
    recording_failure: Defaulted<string | null>; recording_deleted_at: Defaulted<Date | null>; transcript_deleted_at: Defaulted<Date | null>;
    placed_sid: Defaulted<string | null>; dialled_at: Defaulted<Date | null>; transcribed: Defaulted<boolean>; carrier_recording_url: Defaulted<string | null>;
  };
  call_entries: { call_id: number; seq: number; role: string; text: string; start_ms: number; end_ms: number; detail: Json<Record<string, unknown>>; id: Generated<number>; at: Defaulted<Date> };
  agent_activity: { agent_id: number; requests: number; response_ms: number; last_at: Date };
  person_ids: { organization_id: number; outside_id: string; person_id: number };
  memory_preferences: { person_id: number; name: string; value: ColumnType<unknown, string, string>; updated_at: Date };
  memory_topics: { id: Generated<number>; person_id: number; topic: string; updated_at: Date };
  conversations: {
    id: Generated<number>; organization_id: number; agent_id: number | null; person_id: number | null; user_id: string | null; name: Defaulted<string | null>; call_id: Defaulted<number | null>; started_by: number | null; created_at: Instant; last_message_at: Instant;
    busy_until: Defaulted<Date | null>; tokens: Defaulted<number>; model: Defaulted<string | null>; summary: Defaulted<string | null>; summarized_at: Defaulted<Date | null>; words_deleted_at: Defaulted<Date | null>;
  };
  messages: { id: Generated<number>; conversation_id: number; role: string; content: string; metadata: ColumnType<Record<string, unknown> | null, string | null, string | null>; detail: Json<Record<string, unknown>>; agent_id: number | null; at: Instant };
  media_tokens: { token_hash: string; call_id: number; expires_at: Date; used_at: Date | null; reused_at: Date | null; again: Defaulted<boolean>; strict: Defaulted<boolean> };
  settings: { name: string; value: string; updated_at: Date };
  phone_numbers: { number: string; organization_id: number; carrier: string; agent_id: number | null; created_at: Instant };
  carrier_pace: { carrier: string; next_at: Date; resting_until: Defaulted<Date | null> };
  carrier_deliveries: { carrier: string; digest: string; at: Date };
  events: { id: Generated<number>; organization_id: number; type: string; call_id: number | null; payload: Json<object>; at: Defaulted<Date>; conversation_id: Defaulted<number | null>; position: Defaulted<number | null> };
  event_feed: { id: Defaulted<boolean>; position: number };
  webhooks: { id: Generated<number>; organization_id: number; api: string; url: string; events: string[]; agent_id: number | null; secret: string; created_at: Instant; deleted_at: Date | null };
  webhook_deliveries: {
    webhook_id: number; event_id: number; lane: string; state: Defaulted<string>; attempts: Defaulted<number>; last_attempt_at: Defaulted<Date | null>; last_status: Defaulted<number | null>;
    last_error: Defaulted<string | null>; last_duration_ms: Defaulted<number | null>; created_at: Defaulted<Date>;
  };
  webhook_lanes: { webhook_id: number; lane: string; version: Defaulted<number>; attempts: Defaulted<number>; due_at: Date | null; claimed_until: Defaulted<Date | null>; touched_at: Defaulted<Date> };
  tools: {
    id: Generated<number>; organization_id: number; agent_id: number; name: string; description: string; required_params: string[]; optional_params: string[]; webhook_url: string; secret: string; created_at: Instant; updated_at: Instant;
    deleted_at: Date | null;
  };
  tool_executions: {
    id: Generated<number>; call_id: number | null; conversation_id: Defaulted<number | null>; key: string; tool_id: number | null; name: string; input: Json<Record<string, string>>; status: Defaulted<string>; output: Defaulted<string | null>; started_at: Date; duration_ms: Defaulted<number | null>;
  };
  bookings: {
    id: Generated<number>; organization_id: number; at: Date; name: string | null; number: string | null; notes: string | null; person_id: number | null; call_id: number | null; conversation_id: Defaulted<number | null>; held_until: Date | null; created_at: Date;
  };
  callbacks: { id: Generated<number>; organization_id: number; call_id: number | null; conversation_id: Defaulted<number | null>; person_id: number | null; number: string | null; wanted: string; due_at: Date | null; reason: string; created_at: Date };
  documents: {
    id: Generated<number>; organization_id: number; agent_id: number; name: string; file_type: string; source: string; url: string | null; file_key: string; chunk_size: number; chunks: number; created_at: Instant; indexed_at: Instant;
  };
  document_chunks: { document_id: number; seq: number; heading: string | null; body: string; words: ColumnType<string, never, never>; embedding: Defaulted<Buffer | null>; embedded_by: Defaulted<string | null> };
  usage_lines: { call_id: number; provider: string; unit: string; units: number; cost_micros: number };
  prices: { provider: string; unit: string; micros_per_million: number };
  media_servers: { id: string; url: string; free: number; running: number; seen_at: Date };
  mcp_servers: { id: Generated<number>; organization_id: number; agent_id: number; name: string; url: string; authorization_header: string | null; created_at: Instant; deleted_at: Date | null };
  audit: { id: Generated<number>; organization_id: number; actor: string; action: string; subject: string; detail: Json<object>; at: Defaulted<Date> };
}
