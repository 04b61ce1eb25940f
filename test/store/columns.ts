import type { Database } from '#store/schema.ts';

/** Every column of every table, checked by the compiler against the interfaces and by a test against the database. */
const keys = <T>() => <K extends keyof T>(...names: K[] & ([keyof T] extends [K] ? unknown : never)): string[] => names.map(String);

export const tables: Readonly<Record<keyof Database, string[]>> = {
  organizations: keys<Database['organizations']>()('id', 'name', 'time_zone', 'language', 'currency', 'created_at', 'plan', 'recording_retention_days', 'transcript_retention_days'),
  installation: keys<Database['installation']>()('id', 'encryption_fingerprint', 'admin_password_fingerprint', 'created_at'),
  api_keys: keys<Database['api_keys']>()('id', 'organization_id', 'name', 'key_hash', 'role', 'user_id', 'configured', 'revoked_at', 'created_at'),
  users: keys<Database['users']>()('id', 'organization_id', 'email', 'name', 'role', 'status', 'password_hash', 'preferences', 'created_at', 'updated_at'),
  sessions: keys<Database['sessions']>()('id', 'user_id', 'refresh_hash', 'expires_at', 'revoked_at', 'created_at'),
  used_refresh_tokens: keys<Database['used_refresh_tokens']>()('refresh_hash', 'session_id'),
  sign_in_failures: keys<Database['sign_in_failures']>()('email', 'failures', 'last_at', 'locked_until'),
  suppressed_numbers: keys<Database['suppressed_numbers']>()('organization_id', 'number_hash', 'at'),
  idempotent_requests: keys<Database['idempotent_requests']>()('organization_id', 'actor', 'operation', 'key', 'request_hash', 'attempt', 'started_at', 'subject', 'reply'),
  rate_limits: keys<Database['rate_limits']>()('key', 'points', 'expire'),
  persons: keys<Database['persons']>()('id', 'organization_id', 'name', 'language', 'time_zone', 'do_not_call_at', 'created_at'),
  person_numbers: keys<Database['person_numbers']>()('organization_id', 'number', 'person_id'),
  ai_agents: keys<Database['ai_agents']>()('id', 'organization_id', 'type', 'name', 'system_prompt', 'first_message', 'voicemail_message', 'voice_provider', 'voice_id', 'model_provider', 'model_name', 'interrupt_enabled', 'silence_threshold_ms', 'is_active', 'is_default', 'deleted_at', 'created_at', 'updated_at'),
  calls: keys<Database['calls']>()('id', 'sid', 'organization_id', 'agent_id', 'person_id', 'direction', 'carrier', 'carrier_call_id', 'from_number', 'to_number', 'status', 'end_reason', 'failure_reason', 'phase', 'variables', 'overrides', 'spoken_by', 'recorded', 'recording_key', 'recording_offset_ms', 'placed_ms', 'latency', 'placed_at', 'answered_at', 'ended_at', 'ring_timeout_ms', 'owner', 'epoch', 'lease_until', 'created_at', 'user_id', 'recording_failure', 'recording_deleted_at', 'transcript_deleted_at'),
  call_entries: keys<Database['call_entries']>()('call_id', 'seq', 'role', 'text', 'start_ms', 'end_ms', 'detail'),
  media_tokens: keys<Database['media_tokens']>()('token_hash', 'call_id', 'expires_at', 'used_at', 'reused_at'),
  events: keys<Database['events']>()('id', 'organization_id', 'type', 'call_id', 'payload', 'at'),
  audit: keys<Database['audit']>()('id', 'organization_id', 'actor', 'action', 'subject', 'detail', 'at'),
};
