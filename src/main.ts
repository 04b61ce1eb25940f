import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { buildApp } from './app.ts';
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
  const log = pino({ level: config.logLevel });
  process.on('unhandledRejection', (error) =>
    log.error({ err: error }, 'a promise was rejected and nobody looked: this is a defect'),
  );
  const app = await buildApp(config, { log });
  if (app.taken.length > 0) log.warn({ ports: app.taken }, 'these ports are taken by somebody else and left out');
  if (config.apiKey.isNew)
    process.stdout.write(`\nAPI key (shown once, kept in ${config.dataDir}): ${config.apiKey.value}\n\n`);
  if (app.madeAdmin)
    process.stdout.write(
      `\nFirst user (the password is shown once and kept nowhere): ${app.madeAdmin.email}  ${app.madeAdmin.password}\n\n`,
    );
  log.info(
    { urls: app.urls, ...(role === 'all' || role === 'api' ? { phone: `${app.urls[0]}/phone` } : { role }) },
    'Trunkline is up',
  );
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
  if (command === 'start') await start();
  else if (command === 'demo') process.exitCode = await demoCommand(process.env, args);
  else if (command === 'call') process.exitCode = await callCommand(process.env, args);
  else if (command === 'admin') process.exitCode = await adminCommand(process.env, args);
  else throw new Error(`There is no command ${command}; there are start, demo, call and admin.`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (process.env['LOG_LEVEL'] === 'debug' && error instanceof Error) console.error(error.stack);
  process.exit(1);
}
