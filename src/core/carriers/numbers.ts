import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, invalid, notFound } from '../kernel/errors.ts';
import type { PhoneNumber } from '../kernel/phone-number.ts';
import type { OwnNumber } from './carrier-store.ts';
import { isFirst } from '../identity/first-organization.ts';
import { needAgent } from '../ai-agents/agents.ts';
import { unknownProvider } from './carriers.ts';

type NumberCore = Pick<Core, 'store' | 'clock' | 'carriers'>;

/** Settings of a number that an organization owns. */
export interface NumberSettings {
  readonly carrier: string;
  readonly agentId: number | null;
}

async function check(core: NumberCore, ctx: Context, { carrier, agentId }: Partial<NumberSettings>): Promise<void> {
  if (carrier !== undefined) {
    const known = await core.carriers.list();
    if (!known.some((one) => one.id === carrier)) throw unknownProvider('provider', carrier, known);
  }
  if (agentId !== undefined && agentId !== null) await needAgent(core.store, ctx, agentId);
}

async function needFirst(core: NumberCore, ctx: Context, message: string): Promise<void> {
  if (!(await isFirst(core.store, ctx.organizationId))) throw new AppError('forbidden', message);
}

/**
 * Assigns a number of the shared carriers to an organization, which then gets its calls.
 * @throws AppError forbidden unless from the first organization, conflict if the number is assigned, not-found,
 * invalid-input
 */
export async function addNumber(
  core: NumberCore,
  ctx: Context,
  number: PhoneNumber,
  settings: NumberSettings,
  organizationId: number = ctx.organizationId,
): Promise<OwnNumber> {
  await needFirst(core, ctx, 'Only admins of the first organization can assign numbers: ask one of them');
  if (organizationId !== ctx.organizationId) {
    if (settings.agentId !== null)
      throw invalid('agent_id', 'must be left out: the organization that gets the number sets it');
    if (!(await core.store.organizations.get(organizationId)))
      throw notFound('Organization', `organization_id: org_${organizationId}`);
  }
  await check(core, ctx, settings);
  return core.store.transaction(async (records) => {
    const added = await records.numbers.insert({
      ...settings,
      number,
      organizationId,
      createdAt: core.clock.now(),
    });
    if (!added) throw new AppError('conflict', 'That number is taken', { subject: `phone_number: ${number}` });
    await records.outbox.audit(ctx, 'number.add', number, { organization: `org_${organizationId}` });
    return added;
  });
}

export function listNumbers(core: NumberCore, ctx: Context): Promise<readonly OwnNumber[]> {
  return core.store.numbers.list(ctx.organizationId);
}

/** @throws AppError not-found */
export async function getNumber(core: NumberCore, ctx: Context, number: string): Promise<OwnNumber> {
  const known = await core.store.numbers.find(number);
  if (known?.organizationId !== ctx.organizationId) throw notFound('Number', `phone_number: ${number}`);
  return known;
}

/** @throws AppError not-found, invalid-input, forbidden (its carrier, unless from the first organization) */
export async function changeNumber(
  core: NumberCore,
  ctx: Context,
  number: string,
  change: Partial<NumberSettings>,
): Promise<OwnNumber> {
  const known = await getNumber(core, ctx, number);
  if (change.carrier !== undefined && change.carrier !== known.carrier)
    await needFirst(core, ctx, 'Only admins of the first organization can set the provider of a number');
  await check(core, ctx, change);
  return core.store.transaction(async (records) => {
    const changed = await records.numbers.update(ctx.organizationId, number, change);
    if (!changed) throw notFound('Number', `phone_number: ${number}`);
    await records.outbox.audit(ctx, 'number.change', number);
    return changed;
  });
}

/** Removes a number from its organization; the first organization then gets its calls. @throws AppError not-found */
export async function removeNumber(core: NumberCore, ctx: Context, number: string): Promise<void> {
  await core.store.transaction(async (records) => {
    if (!(await records.numbers.delete(ctx.organizationId, number)))
      throw notFound('Number', `phone_number: ${number}`);
    await records.outbox.audit(ctx, 'number.remove', number);
  });
}
