import { z } from 'zod';
import type { Core } from '#core/core.ts';
import { getOrganization } from '#core/identity/organizations.ts';
import type { Context } from '#core/kernel/context.ts';
import { operation, type RestOperation } from '../kit/operation.ts';
import { timeInSeconds } from '../kit/codecs.ts';

/** A part that does not answer within this time is not healthy. */
const ANSWERS_WITHIN_MS = 5000;

interface Check {
  readonly status: 'healthy' | 'unhealthy' | 'not_configured';
  readonly responseTime: number | null;
  readonly message: string;
}

const CheckReply = z.object({
  status: z.enum(['healthy', 'unhealthy', 'not_configured']),
  responseTime: z.int().nullable().describe('Milliseconds'),
  message: z.string(),
  timestamp: z.string(),
});

/** Asks a part for an answer. `work` gives the problem, or null. */
async function timed(name: string, work: () => Promise<string | null>): Promise<Check> {
  const began = performance.now();
  const late = new Promise<string>((over) => {
    setTimeout(over, ANSWERS_WITHIN_MS, `${name} did not answer within ${ANSWERS_WITHIN_MS / 1000} s`).unref();
  });
  const problem = await Promise.race([
    work().catch((error: unknown) => (error instanceof Error ? error.message : `${name} does not answer`)),
    late,
  ]);
  return {
    status: problem === null ? 'healthy' : 'unhealthy',
    responseTime: Math.round(performance.now() - began),
    message: problem ?? `${name} answers`,
  };
}

const database = (core: Core, ctx: Context): Promise<Check> =>
  timed('The database', async () => {
    await getOrganization(core, ctx, ctx.organizationId);
    return null;
  });

/** A carrier or another server: whether it takes our credentials. */
async function server(core: Core, id: string, name: string): Promise<Check> {
  const fields = (await core.carriers.settings(id))?.fields ?? [];
  const missing = fields.filter(({ required, value }) => required && value === null);
  if (missing.length > 0) return { status: 'not_configured', responseTime: null, message: `${name} is not configured` };
  return timed(name, async () => {
    const { authentication, problem } = await core.carriers.check(id);
    return authentication ? null : (problem ?? `${name} refuses our credentials`);
  });
}

const CHECKS = {
  database: { name: 'Database connectivity', run: database },
  livekit: { name: 'LiveKit service status', run: (core: Core) => server(core, 'livekit', 'LiveKit') },
  twilio: { name: 'Twilio service status', run: (core: Core) => server(core, 'twilio', 'Twilio') },
} as const;

const statusOf = ({ status }: { readonly status: string }): number => (status === 'unhealthy' ? 503 : 200);
const now = (core: Core): string => timeInSeconds(core.clock.now());

export const healthOperations: readonly RestOperation[] = [
  operation({
    method: 'GET',
    path: '/api/health',
    summary: 'Overall system health: of the database and of the servers that are configured',
    permission: 'read',
    status: statusOf,
    reply: z.object({
      status: z.enum(['healthy', 'unhealthy']),
      timestamp: z.string(),
      services: z.object({
        database: CheckReply.shape.status,
        livekit: CheckReply.shape.status,
        twilio: CheckReply.shape.status,
      }),
    }),
    handle: async ({ core, ctx }) => {
      const [db, livekit, twilio] = await Promise.all([
        CHECKS.database.run(core, ctx),
        CHECKS.livekit.run(core),
        CHECKS.twilio.run(core),
      ]);
      const services = { database: db.status, livekit: livekit.status, twilio: twilio.status };
      const isUnhealthy = Object.values(services).includes('unhealthy');
      return { status: isUnhealthy ? ('unhealthy' as const) : ('healthy' as const), timestamp: now(core), services };
    },
  }),
  ...Object.entries(CHECKS).map(([part, { name, run }]) =>
    operation({
      method: 'GET',
      path: `/api/health/${part}`,
      summary: name,
      permission: 'read',
      status: statusOf,
      reply: CheckReply,
      handle: async ({ core, ctx }) => ({ ...(await run(core, ctx)), timestamp: now(core) }),
    }),
  ),
];
