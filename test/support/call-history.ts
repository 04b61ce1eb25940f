import { CAMPAIGN_DEFAULTS } from '#core/campaigns/campaign.ts';
import { isEnded, type CallStatus } from '#core/calls/call.ts';
import type { TestServer } from './server.ts';

/** A call of the past. */
export interface PastCall {
  readonly organizationId: number;
  readonly agentId: number;
  readonly userId?: number;
  readonly campaignId?: number;
  readonly status: CallStatus;
  readonly endedAt: Date;
  readonly talkS?: number;
  readonly converted?: boolean;
  /** -100 to 100. */
  readonly sentiment?: number;
  readonly costMicros?: number;
  readonly from?: string;
  readonly to?: string;
  readonly intent?: string;
}

const text = (value: string | number | null | undefined): string =>
  value === null || value === undefined ? 'null' : typeof value === 'number' ? String(value) : `'${value}'`;

/** Puts ended calls with their facts, roll-ups and reviews on record, as their ends would have. Gives their ids. */
export async function putCalls(server: TestServer, calls: readonly PastCall[]): Promise<readonly number[]> {
  const values = calls.map((call, n) => {
    if (!isEnded(call.status)) throw new Error('only ended calls are of the past');
    const end = `timestamptz '${call.endedAt.toISOString()}'`;
    const answered = call.talkS === undefined ? 'null' : `${end} - interval '${call.talkS} seconds'`;
    const placed = `${end} - interval '${(call.talkS ?? 0) + 10} seconds'`;
    const sid = `'CA${serial++}${n}'`;
    return `(${sid}, ${call.organizationId}, ${call.agentId}, ${text(call.userId)}::bigint, 'outbound', 'simulator',
      ${text(call.status)}, ${placed}, ${answered}, ${end}, 1000, ${text(call.from)}, ${text(call.to)})`;
  });
  const made = await server.database(
    `insert into calls (sid, organization_id, agent_id, user_id, direction, carrier, status, placed_at, answered_at,
       ended_at, ring_timeout_ms, from_number, to_number) values ${values.join(', ')} returning id`,
  );
  const ids = made.map((row) => Number(row['id']));
  for (const [n, id] of ids.entries()) await settle(server, id, calls[n]!);
  await server.database(
    `update call_facts f set campaign_id = v.campaign
     from (values ${ids.map((id, n) => `(${id}, ${text(calls[n]!.campaignId)}::bigint)`).join(', ')}) as v(id, campaign)
     where f.call_id = v.id`,
  );
  await server.database(`delete from call_rollups where dimension = 'campaign'`);
  await server.database(CAMPAIGN_ROLLUPS);
  return ids;
}

let serial = 0;

const CAMPAIGN_ROLLUPS = `insert into call_rollups
  select f.organization_id, 'campaign', f.campaign_id::text, s.span,
    date_bin(s.length, f.ended_at, timestamptz '2000-01-01 00:00:00+00'),
    count(*), count(*) filter (where f.answered), count(*) filter (where f.converted), sum(f.talk_ms)::bigint,
    sum(f.ring_ms)::bigint, sum(f.turns), sum(f.waited_ms)::bigint, sum(f.cost_micros)::bigint,
    coalesce(sum(f.sentiment), 0), count(f.sentiment)
  from call_facts f cross join (values ('quarter', interval '15 minutes'), ('hour', interval '1 hour'),
    ('day', interval '1 day')) as s(span, length)
  where f.campaign_id is not null group by 1, 2, 3, 4, 5`;

async function settle(server: TestServer, id: number, call: PastCall): Promise<void> {
  const { store } = server.app.core;
  if (call.costMicros !== undefined)
    await server.database(`insert into usage_lines (call_id, provider, unit, units, cost_micros)
      values (${id}, 'test', 'characters', 1, ${call.costMicros})`);
  const judgement = { sentimentScore: (call.sentiment ?? 0) / 100, converted: call.converted ?? false };
  const isJudged = call.sentiment !== undefined || call.converted !== undefined;
  await store.transaction(async (records) => {
    if (call.intent !== undefined)
      await records.callReviews.analysed(
        id,
        {
          ...judgement,
          sentiment: 'neutral',
          intent: call.intent,
          intentConfidence: 0.8,
          keywords: [],
          quality: 4,
        },
        call.endedAt,
      );
    await records.metrics.settle([id], ...(isJudged ? [judgement] : []));
  });
}

/** A campaign, and its number. */
export async function putCampaign(
  server: TestServer,
  organizationId: number,
  name: string,
  revenuePerConversion = 0,
): Promise<number> {
  const { id } = await server.app.core.store.campaigns.insert(
    organizationId,
    { ...CAMPAIGN_DEFAULTS, name, revenuePerConversionMicros: revenuePerConversion * 1_000_000 },
    new Date(),
  );
  return id;
}
