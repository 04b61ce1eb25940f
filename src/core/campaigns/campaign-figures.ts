import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { measure } from '../metrics/measure.ts';
import type { Campaign } from './campaign.ts';
import { progressOf, type Progress } from './reasons.ts';

/** What the calls of a campaign came to. */
export interface Performance {
  readonly calls: number;
  readonly answered: number;
  readonly converted: number;
  readonly costMicros: number;
  readonly revenueMicros: number;
}

export interface CampaignFigures {
  readonly progress: Progress;
  readonly performance: Performance;
}

/** Progress and performance of campaigns, from counts and roll-ups: it reads no lead and no call. */
export async function figuresOf(
  core: Pick<Core, 'store' | 'clock'>,
  ctx: Pick<Context, 'organizationId' | 'actor'>,
  campaigns: readonly Campaign[],
): Promise<ReadonlyMap<number, CampaignFigures>> {
  if (campaigns.length === 0) return new Map();
  const { timeZone } = (await core.store.organizations.get(ctx.organizationId))!;
  const ids = campaigns.map(({ id }) => id);
  const counts = Map.groupBy(await core.store.campaigns.countsOf(ids), ({ campaignId }) => campaignId);
  const measured = await measure(core, ctx, {
    figures: ['calls', 'answered', 'converted', 'costMicros'],
    from: new Date(Math.min(...campaigns.map(({ createdAt }) => createdAt.getTime()))),
    to: core.clock.now(),
    zone: timeZone,
    by: 'campaign',
    filter: { campaign: ids.map(String) },
  });
  return new Map(
    campaigns.map(({ id, revenuePerConversionMicros }) => {
      const { calls, answered, converted, costMicros } = measured.find(({ value }) => value === String(id))
        ?.figures ?? {
        calls: 0,
        answered: 0,
        converted: 0,
        costMicros: 0,
      };
      const performance = {
        calls: calls ?? 0,
        answered: answered ?? 0,
        converted: converted ?? 0,
        costMicros: costMicros ?? 0,
        revenueMicros: (converted ?? 0) * revenuePerConversionMicros,
      };
      return [id, { progress: progressOf(counts.get(id) ?? []), performance }];
    }),
  );
}
