import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { readConfig, ROLES } from '#config/config.ts';
import { buildApp } from '../app/app.ts';
import { makeLog } from '../app/log.ts';
import { reportStart } from '../app/start-report.ts';
import type { StopRequests } from '../app/stop-requests.ts';

/** Serves until it is asked to stop. @returns the exit code */
export async function startCommand(
  env: Readonly<Record<string, string | undefined>>,
  args: string[],
  stop: StopRequests,
): Promise<number> {
  const { values } = parseArgs({ args, options: { role: { type: 'string', default: 'all' } } });
  const role = ROLES.find((one) => one === values.role);
  if (!role) throw new Error(`--role is one of ${ROLES.join(', ')}`);
  const config = readConfig(env, role);
  const log = await makeLog(config.logLevel);
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'Unhandled promise rejection'));
  stop.first.addEventListener('abort', () => log.info({ signal: String(stop.first.reason) }, 'asked to stop'));
  const app = await buildApp(config, { log, stopping: stop.first });
  reportStart(app, config, log);
  if (!stop.first.aborted) await once(stop.first, 'abort');
  log.info(
    { calls: app.live.count, graceMs: config.shutdownGraceMs },
    'stopping: running calls may end, new ones are refused',
  );
  await app.close();
  log.info('stopped');
  process.exit(0);
}
