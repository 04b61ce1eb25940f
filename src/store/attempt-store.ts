import { sql, type Kysely, type Selectable } from 'kysely';
import type { Attempt } from '#core/campaigns/attempt.ts';
import type { AttemptStore, NewAttempt, Settled, LiveAnswers } from '#core/campaigns/attempt-store.ts';
import type { Lead } from '#core/campaigns/lead.ts';
import type { AttemptOutcome } from '#core/dialling/rules.ts';
import { toPlace } from './campaign-store.ts';
import { toLead } from './lead-store.ts';
import type { Database } from './schema.ts';

export class PostgresAttemptStore implements AttemptStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async begin({ campaignId, leadId, callId, dialledAt }: NewAttempt): Promise<void> {
    await this.#db
      .insertInto('attempts')
      .values({ campaign_id: campaignId, lead_id: leadId, call_id: callId, dialled_at: dialledAt })
      .execute();
    await this.#db
      .updateTable('leads')
      .set((eb) => ({
        status: 'dialling',
        lease_until: null,
        lease_owner: null,
        attempts: eb('attempts', '+', 1),
        updated_at: dialledAt,
      }))
      .where('id', '=', leadId)
      .execute();
  }

  async ofCall(callId: number): Promise<{ readonly attempt: Attempt; readonly lead: Lead | null } | null> {
    const row = await this.#db.selectFrom('attempts').selectAll().where('call_id', '=', callId).executeTakeFirst();
    if (!row) return null;
    const lead = await this.#db
      .selectFrom('leads')
      .selectAll()
      .where('id', '=', row.lead_id)
      .forNoKeyUpdate()
      .executeTakeFirst();
    return { attempt: toAttempt(row), lead: lead ? toLead(lead) : null };
  }

  async attemptsOf(leadId: number): Promise<readonly Attempt[]> {
    const rows = await this.#db
      .selectFrom('attempts')
      .selectAll()
      .where('lead_id', '=', leadId)
      .where('ended_at', 'is not', null)
      .orderBy('id')
      .execute();
    return rows.map(toAttempt);
  }

  async end(attemptId: number, outcome: AttemptOutcome, at: Date): Promise<void> {
    await this.#db.updateTable('attempts').set({ outcome, ended_at: at }).where('id', '=', attemptId).execute();
  }

  async withdraw(attemptId: number): Promise<void> {
    await sql`
      with gone as (delete from attempts where id = ${attemptId} returning lead_id)
      update leads set attempts = attempts - 1 where id in (select lead_id from gone)`.execute(this.#db);
  }

  async countAnswer(campaignId: number, at: Date, isAbandoned: boolean): Promise<void> {
    await sql`
      insert into live_answers (campaign_id, hour, live, abandoned)
      values (${campaignId}, date_trunc('hour', ${at}::timestamptz, 'UTC'), 1, ${isAbandoned ? 1 : 0})
      on conflict (campaign_id, hour) do update
      set live = live_answers.live + 1, abandoned = live_answers.abandoned + excluded.abandoned`.execute(this.#db);
  }

  async liveAnswers(campaignId: number, since: Date): Promise<LiveAnswers> {
    return this.#db
      .selectFrom('live_answers')
      .select([
        sql<number>`coalesce(sum(live), 0)::bigint`.as('live'),
        sql<number>`coalesce(sum(abandoned), 0)::bigint`.as('abandoned'),
      ])
      .where('campaign_id', '=', campaignId)
      .where('hour', '>=', sql<Date>`date_trunc('hour', ${since}::timestamptz, 'UTC')`)
      .executeTakeFirstOrThrow();
  }

  async settle(leadId: number, { outcome, next, callbackAt }: Settled, at: Date): Promise<void> {
    await this.#db
      .updateTable('leads')
      .set({
        status: next?.status ?? 'done',
        reason: next === null ? outcome : next.reason,
        ...(next === null ? {} : { due_at: next.dueAt }),
        // A dial that was made keeps the promise, or the call brought a new one. That of a recalled dial stays.
        ...(outcome === null
          ? {}
          : {
              last_outcome: outcome,
              callback_at: callbackAt,
              callback_missed: sql<string | null>`case when callback_at = ${callbackAt} then callback_missed end`,
            }),
        updated_at: at,
      })
      .where('id', '=', leadId)
      .where('status', '=', 'dialling')
      .execute();
  }

  async overdue(before: Date, most: number): ReturnType<AttemptStore['overdue']> {
    const rows = await this.#db
      .selectFrom('leads')
      .innerJoin('calling_places', 'calling_places.id', 'place_id')
      .selectAll('leads')
      .select(['regions', 'zones', 'always_open'])
      .where('callback_at', '<', before)
      .where('callback_missed', 'is', null)
      .where('status', 'in', ['ready', 'waiting', 'blocked'])
      .orderBy('callback_at')
      .limit(most)
      .execute();
    return rows.map((row) => ({ lead: toLead(row), place: toPlace(row) }));
  }

  async miss(leadId: number, callbackAt: Date, reason: string, at: Date): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('leads')
      .set({ callback_missed: reason, updated_at: at })
      .where('id', '=', leadId)
      .where('callback_at', '=', callbackAt)
      .where('callback_missed', 'is', null)
      .where('status', 'in', ['ready', 'waiting', 'blocked'])
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }
}

const toAttempt = (row: Selectable<Database['attempts']>): Attempt => ({
  id: row.id,
  campaignId: row.campaign_id,
  leadId: row.lead_id,
  callId: row.call_id!,
  dialledAt: row.dialled_at,
  endedAt: row.ended_at,
  outcome: row.outcome as AttemptOutcome | null,
});
