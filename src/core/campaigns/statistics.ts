import { LIVE_STATUSES } from '../calls/call.ts';
import { listCalls } from '../calls/get-call.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { wallClock } from '../kernel/locale.ts';
import { measure } from '../metrics/measure.ts';
import { startOfDay } from '../metrics/periods.ts';
import { getCampaign } from './campaigns.ts';
import { progressOf } from './reasons.ts';

/** Calls by how they ended (`ending`), and of those, calls on which the person agreed to something. */
export interface Ending {
  readonly ending: string;
  readonly calls: number;
  readonly converted: number;
}

export interface CampaignStats {
  readonly leads: number;
  readonly running: number;
  /** Running calls whose person waits for a human. */
  readonly waiting: number;
  readonly endings: readonly Ending[];
}

export interface OverallStats extends CampaignStats {
  readonly campaigns: number;
  readonly completedToday: number;
  /** Callbacks that are still to come. */
  readonly callbacks: number;
}

const DAY_MS = 86_400_000;
/** Calls of one campaign are summed over single calls, so it looks back no further. */
const MOST_DAYS = 399;
const FIRST = new Date('2020-01-01');
/** More calls than this cannot run at once. */
const MOST_RUNNING = 1000;

/** @throws AppError not-found */
export async function campaignStats(core: Core, ctx: Context, id: number): Promise<CampaignStats> {
  const { createdAt } = await getCampaign(core, ctx, id);
  const earliest = new Date(core.clock.now().getTime() - MOST_DAYS * DAY_MS);
  const [counts, live, endings] = await Promise.all([
    core.store.campaigns.counts(id),
    running(core, ctx, id),
    endingsSince(core, ctx, createdAt > earliest ? createdAt : earliest, id),
  ]);
  return { leads: progressOf(counts).total, ...live, endings };
}

export async function overallStats(core: Core, ctx: Context): Promise<OverallStats> {
  const now = core.clock.now();
  const { timeZone } = (await core.store.organizations.get(ctx.organizationId))!;
  const clock = wallClock(timeZone, now);
  const midnight = startOfDay(timeZone, Date.UTC(clock.getUTCFullYear(), clock.getUTCMonth(), clock.getUTCDate()));
  const [campaigns, leads, live, endings, today, callbacks] = await Promise.all([
    core.store.campaigns.list(ctx.organizationId, {}, { skip: 0, limit: 1 }),
    core.store.campaigns.leadsOf(ctx.organizationId),
    running(core, ctx),
    endingsSince(core, ctx, FIRST),
    endingsSince(core, ctx, new Date(midnight)),
    core.store.bookings.callbacksDue(ctx.organizationId, now),
  ]);
  return {
    campaigns: campaigns.total,
    leads,
    ...live,
    endings,
    completedToday: today.filter(({ ending }) => ending === 'completed').reduce((sum, one) => sum + one.calls, 0),
    callbacks,
  };
}

async function running(core: Core, ctx: Context, campaignId?: number) {
  const filter = { statuses: LIVE_STATUSES, ...(campaignId === undefined ? {} : { campaignId }) };
  const { rows, total } = await listCalls(core, ctx, filter, { skip: 0, limit: MOST_RUNNING });
  return { running: total, waiting: rows.filter(({ waitingSince }) => waitingSince !== null).length };
}

async function endingsSince(core: Core, ctx: Context, from: Date, campaignId?: number): Promise<readonly Ending[]> {
  const measured = await measure(core, ctx, {
    figures: ['calls', 'converted'],
    from,
    to: new Date(core.clock.now().getTime() + 1),
    zone: (await core.store.organizations.get(ctx.organizationId))!.timeZone,
    by: 'ending',
    ...(campaignId === undefined ? {} : { filter: { campaign: [String(campaignId)] } }),
  });
  return measured.map(({ value, figures }) => ({
    ending: value!,
    calls: figures.calls ?? 0,
    converted: figures.converted ?? 0,
  }));
}
