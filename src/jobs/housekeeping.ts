import type { Pool } from 'pg';
import { applyRetention } from '#core/calls/retention.ts';
import type { Core } from '#core/core.ts';

export const HOUSEKEEPING = 'housekeeping';

/** Rows that stand for nothing any more. Each statement may run at any time, and again. */
const STALE: readonly string[] = [
  "delete from idempotent_requests where started_at < now() - interval '1 day'",
  "delete from sessions where expires_at < now() - interval '1 day' or revoked_at < now() - interval '31 days'",
  "delete from sign_in_failures where last_at < now() - interval '1 day' and (locked_until is null or locked_until < now())",
  "delete from media_tokens where expires_at < now() - interval '1 day' and call_id in (select id from calls where status not in ('placed', 'ringing', 'answered'))",
  'delete from rate_limits where expire < extract(epoch from now()) * 1000',
];

/** Every hour: what is kept for a time only is deleted when it is over. */
export async function houseKeeping(core: Pick<Core, 'store' | 'clock'>, pool: Pool): Promise<void> {
  for (const statement of STALE) await pool.query(statement);
  await applyRetention(core);
}
