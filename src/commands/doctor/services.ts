import type { Config } from '#config/config.ts';
import { isLoopback } from '#config/config.ts';
import { CARRIERS } from '#carriers/catalog.ts';
import type { CarrierManifest } from '#contracts/carrier-manifest.ts';
import type { StoredCarriers } from '#core/carriers/carriers.ts';
import { ConfiguredProviders } from '#providers/configured.ts';
import { sherpa } from '#providers/sherpa/manifest.ts';
import { redisProblem } from '#store/redis.ts';
import { Bucket } from '#store/s3/bucket.ts';
import { reachUs } from '../../app/reach-us.ts';
import { messageOf, ok, problem, skipped, warning, type Finding } from './finding.ts';
import { healthAt } from './machine.ts';

export async function checkRedis({ redisUrl }: Config): Promise<readonly Finding[]> {
  if (redisUrl === null) return [skipped('Redis', 'REDIS_URL is not set: Postgres does its work')];
  const wrong = await redisProblem(redisUrl);
  return [
    wrong === null
      ? ok('Redis', 'answers')
      : warning(
          'Redis',
          `cannot be used: ${wrong}`,
          'Mend REDIS_URL or the server there. Postgres does its work meanwhile.',
        ),
  ];
}

export async function checkBucket({ bucket }: Config): Promise<readonly Finding[]> {
  if (!bucket) return [];
  const opened = new Bucket(bucket);
  try {
    const wrong = await opened.check();
    return [
      wrong === null
        ? ok('FILES_URL', `the bucket ${bucket.bucket} can be listed`)
        : problem('FILES_URL', wrong, 'Mend FILES_URL, S3_ENDPOINT or the AWS_* variables (docs/operating.md).'),
    ];
  } finally {
    await opened.close();
  }
}

/** Asks every configured vendor of speech and models. */
export async function checkVendors({ vendors }: Config): Promise<readonly Finding[]> {
  const providers = new ConfiguredProviders(vendors, null);
  try {
    const states = (await providers.check()).filter(({ status }) => status !== 'not_configured');
    if (states.length === 0) return [skipped('vendors', 'none is configured: speech and answers are the offline ones')];
    return states.map(({ vendor, lastError }) =>
      lastError
        ? problem(
            vendor,
            lastError.message,
            vendor === sherpa.id
              ? 'Pull the model again: "npm run models".'
              : 'Correct its key or base URL in the environment, and start again.',
          )
        : ok(vendor, vendor === sherpa.id ? 'loads its models' : 'takes our key'),
    );
  } finally {
    providers.close();
  }
}

/** Asks every configured carrier, and names what is missing of one that is configured in part. */
export async function checkCarriers(
  { vendors }: Config,
  stored: StoredCarriers | null,
): Promise<{ readonly findings: readonly Finding[]; readonly configured: readonly string[] }> {
  const found = await Promise.all(
    CARRIERS.map(async (manifest) => {
      const own = stored?.settings.get(manifest.id) ?? {};
      const settings = Object.fromEntries(
        manifest.fields.flatMap(({ key, environment }) => {
          const value = own[key] ?? (environment === undefined ? undefined : vendors[environment]);
          return value === undefined ? [] : [[key, value] as const];
        }),
      );
      return { manifest, finding: await checkCarrier(manifest, settings) };
    }),
  );
  const findings = found.flatMap(({ finding }) => finding ?? []);
  return {
    findings: findings.length > 0 ? findings : [skipped('carriers', 'none is configured: calls are simulated')],
    configured: found
      .filter(({ finding }) => finding !== null && finding.status !== 'warning')
      .map(({ manifest }) => manifest.id),
  };
}

/** Null for a carrier without any setting. */
async function checkCarrier(
  manifest: CarrierManifest,
  settings: Readonly<Record<string, string>>,
): Promise<Finding | null> {
  const { fields, name } = manifest;
  const required = fields.filter((field) => field.required);
  const missing = required.filter(({ key }) => settings[key] === undefined);
  if (missing.length === required.length) return null;
  if (missing.length > 0) {
    const names = missing.map(({ environment, label }) => environment ?? label).join(', ');
    return warning(name, `is not used, because ${names} is missing`, `Set ${names}, or unset the others.`);
  }
  try {
    await manifest.make(settings, { now: () => new Date() }).check();
    return ok(name, 'takes our credentials');
  } catch (error) {
    return problem(name, messageOf(error), 'Correct its settings in the environment or the console.');
  }
}

/** Whether carriers reach us by PUBLIC_URL, as far as this machine can tell. */
export async function checkPublicUrl(
  { publicUrl, host, ports }: Config,
  carriers: readonly string[],
): Promise<readonly Finding[]> {
  const check = 'PUBLIC_URL';
  if (publicUrl === null)
    return [
      carriers.length === 0
        ? skipped(check, 'is not set: only a carrier needs it')
        : problem(check, `is not set, so ${carriers.join(', ')} cannot call back`, `Set it to our https address.`),
    ];
  const url = new URL(publicUrl);
  if (carriers.length > 0 && (url.protocol !== 'https:' || isLoopback(url.hostname)))
    return [
      problem(check, `${publicUrl} is no address that a carrier reaches`, 'Put a proxy with TLS before the server.'),
    ];
  const running = (await Promise.all(ports.map((port) => healthAt(host, port)))).some((health) => health !== null);
  if (!running) return [skipped(check, 'is tried while the server runs here')];
  return reachUs(publicUrl).then(
    () => [ok(check, `${publicUrl}/health answers`)],
    (error: unknown) => [problem(check, messageOf(error), 'Check DNS, the proxy and the firewall.')],
  );
}
