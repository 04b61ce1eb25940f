import type { CarrierInfo, CarrierCheck } from './carrier-directory.ts';
import { isFirst } from '../identity/first-organization.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, invalid, notFound } from '../kernel/errors.ts';
import type { SettingsStore } from './carrier-store.ts';

/** What verbs about carriers stand on. */
type CarrierCore = Pick<Core, 'store' | 'secrets' | 'clock' | 'carriers'>;

/** Names of the settings. */
const CHOICE = 'carriers';
const settingsOf = (id: string) => `carrier.${id}`;

/** Which carrier places calls, and which ones step in. */
export interface CarrierChoice {
  readonly current: string | null;
  /** Null: every other one that is configured. */
  readonly failover: readonly string[] | null;
}

/** Everything that is set about carriers, opened. */
export interface StoredCarriers {
  readonly choice: CarrierChoice;
  readonly settings: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** Which carriers are set how; read anew whenever it is asked for, so that a change is in effect at once. */
export async function readCarriers(core: {
  readonly store: { readonly settings: SettingsStore };
  readonly secrets: Pick<Core['secrets'], 'open'>;
}): Promise<StoredCarriers> {
  const sealed = await core.store.settings.all();
  const open = (name: string): unknown => {
    const value = sealed.get(name);
    return value === undefined ? null : JSON.parse(core.secrets.open(value));
  };
  const ids = [...sealed.keys()]
    .filter((name) => name.startsWith(settingsOf('')))
    .map((name) => name.slice(settingsOf('').length));
  return {
    choice: (open(CHOICE) as CarrierChoice | null) ?? { current: null, failover: null },
    settings: new Map(ids.map((id) => [id, open(settingsOf(id)) as Record<string, string>])),
  };
}

/** @throws AppError not-found */
export async function needCarrier(core: Pick<Core, 'carriers'>, id: string): Promise<CarrierInfo> {
  const found = (await core.carriers.list()).find((one) => one.id === id);
  if (!found) throw notFound('Provider', `provider: ${id}`);
  return found;
}

/** Calls are placed through it from now on; those that run stay where they are. @throws AppError invalid-input */
export async function switchCarrier(
  core: CarrierCore,
  ctx: Context,
  id: string,
): Promise<{ previous: CarrierInfo; current: CarrierInfo }> {
  const chosen = (await core.carriers.list()).find((one) => one.id === id);
  if (!chosen) throw invalid('provider', 'names no provider that there is');
  if (!chosen.configured)
    throw invalid(
      'provider',
      `is not configured: set ${chosen.fields
        .filter((field) => field.required)
        .map((field) => field.environment)
        .join(', ')}`,
    );
  const previous = await core.carriers.current();
  await save(core, ctx, CHOICE, ({ choice }) => ({ ...choice, current: id }), 'carrier.switch', id);
  return { previous, current: await core.carriers.current() };
}

/** Which carriers step in when the current one is down, in this order. @throws AppError invalid-input */
export async function setFailover(
  core: CarrierCore,
  ctx: Context,
  ids: readonly string[],
): Promise<readonly CarrierInfo[]> {
  const known = await core.carriers.list();
  for (const id of ids) {
    const one = known.find((carrier) => carrier.id === id);
    if (!one?.real) throw invalid('providers', `names no carrier that could step in: ${id}`);
  }
  await save(
    core,
    ctx,
    CHOICE,
    ({ choice }) => ({ ...choice, failover: [...new Set(ids)] }),
    'carrier.failover',
    ids.join(','),
  );
  return core.carriers.failover();
}

const SHOWN = 4;

/** A secret as it may be shown: whoever has it recognises it. */
export const masked = (value: string): string => `********${value.length >= 3 * SHOWN ? value.slice(-SHOWN) : ''}`;

/** Sets fields of a carrier; a masked secret that is sent back leaves it as it was, and null goes back to the environment. @throws AppError invalid-input, not-found */
export async function saveCarrierSettings(
  core: CarrierCore,
  ctx: Context,
  id: string,
  values: Readonly<Record<string, string | null>>,
): Promise<CarrierInfo> {
  const info = await needCarrier(core, id);
  const unchanged = new Set<string>();
  for (const [key, value] of Object.entries(values)) {
    const field = info.fields.find((one) => one.key === key);
    if (!field)
      throw invalid(
        `settings.${key}`,
        `is no setting of ${info.name}; there are: ${info.fields.map((one) => one.key).join(', ')}`,
      );
    if (field.secret && field.value !== null && value === masked(field.value)) unchanged.add(key);
  }
  await save(
    core,
    ctx,
    settingsOf(id),
    ({ settings }) => {
      const stored: Record<string, string> = { ...settings.get(id) };
      for (const [key, value] of Object.entries(values)) {
        if (unchanged.has(key)) continue;
        if (value === null || value === '') delete stored[key];
        else stored[key] = value;
      }
      return stored;
    },
    'carrier.settings',
    id,
  );
  return needCarrier(core, id);
}

/** How a carrier is set. @throws AppError not-found, forbidden */
export async function carrierSettings(core: CarrierCore, ctx: Context, id: string): Promise<CarrierInfo> {
  await needFirstOrganization(core, ctx);
  return needCarrier(core, id);
}

/** Asks a carrier whether it takes our credentials, and whether its webhooks would reach us. @throws AppError not-found, forbidden */
export async function testCarrier(
  core: CarrierCore,
  ctx: Context,
  id: string | null,
): Promise<{ carrier: CarrierInfo; check: CarrierCheck }> {
  await needFirstOrganization(core, ctx);
  const carrier = id === null ? await core.carriers.current() : await needCarrier(core, id);
  return { carrier, check: await core.carriers.check(carrier.id) };
}

/** Carriers serve all organizations, so the first one's admins alone decide. */
async function needFirstOrganization(core: CarrierCore, ctx: Context): Promise<void> {
  if (!(await isFirst(core.store, ctx.organizationId)))
    throw new AppError('forbidden', 'Carriers are set by admins of the first organization');
}

/** Changes one setting by what it was: of two who do so at once, neither undoes the other's. */
async function save(
  core: CarrierCore,
  ctx: Context,
  name: string,
  change: (stored: StoredCarriers) => object,
  action: string,
  subject: string,
): Promise<void> {
  await needFirstOrganization(core, ctx);
  await core.store.transaction(async (records) => {
    await records.organizations.lock(ctx.organizationId);
    const stored = await readCarriers({ store: records, secrets: core.secrets });
    await records.settings.set(name, core.secrets.seal(JSON.stringify(change(stored))), core.clock.now());
    await records.outbox.audit(ctx, action, subject);
  });
}
