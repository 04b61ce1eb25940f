import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { LineFigures } from './desk-store.ts';

/** A caller who is answered within this time is answered in time. */
export const SERVICE_MS = 20_000;
/** A caller who leaves within this time is shown apart. */
export const SHORT_MS = 5000;
const HOUR_MS = 3_600_000;

/** Callers answered in time, of all who were answered; null if there are none. */
export const serviceLevelOfAnswered = ({ answered, answeredInTime }: LineFigures): number | null =>
  answered === 0 ? null : answeredInTime / answered;

/** Callers answered or gone in time, of all who were answered or have gone; null if there are none. */
export function serviceLevelOfAll(figures: LineFigures): number | null {
  const all = figures.answered + figures.abandoned;
  return all === 0 ? null : (figures.answeredInTime + figures.abandonedInTime) / all;
}

/** Of the callers who asked in the last hours. */
export function lineFigures(core: Pick<Core, 'store' | 'clock'>, ctx: Context, hours: number): Promise<LineFigures> {
  return core.store.desk.figures(ctx.organizationId, new Date(core.clock.now().getTime() - hours * HOUR_MS), {
    serviceMs: SERVICE_MS,
    shortMs: SHORT_MS,
  });
}
