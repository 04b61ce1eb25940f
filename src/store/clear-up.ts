import { sql, type Kysely } from 'kysely';
import { LIVE_STATUSES } from '#core/calls/call.ts';
import type { Database } from './schema.ts';

const DAY_MS = 86_400_000;
/** Longer than webhook deliveries are kept, so that a delivery can be replayed as long as it is listed. */
const EVENT_RETENTION_DAYS = 90;
const EVENTS_AT_ONCE = 5000;
const AUDIT_RETENTION_DAYS = 730;
/** Longer than any tool may run. */
const LONGEST_TOOL_MS = 15 * 60_000;

/** Deletes expired rows; can run at any time and repeatedly. */
export async function clearUp(db: Kysely<Database>, now: Date): Promise<void> {
  const yesterday = new Date(now.getTime() - DAY_MS);
  const lastMonth = new Date(now.getTime() - 31 * DAY_MS);
  await db.deleteFrom('idempotent_requests').where('started_at', '<', yesterday).execute();
  await db
    .deleteFrom('sessions')
    .where((eb) => eb.or([eb('expires_at', '<', yesterday), eb('revoked_at', '<', lastMonth)]))
    .execute();
  await db
    .deleteFrom('sign_in_failures')
    .where('last_at', '<', yesterday)
    .where((eb) => eb.or([eb('next_at', 'is', null), eb('next_at', '<', now)]))
    .execute();
  await db
    .deleteFrom('sign_in_places')
    .where('last_at', '<', new Date(now.getTime() - 180 * DAY_MS))
    .execute();
  await db
    .deleteFrom('media_tokens')
    .where('expires_at', '<', yesterday)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('calls')
            .select('calls.id')
            .whereRef('calls.id', '=', 'media_tokens.call_id')
            .where('calls.status', 'in', [...LIVE_STATUSES]),
        ),
      ),
    )
    .execute();
  await db
    .deleteFrom('webhook_deliveries')
    .where('state', '<>', 'pending')
    .where('created_at', '<', lastMonth)
    .execute();
  await deleteAudit(db, new Date(now.getTime() - AUDIT_RETENTION_DAYS * DAY_MS));
  await db
    .deleteFrom('lead_import_errors')
    .where('import_id', 'in', (eb) => eb.selectFrom('lead_imports').select('id').where('created_at', '<', lastMonth))
    .execute();
  await deleteEvents(db, new Date(now.getTime() - EVENT_RETENTION_DAYS * DAY_MS));
  // The server of a conversation in text stopped while a tool ran; a call settles its own when it ends.
  await db
    .updateTable('tool_executions')
    .set({ status: 'unknown' })
    .where('status', '=', 'running')
    .where('started_at', '<', new Date(now.getTime() - LONGEST_TOOL_MS))
    .execute();
  await db.deleteFrom('webhook_lanes').where('due_at', 'is', null).where('touched_at', '<', yesterday).execute();
  await db.deleteFrom('carrier_deliveries').where('at', '<', lastMonth).execute();
  await db.deleteFrom('call_batches').where('next_at', 'is', null).where('created_at', '<', lastMonth).execute();
  await db.deleteFrom('media_servers').where('seen_at', '<', yesterday).execute();
  await db.deleteFrom('servers').where('beat_at', '<', yesterday).execute();
  // Of senders that stopped before they could withdraw them, to receivers that are gone.
  await db.deleteFrom('server_commands').where('created_at', '<', yesterday).execute();
  await db
    .deleteFrom('rate_limits')
    .where('expire', '<', sql<number>`${now.getTime()}`)
    .execute();
}

/** The oldest first, which are the first of the primary key. */
async function deleteAudit(db: Kysely<Database>, before: Date): Promise<void> {
  for (let deleted = EVENTS_AT_ONCE; deleted === EVENTS_AT_ONCE;) {
    const oldest = db.selectFrom('audit').select('id').orderBy('id').limit(EVENTS_AT_ONCE);
    const { numDeletedRows } = await db
      .deleteFrom('audit')
      .where('id', 'in', oldest)
      .where('at', '<', before)
      .executeTakeFirst();
    deleted = Number(numDeletedRows);
  }
}

/** Deletes in batches, so that no statement runs into its time-out however many events there are. */
async function deleteEvents(db: Kysely<Database>, before: Date): Promise<void> {
  for (let deleted = EVENTS_AT_ONCE; deleted === EVENTS_AT_ONCE;) {
    const old = db
      .selectFrom('events')
      .select('id')
      .where('at', '<', before)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('webhook_deliveries')
              .select('webhook_id')
              .whereRef('webhook_deliveries.event_id', '=', 'events.id'),
          ),
        ),
      )
      .orderBy('at')
      .limit(EVENTS_AT_ONCE);
    deleted = Number((await db.deleteFrom('events').where('id', 'in', old).executeTakeFirst()).numDeletedRows);
  }
}
