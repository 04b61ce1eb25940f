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
  /** Of a dial of the lead with the number `to`. */
  readonly attemptOutcome?: string;
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
    return `(${sid}, ${call.organizationId}, ${call.agentId}, ${text(call.userId)}::bigint,
      ${text(call.campaignId)}::bigint, 'outbound', 'simulator',
      ${text(call.status)}, ${placed}, ${answered}, ${end}, 1000, ${text(call.from)}, ${text(call.to)})`;
  });
  const made = await server.database(
    `insert into calls (sid, organization_id, agent_id, user_id, campaign_id, direction, carrier, status, placed_at,
       answered_at, ended_at, ring_timeout_ms, from_number, to_number) values ${values.join(', ')} returning id`,
  );
  const ids = made.map((row) => Number(row['id']));
  for (const [n, id] of ids.entries()) await settle(server, id, calls[n]!);
  return ids;
}

let serial = 0;

async function settle(server: TestServer, id: number, call: PastCall): Promise<void> {
  const { store } = server.app.core;
  if (call.attemptOutcome !== undefined)
    await server.database(`insert into attempts (campaign_id, lead_id, call_id, dialled_at, ended_at, outcome)
      select c.campaign_id, l.id, c.id, c.placed_at, c.ended_at, '${call.attemptOutcome}'
      from calls c join leads l on l.campaign_id = c.campaign_id and l.number = c.to_number where c.id = ${id}`);
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
