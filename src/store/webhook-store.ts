import { sql, type Kysely, type Selectable, type SqlBool } from 'kysely';
import type { DomainEvent } from '#core/kernel/events.ts';
import type { Listed, Page } from '#core/kernel/page.ts';
import type { AttemptOutcome, LaneWork, NewWebhook, WebhookLane, WebhookStore } from '#core/webhooks/webhook-store.ts';
import type { DeliveryState, Webhook, WebhookDelivery } from '#core/webhooks/webhook.ts';
import type { Database } from './schema.ts';
import { listKeys } from './listing.ts';

export class PostgresWebhookStore implements WebhookStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(webhook: NewWebhook): Promise<Webhook> {
    const row = await this.#db
      .insertInto('webhooks')
      .values({
        organization_id: webhook.organizationId,
        api: webhook.api,
        url: webhook.url,
        events: [...webhook.events],
        event_names: [...webhook.eventNames],
        agent_id: webhook.agentId,
        secret: webhook.sealedSecret,
        created_at: webhook.createdAt,
        deleted_at: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toWebhook(row);
  }

  async count(organizationId: number): Promise<number> {
    const { count } = await this.#db
      .selectFrom('webhooks')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('organization_id', '=', organizationId)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow();
    return count;
  }

  async find(organizationId: number, id: number): Promise<Webhook | null> {
    const row = await this.#db
      .selectFrom('webhooks')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    return row ? toWebhook(row) : null;
  }

  async list(organizationId: number, { api, agentId }: { api: string; agentId?: number }): Promise<readonly Webhook[]> {
    let query = this.#db
      .selectFrom('webhooks')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('api', '=', api)
      .where('deleted_at', 'is', null);
    if (agentId !== undefined) query = query.where('agent_id', '=', agentId);
    return (await query.orderBy('id').execute()).map(toWebhook);
  }

  async delete(organizationId: number, id: number, at: Date): Promise<boolean> {
    const deleted = await this.#db
      .updateTable('webhooks')
      .set({ deleted_at: at })
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (deleted.numUpdatedRows !== 1n) return false;
    await this.#db
      .updateTable('webhook_deliveries')
      .set({ state: 'canceled' })
      .where('webhook_id', '=', id)
      .where('state', '=', 'pending')
      .execute();
    return true;
  }

  async deliveries(
    organizationId: number,
    filter: { webhookId?: number; state?: DeliveryState },
    page: Page,
  ): Promise<Listed<WebhookDelivery>> {
    let webhooks = this.#db.selectFrom('webhooks').select('id').where('organization_id', '=', organizationId);
    if (filter.webhookId !== undefined) webhooks = webhooks.where('id', '=', filter.webhookId);
    const listing = {
      table: 'webhook_deliveries',
      key: ['event_id', 'webhook_id'],
      order: 'desc',
      branches: (await webhooks.execute()).map(({ id }) =>
        filter.state === undefined ? sql`webhook_id = ${id}` : sql`webhook_id = ${id} and state = ${filter.state}`,
      ),
    } as const;
    const { keys, total } = await listKeys(this.#db, listing, page);
    if (keys.length === 0) return { rows: [], total };
    const chosen = keys.map((key) => sql`(${key['webhook_id'] as number}, ${key['event_id'] as number})`);
    const rows = await this.#db
      .selectFrom('webhook_deliveries as d')
      .innerJoin('events as e', 'e.id', 'd.event_id')
      .leftJoin('calls as c', (join) => join.on('c.id', '=', sql`(e.payload->>'callId')::bigint`))
      .where(sql<SqlBool>`(d.webhook_id, d.event_id) in (${sql.join(chosen)})`)
      .select([
        'd.webhook_id',
        'd.event_id',
        'd.state',
        'd.attempts',
        'd.last_attempt_at',
        'd.last_status',
        'd.last_error',
        'd.last_duration_ms',
        'd.created_at',
        'e.type',
        'c.sid',
      ])
      .orderBy('d.event_id', 'desc')
      .orderBy('d.webhook_id', 'desc')
      .execute();
    return {
      rows: rows.map((row) => ({
        webhookId: row.webhook_id,
        eventId: row.event_id,
        type: row.type as DomainEvent['type'],
        callSid: row.sid,
        state: row.state as DeliveryState,
        attempts: row.attempts,
        lastAttemptAt: row.last_attempt_at,
        lastStatus: row.last_status,
        lastError: row.last_error,
        lastDurationMs: row.last_duration_ms,
        createdAt: row.created_at,
      })),
      total,
    };
  }

  async replay(
    organizationId: number,
    which: { webhookId?: number; eventId?: number; state?: DeliveryState },
    at: Date,
  ): Promise<number> {
    let query = this.#db
      .updateTable('webhook_deliveries')
      .set({ state: 'pending', attempts: 0 })
      .where('state', 'in', ['delivered', 'dead'])
      .where('webhook_id', 'in', (eb) =>
        eb
          .selectFrom('webhooks')
          .select('id')
          .where('organization_id', '=', organizationId)
          .where('deleted_at', 'is', null),
      );
    if (which.webhookId !== undefined) query = query.where('webhook_id', '=', which.webhookId);
    if (which.eventId !== undefined) query = query.where('event_id', '=', which.eventId);
    if (which.state !== undefined) query = query.where('state', '=', which.state);
    const { rows } = await sql<{ replayed: number }>`
      with again as (${query.returning(['webhook_id', 'lane'])}), lanes as (
        insert into webhook_lanes (webhook_id, lane, due_at) select distinct webhook_id, lane, ${at}::timestamptz from again order by 1, 2
        on conflict (webhook_id, lane) do update set version = webhook_lanes.version + 1, due_at = coalesce(least(webhook_lanes.due_at, excluded.due_at), excluded.due_at), attempts = 0
      )
      select count(*) as replayed from again`.execute(this.#db);
    return rows[0]!.replayed;
  }

  async backlog(organizationId: number, most: number): ReturnType<WebhookStore['backlog']> {
    const { rows } = await sql<{ lanes: number; failing: number; first_due_at: Date | null }>`
      select count(*) as lanes, count(*) filter (where l.attempts > 0) as failing, min(l.due_at) as first_due_at
      from (
        select webhook_id, due_at, attempts from webhook_lanes
        where due_at is not null order by due_at limit ${most}
      ) l
      join webhooks w on w.id = l.webhook_id where w.organization_id = ${organizationId}`.execute(this.#db);
    const { lanes, failing, first_due_at: firstDueAt } = rows[0]!;
    return { lanes, failing, firstDueAt };
  }

  async claimLanes(
    now: Date,
    until: Date,
    { lanes, perReceiver, perOrganization, running }: Parameters<WebhookStore['claimLanes']>[2],
  ): Promise<readonly WebhookLane[]> {
    const free = sql`l.due_at <= ${now} and (l.claimed_until is null or l.claimed_until < ${now})`;
    const taken = JSON.stringify(
      running.map(({ organizationId, receiver }) => ({ organization_id: organizationId, receiver })),
    );
    const { rows } = await sql<{
      webhook_id: number;
      lane: string;
      version: number;
      attempts: number;
      organization_id: number;
      receiver: string;
    }>`
      with running as (
        select organization_id, receiver, count(*) as lanes
        from json_to_recordset(${taken}::json) as r(organization_id bigint, receiver text) group by 1, 2
      ), organizations as (
        select organization_id, sum(lanes) as lanes from running group by 1
      ), by_receiver as (
        select l.webhook_id, l.lane, l.due_at, w.organization_id, w.receiver,
          coalesce(r.lanes, 0) + row_number() over (partition by w.organization_id, w.receiver order by l.due_at) as place
        from webhook_lanes l join webhooks w on w.id = l.webhook_id
        left join running r on r.organization_id = w.organization_id and r.receiver = w.receiver
        where ${free}
      ), by_organization as (
        select a.*, coalesce(o.lanes, 0) + row_number() over (partition by a.organization_id order by a.place, a.due_at) as turn
        from by_receiver a left join organizations o using (organization_id) where a.place <= ${perReceiver}
      )
      update webhook_lanes set claimed_until = ${until}
      from (
        select l.webhook_id, l.lane, due.organization_id, due.receiver from webhook_lanes l
        join (
          select * from by_organization where turn <= ${perOrganization} order by turn, due_at limit ${lanes}
        ) due using (webhook_id, lane)
        where ${free} for update of l skip locked
      ) claimed
      where webhook_lanes.webhook_id = claimed.webhook_id and webhook_lanes.lane = claimed.lane
      returning webhook_lanes.webhook_id, webhook_lanes.lane, webhook_lanes.version, webhook_lanes.attempts,
        claimed.organization_id, claimed.receiver`.execute(this.#db);
    return rows.map((row) => ({
      webhookId: row.webhook_id,
      lane: row.lane,
      version: row.version,
      attempts: row.attempts,
      organizationId: row.organization_id,
      receiver: row.receiver,
    }));
  }

  async work({ webhookId, lane }: WebhookLane, limit: number): Promise<LaneWork | null> {
    const webhook = await this.#db
      .selectFrom('webhooks')
      .selectAll()
      .where('id', '=', webhookId)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (!webhook) return null;
    const events = await this.#db
      .selectFrom('webhook_deliveries as d')
      .innerJoin('events as e', 'e.id', 'd.event_id')
      .select(['e.id', 'e.at', 'e.payload'])
      .where('d.webhook_id', '=', webhookId)
      .where('d.lane', '=', lane)
      .where('d.state', '=', 'pending')
      .orderBy('d.event_id')
      .limit(limit)
      .execute();
    return events.length === 0
      ? null
      : {
          webhook: toWebhook(webhook),
          sealedSecret: webhook.secret,
          events: events.map(({ id, at, payload }) => ({ id, at, event: payload as DomainEvent })),
        };
  }

  async attempted({ webhookId }: WebhookLane, outcomes: readonly AttemptOutcome[]): Promise<void> {
    if (outcomes.length === 0) return;
    await sql`
      update webhook_deliveries d
      set state = case when d.state = 'pending' then o.state else d.state end, attempts = d.attempts + 1, last_attempt_at = o.at, last_status = o.status, last_error = o.error, last_duration_ms = o.duration_ms
      from json_to_recordset(${JSON.stringify(outcomes.map(({ eventId, state, at, status, error, durationMs }) => ({ event_id: eventId, state, at, status, error, duration_ms: durationMs })))}::json)
        as o(event_id bigint, state text, at timestamptz, status integer, error text, duration_ms integer)
      where d.webhook_id = ${webhookId} and d.event_id = o.event_id`.execute(this.#db);
  }

  async release(
    { webhookId, lane, version }: WebhookLane,
    next: { dueAt: Date; attempts: number } | null,
  ): Promise<boolean> {
    let query = this.#db
      .updateTable('webhook_lanes')
      .set({ claimed_until: null, due_at: next?.dueAt ?? null, attempts: next?.attempts ?? 0, touched_at: sql`now()` })
      .where('webhook_id', '=', webhookId)
      .where('lane', '=', lane);
    // A lane that goes on needs no more than to be given back; one at rest must not sleep over an event.
    if (next === null) query = query.where('version', '=', version);
    return (await query.executeTakeFirst()).numUpdatedRows === 1n;
  }
}

function toWebhook(row: Selectable<Database['webhooks']>): Webhook {
  return {
    id: row.id,
    organizationId: row.organization_id,
    api: row.api,
    url: row.url,
    events: row.events as Webhook['events'],
    eventNames: row.event_names,
    agentId: row.agent_id,
    createdAt: row.created_at,
  };
}
