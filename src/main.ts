import { parseArgs } from 'node:util';
import { buildApp } from './app.ts';
import { checkFolders } from './app/folders.ts';
import { makeLog } from './app/log.ts';
import { reportStart } from './app/start-report.ts';
import { adminCommand } from './commands/admin.ts';
import { callCommand } from './commands/call.ts';
import { demoCommand } from './commands/demo.ts';
import { readConfig, ROLES } from '#config/config.ts';

// The launcher was killed: what it started ends as if it had been killed too.
process.on('disconnect', () => process.exit(1));
process.channel?.unref();

const [command = 'start', ...args] = process.argv.slice(2);

async function start(): Promise<void> {
  const { values } = parseArgs({ args, options: { role: { type: 'string', default: 'all' } } });
  const role = ROLES.find((one) => one === values.role);
  if (!role) throw new Error(`--role is one of ${ROLES.join(', ')}`);
  const config = readConfig(process.env, role);
  const log = await makeLog(config.logLevel);
  process.on('unhandledRejection', (error) =>
    log.error({ err: error }, 'a promise was rejected and nobody looked: this is a defect'),
  );
  const app = await buildApp(config, { log });
  reportStart(app, config, log);
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal, calls: app.live.count }, 'stopping: no new calls, running ones may end');
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
}

try {
  // A caller from a recording uses the folder of a server that runs.
  if (command !== 'call') await checkFolders(process.env);
  if (command === 'start') await start();
  else if (command === 'demo') process.exitCode = await demoCommand(process.env, args);
  else if (command === 'call') process.exitCode = await callCommand(process.env, args);
  else if (command === 'admin') process.exitCode = await adminCommand(process.env, args);
  else throw new Error(`There is no command ${command}. Commands: start, demo, call, admin.`);
} catch (error) {
  console.error(error instanceof Error && error.message !== '' ? error.message : error);
  if (process.env['LOG_LEVEL'] === 'debug' && error instanceof Error) console.error(error.stack);
  process.exit(1);
}
