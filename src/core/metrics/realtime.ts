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
  /** Callers who wait in the desk's line. */
  readonly waiting: number;
  /** AI agents that take calls, and human agents who are online or busy. */
  readonly agentsOnline: number;
}

/** How things are at this instant, of the calls that the actor may see. */
export async function realtime(core: Core, ctx: Context): Promise<Realtime> {
  const now = core.clock.now();
  const zone = (await core.store.organizations.get(ctx.organizationId))!.timeZone;
  const clock = wallClock(zone, now);
  const midnight = startOfDay(zone, Date.UTC(clock.getUTCFullYear(), clock.getUTCMonth(), clock.getUTCDate()));
  const [running, [today], agents, desk] = await Promise.all([
    listCalls(core, ctx, { statuses: LIVE_STATUSES }, { skip: 0, limit: 1 }),
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
    waiting: desk.waiting,
    agentsOnline: agents.total + desk.activeAgents,
  };
}
