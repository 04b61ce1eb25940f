import type { CallFilter } from '../calls/call-store.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { invalid, notFound } from '../kernel/errors.ts';
import type { TimeZone } from '../kernel/locale.ts';
import type { MetricsFilter } from './metrics-store.ts';
import { startOfDay } from './periods.ts';

/** Calls that ended from an instant on and before another, and the zone of their days. */
export interface AnalyticsRange {
  readonly from: Date;
  readonly to: Date;
  readonly zone: TimeZone;
}

/** An instant, or the beginning of a calendar day, given as its midnight in UTC. */
export type AnalyticsEdge = { readonly at: Date } | { readonly day: Date };

export interface AskedRange {
  readonly from: AnalyticsEdge | null;
  readonly to: AnalyticsEdge | null;
  readonly zone: TimeZone | null;
}

const USUAL_DAYS = 30;
const DAY_MS = 86_400_000;

/**
 * What is left out: the organization's zone, now as the end, and 30 days. @throws AppError invalid-input if the range
 * ends before it begins
 */
export async function analyticsRange(
  { store, clock }: Pick<Core, 'store' | 'clock'>,
  ctx: Pick<Context, 'organizationId'>,
  { from, to, zone: asked }: AskedRange,
): Promise<AnalyticsRange> {
  const zone = asked ?? (await zoneOf({ store }, ctx));
  const end = to === null ? clock.now() : instantOf(zone, to);
  const start = from === null ? new Date(end.getTime() - USUAL_DAYS * DAY_MS) : instantOf(zone, from);
  if (start > end) throw invalid('date_to', 'must not be before date_from', 'range');
  return { from: start, to: end, zone };
}

const zoneOf = async ({ store }: Pick<Core, 'store'>, ctx: Pick<Context, 'organizationId'>): Promise<TimeZone> =>
  (await store.organizations.get(ctx.organizationId))!.timeZone;

const instantOf = (zone: TimeZone, edge: AnalyticsEdge): Date =>
  'at' in edge ? edge.at : new Date(startOfDay(zone, edge.day.getTime()));

/** The filter of the calls that analytics count in the same range; what is left out has no end. */
export async function endedWithin(
  core: Pick<Core, 'store'>,
  ctx: Pick<Context, 'organizationId'>,
  { from, to }: Pick<AskedRange, 'from' | 'to'>,
): Promise<Pick<CallFilter, 'ended'>> {
  if (from === null && to === null) return {};
  const zone = await zoneOf(core, ctx);
  return {
    ended: {
      ...(from === null ? {} : { from: instantOf(zone, from) }),
      ...(to === null ? {} : { before: instantOf(zone, to) }),
    },
  };
}

/** The calls of a campaign and an agent of the organization, also of a deleted one. @throws AppError not-found */
export async function analyticsFilter(
  { store }: Pick<Core, 'store'>,
  ctx: Pick<Context, 'organizationId'>,
  asked: {
    readonly campaignId: number | null;
    readonly agent: { readonly kind: 'ai' | 'human'; readonly id: number } | null;
  },
): Promise<MetricsFilter> {
  const { campaignId, agent } = asked;
  if (campaignId !== null && !(await store.campaigns.find(ctx.organizationId, campaignId)))
    throw notFound('Campaign', `campaign_id: campaign_${campaignId}`);
  const campaign = campaignId === null ? {} : { campaign: [String(campaignId)] };
  if (agent === null) return campaign;
  const exists =
    agent.kind === 'human'
      ? (await store.users.get(ctx.organizationId, agent.id)) !== null
      : (await store.agents.among(ctx.organizationId, [agent.id])).length > 0;
  if (!exists) throw notFound('Agent', `agent_id: ${agent.kind === 'human' ? 'user' : 'agent'}_${agent.id}`);
  return { ...campaign, [agent.kind === 'human' ? 'user' : 'agent']: [String(agent.id)] };
}
