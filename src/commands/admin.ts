import { randomBytes } from 'node:crypto';
import { PgBoss } from 'pg-boss';
import { readConfig, replaceApiKey, type Config } from '#config/config.ts';
import type { BaseCore } from '#core/core.ts';
import { createApiKey, KEY_ROLES, listApiKeys, revokeApiKey } from '#core/identity/api-keys.ts';
import { listUsers, resetPassword } from '#core/identity/users.ts';
import type { Context } from '#core/kernel/context.ts';
import { AppError } from '#core/kernel/errors.ts';
import { UNITS } from '#core/usage/usage.ts';
import { listDeliveries, replayDeliveries } from '#core/webhooks/webhooks.ts';
import { ConfiguredProviders } from '#providers/configured.ts';
import { makeSecrets } from '#secrets/secrets.ts';
import { databaseProblem } from '#store/database-problem.ts';
import { openDatabase } from '#store/database.ts';
import { postgresStore } from '#store/postgres-store.ts';
import { backupCommand } from './backup/backup.ts';
import { embeddedConnection } from './backup/embedded.ts';
import { restoreCommand } from './backup/restore.ts';

const HELP = `Manages keys, passwords and deliveries. The server can keep running.

  npm run admin -- users                      who may sign in
  npm run admin -- password EMAIL [PASSWORD]  a new password (made, and shown once, if none is given); ends a lock and every sign-in
  npm run admin -- keys                       API keys of the first organization
  npm run admin -- key NAME [ROLE]            a new one, shown once; ROLE is ${KEY_ROLES.join(', ')}
  npm run admin -- revoke KEY_ID              ends one
  npm run admin -- deliveries [STATE]         the last webhook deliveries; STATE is pending, delivered or dead
  npm run admin -- replay [WEBHOOK_ID]        sends again what was given up, to one receiver or all
  npm run admin -- vendors                    which speech and model vendors are configured, and whether they work
  npm run admin -- prices                     what is charged for what; PROVIDER UNIT MICROS (per million units) after it sets one
  npm run admin -- audit [LINES]              who did what in the first organization, newest first
  npm run admin -- reset-key                  a new first API key in DATA_DIR, shown once; the old one is good no more
  npm run admin -- backup FILE                records, files and keys in one file, while the server runs or not
  npm run admin -- restore FILE [--replace]   brings them back, into an empty DATA_DIR and database, or in the place of what is there`;

/** Returns the exit code. */
export async function adminCommand(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): Promise<number> {
  const [what, ...rest] = args;
  if (what === 'backup') return backupCommand(env, rest);
  if (what === 'restore') return restoreCommand(env, rest);
  const run = what !== undefined && Object.hasOwn(COMMANDS, what) ? COMMANDS[what] : undefined;
  if (!run && what !== 'vendors') {
    console.log(HELP);
    return what === undefined || what === '--help' || what === 'help' ? 0 : 2;
  }
  const config = readConfig(env);
  if (!run) return checkVendors(config);
  const records = await openRecords(config);
  try {
    const organization = await records.core.store.organizations.first();
    if (!organization)
      throw new Error('This installation has never been started: start it once, and it makes a first user and key.');
    await run(
      {
        ...records,
        config,
        env,
        ctx: { organizationId: organization.id, actor: { kind: 'system', name: 'admin-command' }, requestId: 'admin' },
      },
      rest,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(
      [error.message, ...error.issues.map((issue) => issue.message), error.subject ?? '']
        .filter((line) => line !== '')
        .join('\n  '),
    );
    return 1;
  } finally {
    await records.close();
  }
}

/** Tests each configured vendor from this machine. Returns 1 if one fails. */
async function checkVendors(config: Config): Promise<number> {
  const states = await new ConfiguredProviders(config.vendors, null).check();
  for (const { vendor, status, lastError } of states)
    console.log([vendor.padEnd(12), status.padEnd(16), lastError?.message ?? ''].join('').trimEnd());
  return states.some(({ status }) => status === 'error') ? 1 : 0;
}

interface Work {
  readonly core: BaseCore;
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly ctx: Context;
}

const COMMANDS: Readonly<Record<string, (work: Work, args: readonly string[]) => Promise<void>>> = {
  users: async ({ core, ctx }) => {
    const { rows } = await listUsers(core, ctx, {}, { skip: 0, limit: 1000 });
    for (const user of rows)
      console.log(`user_${user.id}`.padEnd(12), user.role.padEnd(8), user.status.padEnd(9), user.email);
  },
  password: async ({ core }, [email, given]) => {
    const password = given ?? randomBytes(15).toString('base64url');
    const user = await resetPassword(core, needed(email, 'EMAIL'), password);
    console.log(
      given === undefined
        ? `New password of ${user.email}, shown once: ${password}`
        : `${user.email} has the new password.`,
    );
  },
  keys: async ({ core, ctx }) => {
    for (const key of await listApiKeys(core, ctx))
      console.log(`key_${key.id}`.padEnd(12), key.role.padEnd(8), key.createdAt.toISOString().slice(0, 10), key.name);
  },
  key: async ({ core, ctx }, [name, role = 'admin']) => {
    const { apiKey, key } = await createApiKey(core, ctx, {
      name: needed(name, 'NAME'),
      role: oneOf(role, KEY_ROLES, 'ROLE'),
    });
    console.log(`key_${apiKey.id} (${apiKey.role}), shown once: ${key}`);
  },
  revoke: async ({ core, ctx }, [id]) => {
    await revokeApiKey(core, ctx, numberIn('key', needed(id, 'KEY_ID')));
    console.log('Revoked.');
  },
  deliveries: async ({ core, ctx }, [state]) => {
    const { rows } = await listDeliveries(
      core,
      ctx,
      state === undefined ? {} : { state: oneOf(state, ['pending', 'delivered', 'dead'], 'STATE') },
      { skip: 0, limit: 100 },
    );
    for (const one of rows)
      console.log(
        `webhook_${one.webhookId}`.padEnd(12),
        `evt_${one.eventId}`.padEnd(12),
        one.type.padEnd(18),
        one.state.padEnd(10),
        String(one.attempts).padStart(2),
        one.callSid ?? '',
        one.lastError ?? '',
      );
  },
  replay: async ({ core, ctx }, [webhook]) => {
    const replayed = await replayDeliveries(core, ctx, {
      state: 'dead',
      ...(webhook === undefined ? {} : { webhookId: numberIn('webhook', webhook) }),
    });
    console.log(`${replayed} will be sent again.`);
  },
  prices: async ({ core, ctx }, [provider, unit, micros]) => {
    if (provider !== undefined) {
      const microsPerMillion = Number(needed(micros, 'MICROS'));
      if (!Number.isSafeInteger(microsPerMillion) || microsPerMillion < 0)
        throw new AppError('invalid-input', 'MICROS is a whole number');
      await core.store.usage.setPrice({ provider, unit: oneOf(needed(unit, 'UNIT'), UNITS, 'UNIT'), microsPerMillion });
      await core.store.outbox.audit(ctx, 'price.set', `${provider} ${unit}`, { microsPerMillion });
    }
    for (const one of await core.store.usage.prices())
      console.log(one.provider.padEnd(14), one.unit.padEnd(14), String(one.microsPerMillion).padStart(12));
  },
  audit: async ({ core, ctx }, [lines = '50']) => {
    for (const { at, actor, action, subject, detail } of await core.store.outbox.audited(
      ctx.organizationId,
      Math.min(10_000, Number(lines) || 50),
    )) {
      console.log(
        at.toISOString().slice(0, 19),
        actor.padEnd(20),
        action.padEnd(26),
        subject,
        Object.keys(detail).length === 0 ? '' : JSON.stringify(detail),
      );
    }
  },
  'reset-key': async ({ core, config, env, ctx }) => {
    if (env['API_SECRET_KEY'])
      throw new AppError(
        'unchangeable',
        'The first API key is given by API_SECRET_KEY: set another there, and start again',
      );
    const key = replaceApiKey(config.dataDir);
    const admin = await core.store.users.firstAdmin(ctx.organizationId);
    await core.store.transaction(async (records) => {
      await records.credentials.setConfiguredKey(ctx.organizationId, core.secrets.hash(key), admin?.id ?? null);
      await records.outbox.audit(ctx, 'api-key.reset', 'API_SECRET_KEY');
    });
    console.log(`New first API key, kept in ${config.dataDir}: ${key}`);
  },
};

function oneOf<T extends string>(value: string, known: readonly T[], name: string): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new AppError('invalid-input', `${name} is one of ${known.join(', ')}`);
  return found;
}

/** Parses an id with or without its prefix; rejects ids of other kinds. */
function numberIn(kind: string, id: string): number {
  const [, prefix = kind, digits] = /^(?:([a-z]+)_)?(\d{1,15})$/.exec(id) ?? [];
  return digits !== undefined && prefix === kind ? Number(digits) : -1;
}

function needed(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new AppError('invalid-input', `${name} is missing`);
  return value;
}

/** Opens the records of a running or stopped server; for a stopped one it starts the database temporarily. */
async function openRecords(config: Config): Promise<{ core: BaseCore; close(): Promise<void> }> {
  const closers: (() => Promise<unknown> | void)[] = [];
  const close = async () => {
    for (const one of closers.toReversed()) await one();
  };
  try {
    const connection =
      config.databaseUrl === null
        ? await embeddedConnection(config.dataDir, closers)
        : { connectionString: config.databaseUrl };
    const database = await openDatabase(connection, (error) => console.error(error.message), 3);
    closers.push(() => database.close());
    // The commands enqueue no jobs, but the store requires a queue.
    const queue = new PgBoss({
      db: { executeSql: (text: string, values?: unknown[]) => database.pool.query(text, values) },
    });
    const core = {
      store: postgresStore(database.db, queue),
      secrets: makeSecrets({ encryptionKey: config.encryptionKey.value, jwtSecret: config.jwtSecret }),
      clock: { now: () => new Date() },
    };
    return { core, close };
  } catch (error) {
    await close();
    throw config.databaseUrl === null ? error : databaseProblem(error, config.databaseUrl);
  }
}
