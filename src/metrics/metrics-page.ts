import type { Core } from '#core/core.ts';
import type { Context } from '#core/kernel/context.ts';
import type { Log } from '#core/kernel/log.ts';
import { logFailure } from '#core/kernel/errors.ts';
import { monitoringFigures } from '#core/metrics/monitoring.ts';
import type { ProcessMetrics } from './process-metrics.ts';
import { storedMetrics } from './stored-metrics.ts';

/** A database that does not answer within this time leaves the metrics of the process. */
const FIGURES_MS = 5000;

/** All metrics in Prometheus's text format; those of the process also while the database does not answer. */
export async function metricsPage(
  ofProcess: ProcessMetrics,
  core: Core,
  ctx: Context,
  log: Pick<Log, 'warn' | 'error'>,
): Promise<string> {
  const late = new Promise<null>((over) => setTimeout(over, FIGURES_MS, null).unref());
  const figures = monitoringFigures(core, ctx).catch((error: unknown) => {
    logFailure(log, error, 'the stored metrics could not be read');
    return null;
  });
  const found = await Promise.race([figures, late]);
  return (await ofProcess.registry.metrics()) + (found ? `\n${await storedMetrics(found)}` : '');
}
