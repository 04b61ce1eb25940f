import { LIVE_STATUSES } from '../calls/call.ts';
import { listCalls } from '../calls/get-call.ts';
import type { Core } from '../core.ts';
import { queueStatus } from '../desk/desk-view.ts';
import type { Context } from '../kernel/context.ts';
import { wallClock } from '../kernel/locale.ts';
import { measure } from './measure.ts';
import { startOfDay } from './periods.ts';

export interface Realtime {
  readonly activeCalls: number;
  /** Calls that ended since the organization's midnight, and running ones. */
  readonly callsToday: number;
  /** Of those that ended; null if none has. */
  readonly answerRateToday: number | null;
  /** Running calls whose caller waits for a human. */
  readonly waiting: number;
  /** AI agents that take calls, and human agents who are online or busy. */
  readonly agentsOnline: number;
}

/** More calls than this cannot run at once. */
const MOST_RUNNING = 1000;

/** How things are at this instant, of the calls that the actor may see. */
export async function realtime(core: Core, ctx: Context): Promise<Realtime> {
  const now = core.clock.now();
  const zone = (await core.store.organizations.get(ctx.organizationId))!.timeZone;
  const clock = wallClock(zone, now);
  const midnight = startOfDay(zone, Date.UTC(clock.getUTCFullYear(), clock.getUTCMonth(), clock.getUTCDate()));
  const [running, [today], agents, desk] = await Promise.all([
    listCalls(core, ctx, { statuses: LIVE_STATUSES }, { skip: 0, limit: MOST_RUNNING }),
    measure(core, ctx, {
      figures: ['calls', 'answerRate'],
      from: new Date(midnight),
      to: new Date(now.getTime() + 1),
      zone,
    }),
    core.store.agents.list(ctx.organizationId, { isActive: true }, { skip: 0, limit: 1 }),
    queueStatus(core, ctx),
  ]);
  return {
    activeCalls: running.total,
    callsToday: (today?.figures.calls ?? 0) + running.total,
    answerRateToday: today?.figures.answerRate ?? null,
    waiting: running.rows.filter((call) => call.waitingSince !== null).length,
    agentsOnline: agents.total + desk.activeAgents,
  };
}
