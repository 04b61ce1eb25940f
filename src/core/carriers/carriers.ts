import type { CarrierInfo, CarrierCheck, SettingsGroup } from './carrier-directory.ts';
import { isFirst } from '../identity/first-organization.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, invalid, notFound } from '../kernel/errors.ts';
import type { SettingsStore } from './carrier-store.ts';

/** The dependencies of carrier verbs. */
type CarrierCore = Pick<Core, 'store' | 'secrets' | 'clock' | 'carriers'>;

/** Names of the settings. */
const CHOICE = 'carriers';
const settingsOf = (id: string) => `carrier.${id}`;

/** The carrier for outbound calls, and its failover carriers. */
export interface CarrierChoice {
  readonly current: string | null;
  /** Null: all other configured carriers. */
  readonly failover: readonly string[] | null;
}

/** All stored carrier settings, decrypted. */
export interface StoredCarriers {
  readonly choice: CarrierChoice;
  readonly settings: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** Reads the carrier settings from the records. */
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

/**
 * The carrier of that id, for one call. Where no real carrier is configured, the simulated one stands in for it. Null:
 * the current carrier. @throws AppError not-configured
 */
export async function carrierFor(core: Pick<Core, 'carriers'>, id: string | null): Promise<CarrierInfo> {
  const current = await core.carriers.current();
  if (id === null) return current;
  const wanted = await needCarrier(core, id);
  if (wanted.configured) return wanted;
  if (!current.real) return current;
  throw new AppError('not-configured', `${wanted.name} is not configured, and calls go over ${current.name}`);
}

/** @throws AppError not-found */
async function needSettings(core: Pick<Core, 'carriers'>, id: string): Promise<SettingsGroup> {
  const found = await core.carriers.settings(id);
  if (!found) throw notFound('Provider', `provider: ${id}`);
  return found;
}

/** An unknown provider; the message lists those that can be chosen. */
export const unknownProvider = (path: string, id: string, known: readonly CarrierInfo[]) =>
  invalid(path, `is unknown: ${id}. Available: ${known.map((one) => one.id).join(', ')}`);

/** Sets the carrier for new calls; running calls keep theirs. @throws AppError invalid-input, forbidden */
export async function switchCarrier(
  core: CarrierCore,
  ctx: Context,
  id: string,
): Promise<{ previous: CarrierInfo; current: CarrierInfo }> {
  await needFirstOrganization(core, ctx);
  const known = await core.carriers.list();
  const chosen = known.find((one) => one.id === id);
  if (!chosen) throw unknownProvider('provider', id, known);
  if (!chosen.configured)
    throw invalid(
      'provider',
      `is not configured: set ${chosen.fields
        .filter((field) => field.required)
        .map((field) => field.environment)
        .join(', ')}`,
    );
  const previous = await core.carriers.current();
  const change = ({ choice }: StoredCarriers) => ({ ...choice, current: id });
  await save(core, ctx, [{ name: CHOICE, change, action: 'carrier.switch', subject: id }]);
  return { previous, current: await core.carriers.current() };
}

/** Sets the failover carriers in order. @throws AppError invalid-input, forbidden */
export async function setFailover(
  core: CarrierCore,
  ctx: Context,
  ids: readonly string[],
): Promise<readonly CarrierInfo[]> {
  await needFirstOrganization(core, ctx);
  const known = await core.carriers.list();
  for (const id of ids) {
    const one = known.find((carrier) => carrier.id === id);
    if (!one?.real)
      throw unknownProvider(
        'providers',
        id,
        known.filter(({ real }) => real),
      );
  }
  const change = ({ choice }: StoredCarriers) => ({ ...choice, failover: [...new Set(ids)] });
  await save(core, ctx, [
    { name: CHOICE, change, action: 'carrier.failover', subject: 'failover', detail: { providers: ids } },
  ]);
  return core.carriers.failover();
}

const SHOWN = 4;

/** A masked secret whose last characters identify it to its owner. */
export const masked = (value: string): string => `********${value.length >= 3 * SHOWN ? value.slice(-SHOWN) : ''}`;

/** Fields by key; null restores the environment's value. */
export type SettingsChange = Readonly<Record<string, string | null>>;

/**
 * Sets fields of a carrier. A masked secret leaves the stored one unchanged; null restores the environment's value.
 * @throws AppError invalid-input, not-found, forbidden
 */
export async function saveCarrierSettings(
  core: CarrierCore,
  ctx: Context,
  id: string,
  values: SettingsChange,
): Promise<SettingsGroup> {
  await saveSettingsGroups(core, ctx, { [id]: values });
  return needSettings(core, id);
}

/** Sets fields of several carriers, all of them or none. @throws AppError invalid-input, not-found, forbidden */
export async function saveSettingsGroups(
  core: CarrierCore,
  ctx: Context,
  groups: Readonly<Record<string, SettingsChange>>,
): Promise<void> {
  await needFirstOrganization(core, ctx);
  const changes: SettingChange[] = [];
  for (const [id, values] of Object.entries(groups)) changes.push(await changeOfGroup(core, id, values));
  await save(core, ctx, changes);
}

/** @throws AppError invalid-input, not-found */
async function changeOfGroup(core: CarrierCore, id: string, values: SettingsChange): Promise<SettingChange> {
  const info = await needSettings(core, id);
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
  return {
    name: settingsOf(id),
    change: ({ settings }) => {
      const stored: Record<string, string> = { ...settings.get(id) };
      for (const [key, value] of Object.entries(values)) {
        if (unchanged.has(key)) continue;
        if (value === null || value === '') delete stored[key];
        else stored[key] = value;
      }
      return stored;
    },
    action: 'carrier.settings',
    subject: id,
  };
}

/** The settings of a carrier or of another server. @throws AppError not-found, forbidden */
export async function carrierSettings(core: CarrierCore, ctx: Context, id: string): Promise<SettingsGroup> {
  await needFirstOrganization(core, ctx);
  return needSettings(core, id);
}

/** Tests whether a carrier accepts our credentials and can reach our webhooks. @throws AppError not-found, forbidden */
export async function testCarrier(
  core: CarrierCore,
  ctx: Context,
  id: string | null,
): Promise<{ carrier: CarrierInfo; check: CarrierCheck }> {
  await needFirstOrganization(core, ctx);
  const carrier = id === null ? await core.carriers.current() : await needCarrier(core, id);
  return { carrier, check: await core.carriers.check(carrier.id) };
}

/** Carriers serve all organizations, so only admins of the first organization may change them. */
async function needFirstOrganization(core: CarrierCore, ctx: Context): Promise<void> {
  if (!(await isFirst(core.store, ctx.organizationId)))
    throw new AppError('forbidden', 'Only admins of the first organization can change carriers');
}

/** A change of one setting, and its entry in the audit log. */
interface SettingChange {
  readonly name: string;
  readonly change: (stored: StoredCarriers) => object;
  readonly action: string;
  readonly subject: string;
  readonly detail?: object;
}

/** Changes settings from their current values, so that concurrent changes do not overwrite each other. */
async function save(core: CarrierCore, ctx: Context, changes: readonly SettingChange[]): Promise<void> {
  await core.store.transaction(async (records) => {
    await records.organizations.lock(ctx.organizationId);
    const stored = await readCarriers({ store: records, secrets: core.secrets });
    for (const { name, change, action, subject, detail } of changes) {
      await records.settings.set(name, core.secrets.seal(JSON.stringify(change(stored))), core.clock.now());
      await records.outbox.audit(ctx, action, subject, detail ?? {});
    }
  });
  // The notification of the change reaches this server later than its reply reaches the client.
  core.carriers.settingsChanged();
}
