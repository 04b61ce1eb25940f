import { sql, type Kysely } from 'kysely';
import type { DeskStore, HumanPart, LineFigures, StoredDesk, WaitFigures } from '#core/desk/desk-store.ts';
import { OVERFLOW_CAUSES } from '#core/desk/wait-limits.ts';
import { skillGroup, type HandlingTimes } from '#core/desk/estimate.ts';
import type { Offer } from '#core/desk/offer.ts';
import type { QueueEntry } from '#core/desk/queue-entry.ts';
import { agentRow, entryRow, offerRow, toAgent, toEntry, toOffer } from './desk-rows.ts';
import type { Database } from './schema.ts';

const MEASURED_CALLS = 50;

export class PostgresDeskStore implements DeskStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async read(organizationId: number): Promise<StoredDesk> {
    const entries = await this.#db
      .selectFrom('queue_entries')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('state', '<>', 'done')
      .orderBy('id')
      .execute();
    const offers = await this.#db
      .selectFrom('offers')
      .selectAll()
      .where('entry_id', 'in', entries.map(({ id }) => id).concat(0))
      .where('ended_at', 'is', null)
      .orderBy('id')
      .execute();
    const agents = await this.#db
      .selectFrom('users')
      .leftJoin('desk_agents', 'desk_agents.user_id', 'users.id')
      .select([
        'users.id',
        'users.name',
        'users.phone_number',
        'users.answer_by',
        'users.skills',
        'users.max_concurrent_calls',
        'users.created_at',
        'desk_agents.wanted',
        'desk_agents.away_reason',
        'desk_agents.wanted_at',
        'desk_agents.seen_at',
        'desk_agents.idle_since',
        'desk_agents.wrap_up_call_id',
        'desk_agents.wrap_up_until',
        'desk_agents.wrap_up_extended',
      ])
      .where('users.organization_id', '=', organizationId)
      .where('users.role', '=', 'agent')
      .where('users.status', '=', 'active')
      .orderBy('users.id')
      .execute();
    return { entries: entries.map(toEntry), offers: offers.map(toOffer), agents: agents.map(toAgent) };
  }

  async lock(organizationId: number): Promise<StoredDesk> {
    const found = await this.#lockRow(organizationId);
    if (!found) {
      await this.#db
        .insertInto('desks')
        .values({ organization_id: organizationId })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      await this.#lockRow(organizationId);
    }
    return this.read(organizationId);
  }

  async save(organizationId: number, before: StoredDesk, after: StoredDesk): Promise<StoredDesk> {
    const entryIds = new Map<number, number>();
    const offerIds = new Map<number, number>();
    // Records that ended leave their place in the unique indexes before others take it.
    for (const offer of endedFirst(changed(before.offers, after.offers), ({ endedAt }) => endedAt !== null))
      if (offer.id > 0) await this.#updateOffer(organizationId, offer);
    for (const entry of endedFirst(changed(before.entries, after.entries), ({ state }) => state === 'done'))
      if (entry.id > 0)
        await this.#db
          .updateTable('queue_entries')
          .set(entryRow(organizationId, entry))
          .where('id', '=', entry.id)
          .execute();
      else
        entryIds.set(
          entry.id,
          (
            await this.#db
              .insertInto('queue_entries')
              .values({ ...entryRow(organizationId, entry), told_ms: entry.toldMs })
              .returning('id')
              .executeTakeFirstOrThrow()
          ).id,
        );
    const real = (offer: Offer): Offer => ({ ...offer, entryId: entryIds.get(offer.entryId) ?? offer.entryId });
    for (const offer of after.offers)
      if (offer.id < 0) {
        const row = await this.#db
          .insertInto('offers')
          .values(offerRow(organizationId, real(offer)))
          .returning('id')
          .executeTakeFirstOrThrow();
        offerIds.set(offer.id, row.id);
      }
    for (const agent of changed(before.agents, after.agents)) {
      const { user_id, ...row } = agentRow(agent);
      await this.#db
        .insertInto('desk_agents')
        .values({ user_id, ...row })
        .onConflict((conflict) => conflict.column('user_id').doUpdateSet(row))
        .execute();
    }
    return {
      entries: after.entries.map((one) => ({ ...one, id: entryIds.get(one.id) ?? one.id })),
      offers: after.offers.map((one) => ({ ...real(one), id: offerIds.get(one.id) ?? one.id })),
      agents: after.agents,
    };
  }

  async handlingTimes(organizationId: number): Promise<HandlingTimes> {
    const rows = await this.#db
      .selectFrom('queue_entries')
      .select(['skills', sql<number>`(extract(epoch from ended_at - connected_at) * 1000)::float8`.as('ms')])
      .where('organization_id', '=', organizationId)
      .where('connected_at', 'is not', null)
      .where('state', '=', 'done')
      .orderBy('connected_at', 'desc')
      .limit(MEASURED_CALLS)
      .execute();
    const groups = Map.groupBy(rows, ({ skills }) => skillGroup(skills));
    return {
      organization: rows.map(({ ms }) => ms),
      bySkills: Object.fromEntries([...groups].map(([group, of]) => [group, of.map(({ ms }) => ms)])),
      leaving: await this.#leaving(organizationId),
    };
  }

  /** Of the last who asked for any human agent, those who left in each ms that one of them waited. */
  async #leaving(organizationId: number): Promise<number> {
    const { rows } = await sql<{ left: number; waited_ms: number }>`
      select count(*) filter (where outcome = 'caller_gone')::int as left,
        coalesce(sum(extract(epoch from coalesce(connected_at, ended_at) - entered_at)) * 1000, 0)::float8 as waited_ms
      from (
        select outcome, connected_at, ended_at, entered_at from queue_entries
        where organization_id = ${organizationId} and target_id is null and callback_number is null and state = 'done'
        order by entered_at desc limit ${MEASURED_CALLS}
      ) as last`.execute(this.#db);
    const { left, waited_ms: waitedMs } = rows[0]!;
    return waitedMs <= 0 ? 0 : left / waitedMs;
  }

  async waits(organizationId: number, since: Date): Promise<WaitFigures> {
    const row = await this.#db
      .selectFrom('queue_entries')
      .select([
        sql<number>`count(*)::int`.as('answered'),
        sql<number>`coalesce(avg(extract(epoch from connected_at - entered_at)) * 1000, 0)::float8`.as('mean_ms'),
      ])
      .where('organization_id', '=', organizationId)
      .where('connected_at', '>=', since)
      .executeTakeFirstOrThrow();
    return { answered: row.answered, meanWaitMs: row.mean_ms };
  }

  async figures(
    organizationId: number,
    since: Date,
    { serviceMs, shortMs }: { readonly serviceMs: number; readonly shortMs: number },
  ): Promise<LineFigures> {
    const { rows } = await sql<{
      answered: number;
      answered_in_time: number;
      abandoned: number;
      abandoned_in_time: number;
      abandoned_short: number;
      overflowed: number;
      error_median: number | null;
      error_p90: number | null;
    }>`
      select count(*) filter (where answered)::int as answered,
        count(*) filter (where answered and wait_ms <= ${serviceMs})::int as answered_in_time,
        count(*) filter (where abandoned)::int as abandoned,
        count(*) filter (where abandoned and wait_ms <= ${serviceMs})::int as abandoned_in_time,
        count(*) filter (where abandoned and wait_ms < ${shortMs})::int as abandoned_short,
        count(*) filter (where cause = any(${[...OVERFLOW_CAUSES]}))::int as overflowed,
        percentile_cont(0.5) within group (order by error_ms) filter (where answered) as error_median,
        percentile_cont(0.9) within group (order by error_ms) filter (where answered) as error_p90
      from (
        select cause, connected_at is not null as answered, abandoned, wait_ms, abs(estimate_ms - wait_ms) as error_ms
        from (
          select *, outcome = 'caller_gone' as abandoned,
            extract(epoch from coalesce(connected_at, ended_at) - entered_at)::float8 * 1000 as wait_ms
          from queue_entries
          where organization_id = ${organizationId} and entered_at >= ${since} and target_id is null
        ) as entry
      ) as wait`.execute(this.#db);
    const row = rows[0]!;
    return {
      answered: row.answered,
      answeredInTime: row.answered_in_time,
      abandoned: row.abandoned,
      abandonedInTime: row.abandoned_in_time,
      abandonedShort: row.abandoned_short,
      overflowed: row.overflowed,
      estimateErrorMs:
        row.error_median === null || row.error_p90 === null ? null : { median: row.error_median, p90: row.error_p90 },
    };
  }

  async entry(organizationId: number, id: number): Promise<QueueEntry | null> {
    const row = await this.#db
      .selectFrom('queue_entries')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .executeTakeFirst();
    return row ? toEntry(row) : null;
  }

  async offer(organizationId: number, id: number): Promise<Offer | null> {
    const row = await this.#db
      .selectFrom('offers')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .executeTakeFirst();
    return row ? toOffer(row) : null;
  }

  async told(entryId: number, ms: number): Promise<void> {
    await this.#db
      .updateTable('queue_entries')
      .set({ told_ms: sql<number>`least(told_ms, ${ms}::bigint)` })
      .where('id', '=', entryId)
      .execute();
  }

  async ofCall(callId: number): Promise<{ entries: readonly QueueEntry[]; offers: readonly Offer[] }> {
    const entries = await this.#db
      .selectFrom('queue_entries')
      .selectAll()
      .where('call_id', '=', callId)
      .orderBy('id')
      .execute();
    if (entries.length === 0) return { entries: [], offers: [] };
    const offers = await this.#db
      .selectFrom('offers')
      .selectAll()
      .where(
        'entry_id',
        'in',
        entries.map(({ id }) => id),
      )
      .orderBy('id')
      .execute();
    return { entries: entries.map(toEntry), offers: offers.map(toOffer) };
  }

  async openAmong(callIds: readonly number[]): Promise<readonly number[]> {
    if (callIds.length === 0) return [];
    const rows = await this.#db
      .selectFrom('queue_entries')
      .select('call_id')
      .distinct()
      .where('call_id', 'in', [...callIds])
      .where('state', '<>', 'done')
      .execute();
    return rows.map((row) => row.call_id);
  }

  async connectionsOf(callIds: readonly number[]): Promise<readonly HumanPart[]> {
    if (callIds.length === 0) return [];
    const rows = await this.#db
      .selectFrom('queue_entries')
      .select(['call_id', 'ended_at'])
      .where('call_id', 'in', [...callIds])
      .where('connected_at', 'is not', null)
      .execute();
    return rows.map((row) => ({ callId: row.call_id, endedAt: row.ended_at }));
  }

  async withEndedCalls(): Promise<readonly { organizationId: number; callId: number; cause: string }[]> {
    const rows = await this.#db
      .selectFrom('queue_entries')
      .innerJoin('calls', 'calls.id', 'queue_entries.call_id')
      .select(['queue_entries.organization_id', 'queue_entries.call_id', 'calls.end_reason'])
      .where('queue_entries.state', 'in', ['waiting', 'connected'])
      .where('calls.ended_at', 'is not', null)
      .execute();
    return rows.map((row) => ({
      organizationId: row.organization_id,
      callId: row.call_id,
      cause: row.end_reason ?? 'ended',
    }));
  }

  async forgetPerson(personId: number, at: Date): Promise<void> {
    await sql`
      update queue_entries set reason = null, callback_number = null, callback_at = null, callback_tries = null,
        state = case when state in ('callback', 'calling') then 'done' else state end,
        outcome = case when state in ('callback', 'calling') then 'callback' else outcome end,
        cause = case when state in ('callback', 'calling') then 'erased' else cause end,
        ended_at = case when state in ('callback', 'calling') then ${at} else ended_at end
      where call_id in (
        select call_id from conversations where person_id = ${personId} and call_id is not null)`.execute(this.#db);
  }

  async withWork(): Promise<readonly number[]> {
    const { rows } = await sql<{ organization_id: number }>`
      select organization_id from queue_entries where state <> 'done'
      union
      select users.organization_id from desk_agents join users on users.id = desk_agents.user_id
      where wrap_up_until is not null`.execute(this.#db);
    return rows.map((row) => row.organization_id);
  }

  async #lockRow(organizationId: number): Promise<boolean> {
    const row = await this.#db
      .selectFrom('desks')
      .select('organization_id')
      .where('organization_id', '=', organizationId)
      .forUpdate()
      .executeTakeFirst();
    return row !== undefined;
  }

  async #updateOffer(organizationId: number, offer: Offer): Promise<void> {
    await this.#db.updateTable('offers').set(offerRow(organizationId, offer)).where('id', '=', offer.id).execute();
  }
}

/** The records of `after` that `before` does not hold as they are. */
function changed<T extends { readonly id: number }>(before: readonly T[], after: readonly T[]): readonly T[] {
  const known = new Set(before);
  return after.filter((one) => !known.has(one));
}

const endedFirst = <T>(records: readonly T[], isEnded: (one: T) => boolean): readonly T[] =>
  records.toSorted((a, b) => Number(isEnded(b)) - Number(isEnded(a)));
