// Generated from the migrated database by `npm run schema`; do not edit. `npm run check` compares it.
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface ServersTables {
  idempotent_requests: {
    organization_id: number;
    actor: string;
    operation: string;
    key: string;
    request_hash: string;
    attempt: string;
    started_at: Date;
    subject: string | null;
    reply: string | null;
  };
  installation: {
    id: Generated<boolean>;
    encryption_fingerprint: string;
    created_at: Generated<Date>;
    admin_password_fingerprint: string | null;
  };
  media_servers: {
    id: string;
    url: string;
    free: number;
    running: number;
    seen_at: Date;
  };
  rate_limits: {
    key: string;
    points: Generated<number>;
    expire: number | null;
  };
  server_commands: {
    id: GeneratedAlways<number>;
    sender: string;
    receiver: string;
    call_id: number;
    command: ColumnType<object, string, string>;
    created_at: Generated<Date>;
    claimed_at: Date | null;
  };
  servers: {
    id: string;
    beat_at: Date;
    may_reap_at: Date;
  };
  settings: {
    name: string;
    value: string;
    updated_at: Date;
  };
}
