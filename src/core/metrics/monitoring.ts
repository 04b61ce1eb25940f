import { LIVE_STATUSES } from '../calls/call.ts';
import { listCalls } from '../calls/get-call.ts';
import type { Core } from '../core.ts';
import type { LeadStatus } from '../campaigns/lead.ts';
import { queueStatus, type QueueStatus } from '../desk/desk-view.ts';
import type { Context } from '../kernel/context.ts';
import type { AllTimeRow } from './metrics-store.ts';
import { total, type Sums } from './metrics.ts';

/** The stored figures of an organization that a monitoring system reads again and again. */
export interface MonitoringFigures {
  /** Over all calls that ever ended. */
  readonly ended: Sums;
  readonly endedBy: Readonly<Record<'ending' | 'direction' | 'carrier', readonly AllTimeRow[]>>;
  readonly running: Readonly<Record<(typeof LIVE_STATUSES)[number], number>>;
  readonly desk: QueueStatus;
  readonly activeCampaigns: number;
  /** Leads of the active campaigns, by status. */
  readonly leads: ReadonlyMap<LeadStatus, number>;
  readonly webhooks: {
    readonly lanes: number;
    readonly failing: number;
    /** How long the first lane has been due, ms; 0 if none is. */
    readonly lateMs: number;
  };
  readonly carriers: readonly { readonly id: string; readonly resting: boolean }[];
}

const MOST_CAMPAIGNS = 1000;
const MOST_LANES = 10_000;

export async function monitoringFigures(core: Core, ctx: Context): Promise<MonitoringFigures> {
  const { metrics, campaigns, webhooks } = core.store;
  const { organizationId } = ctx;
  const running = async (status: (typeof LIVE_STATUSES)[number]) =>
    [status, (await listCalls(core, ctx, { statuses: [status] }, { skip: 0, limit: 1 })).total] as const;
  const [all, ending, direction, carrier, live, desk, active, backlog, carriers] = await Promise.all([
    metrics.ofAllTime(organizationId, 'all'),
    metrics.ofAllTime(organizationId, 'ending'),
    metrics.ofAllTime(organizationId, 'direction'),
    metrics.ofAllTime(organizationId, 'carrier'),
    Promise.all(LIVE_STATUSES.map(running)),
    queueStatus(core, ctx),
    campaigns.list(organizationId, { status: 'active' }, { skip: 0, limit: MOST_CAMPAIGNS }),
    webhooks.backlog(organizationId, MOST_LANES),
    core.carriers.list(),
  ]);
  const counts = await campaigns.countsOf(active.rows.map(({ id }) => id));
  const leads = new Map<LeadStatus, number>();
  for (const { status, leads: some } of counts) leads.set(status, (leads.get(status) ?? 0) + some);
  const { lanes, failing, firstDueAt } = backlog;
  return {
    ended: total(all),
    endedBy: { ending, direction, carrier },
    running: Object.fromEntries(live) as MonitoringFigures['running'],
    desk,
    activeCampaigns: active.total,
    leads,
    webhooks: {
      lanes,
      failing,
      lateMs: firstDueAt === null ? 0 : Math.max(0, core.clock.now().getTime() - firstDueAt.getTime()),
    },
    carriers: carriers.filter(({ configured }) => configured),
  };
}
