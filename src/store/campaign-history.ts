import { sql, type Kysely } from 'kysely';
import type { EndedBy, EndStatus } from '#core/calls/call.ts';
import type { CampaignHistory, HistoryCall } from '#core/campaigns/campaign-history.ts';
import type { Database } from './schema.ts';

interface Row {
  placed_at: Date;
  outcome: string;
  answered: boolean;
  converted: boolean;
  ended_by: string | null;
  from_number: string | null;
  intent: string | null;
  attempt: number | null;
}

export class PostgresCampaignHistory implements CampaignHistory {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async recent(organizationId: number, campaignId: number, limit: number): Promise<readonly HistoryCall[]> {
    const { rows } = await sql<Row>`
      select f.placed_at, f.outcome, f.answered, f.converted, c.ended_by, c.from_number, r.intent,
        case when a.id is null then null else
          (select count(*) from attempts earlier where earlier.lead_id = a.lead_id and earlier.id <= a.id)
        end as attempt
      from (
        select * from call_facts where organization_id = ${organizationId} and campaign_id = ${campaignId}
        order by ended_at desc limit ${limit}
      ) f
      join calls c on c.id = f.call_id
      left join call_reviews r on r.call_id = f.call_id
      left join attempts a on a.call_id = f.call_id
      order by f.ended_at desc`.execute(this.#db);
    return rows.map((row) => ({
      placedAt: row.placed_at,
      outcome: row.outcome as EndStatus,
      answered: row.answered,
      converted: row.converted,
      endedBy: row.ended_by as EndedBy | null,
      from: row.from_number,
      intent: row.intent,
      attempt: row.attempt,
    }));
  }
}
