import type { Logger } from 'pino';
import type { Config } from '#config/config.ts';
import type { App } from './app.ts';

/** Logs what the operator needs after a start: new secrets, where secrets are stored, and the addresses. */
export function reportStart(app: App, config: Config, log: Logger): void {
  for (const port of app.taken) log.warn(`port ${port} is taken by another process and left out (PORTS)`);
  const { apiKey } = config;
  if (apiKey.isNew) print(`API key (shown once, kept in ${config.dataDir}): ${apiKey.value}`);
  if (app.madeAdmin) print(firstUserWords(app.madeAdmin));
  if (config.role === 'all' || config.role === 'api') {
    log.info(
      apiKey.file === null ? 'the first API key is that of API_SECRET_KEY' : `the first API key is in ${apiKey.file}`,
    );
    log.info(
      'lost a password? npm run admin -- users lists the users, npm run admin -- password EMAIL makes a new one',
    );
  }
  log.info(
    {
      urls: app.urls,
      ...(config.role === 'all' || config.role === 'api' ? { phone: `${app.urls[0]}/phone` } : { role: config.role }),
    },
    'Trunkline is up',
  );
}

export const firstUserWords = ({ email, password }: NonNullable<App['madeAdmin']>): string =>
  `First user (the password is shown once and kept nowhere): ${email}  ${password}`;

const print = (line: string) => process.stdout.write(`\n${line}\n\n`);
