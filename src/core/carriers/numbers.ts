import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, invalid, notFound } from '../kernel/errors.ts';
import type { PhoneNumber } from '../kernel/phone-number.ts';
import type { OwnNumber } from './carrier-store.ts';
import { needAgent } from '../ai-agents/agents.ts';

type NumberCore = Pick<Core, 'store' | 'clock' | 'carriers'>;

/** What may be said of a number that an organization owns. */
export interface NumberSettings {
  readonly carrier: string;
  readonly agentId: number | null;
}

async function check(core: NumberCore, ctx: Context, { carrier, agentId }: Partial<NumberSettings>): Promise<void> {
  if (carrier !== undefined && !(await core.carriers.list()).some((one) => one.id === carrier))
    throw invalid('provider', 'names no provider that there is');
  if (agentId !== undefined && agentId !== null) await needAgent(core.store, ctx, agentId);
}

/** Calls to it are this organization's. @throws AppError conflict when somebody has it, not-found, invalid-input */
export async function addNumber(
  core: NumberCore,
  ctx: Context,
  number: PhoneNumber,
  settings: NumberSettings,
): Promise<OwnNumber> {
  await check(core, ctx, settings);
  return core.store.transaction(async (records) => {
    const added = await records.numbers.insert({
      ...settings,
      number,
      organizationId: ctx.organizationId,
      createdAt: core.clock.now(),
    });
    if (!added) throw new AppError('conflict', 'That number is taken', { subject: `phone_number: ${number}` });
    await records.outbox.audit(ctx, 'number.add', number);
    return added;
  });
}

export function listNumbers(core: NumberCore, ctx: Context): Promise<readonly OwnNumber[]> {
  return core.store.numbers.list(ctx.organizationId);
}

/** @throws AppError not-found, invalid-input */
export async function changeNumber(
  core: NumberCore,
  ctx: Context,
  number: string,
  change: Partial<NumberSettings>,
): Promise<OwnNumber> {
  await check(core, ctx, change);
  return core.store.transaction(async (records) => {
    const changed = await records.numbers.update(ctx.organizationId, number, change);
    if (!changed) throw notFound('Number', `phone_number: ${number}`);
    await records.outbox.audit(ctx, 'number.change', number);
    return changed;
  });
}

/** @throws AppError not-found */
export async function removeNumber(core: NumberCore, ctx: Context, number: string): Promise<void> {
  await core.store.transaction(async (records) => {
    if (!(await records.numbers.delete(ctx.organizationId, number)))
      throw notFound('Number', `phone_number: ${number}`);
    await records.outbox.audit(ctx, 'number.remove', number);
  });
}
