import type { Context } from '../kernel/context.ts';
import { AppError, invalid, notFound, tooMany } from '../kernel/errors.ts';
import type { SipTrunkFields } from '../kernel/sip-server.ts';
import { checkRevision } from '../audit/audit-log.ts';
import { leftBehind, MOST, newId, serverFor, together, type RoutingCore } from './at-server.ts';
import type { SipTrunk } from './sip-trunk.ts';

const contentOf = ({ direction, name, address, numbers, metadata }: SipTrunkFields): string =>
  JSON.stringify([direction, name, address, numbers, metadata]);

const trunkNotFound = (id: string): AppError => notFound('Trunk', `trunk_id: ${id}`);

/**
 * Creates a trunk on the telephony server first, then its record under the server's id: a failure in between leaves no
 * record without its counterpart, and the repetition takes the counterpart over.
 * @throws AppError invalid-input, upstream-failed, conflict (too many)
 */
export async function createTrunk(core: RoutingCore, ctx: Context, given: SipTrunkFields): Promise<SipTrunk> {
  const server = await serverFor(core, ctx);
  const records = await core.store.routing.trunks(ctx.organizationId);
  if (records.length >= MOST) throw tooMany(MOST, 'trunks');
  const wanted = contentOf(given);
  const id = server
    ? (leftBehind(await server.trunks(), records, (one) => contentOf(one) === wanted) ??
      (await server.createTrunk(given)))
    : newId(core, 'ST');
  const trunk = record(core, ctx, id, given, server !== null);
  await core.store.transaction(async (inside) => {
    await inside.organizations.lock(ctx.organizationId);
    if ((await inside.routing.trunks(ctx.organizationId)).length >= MOST) throw tooMany(MOST, 'trunks');
    if (!(await inside.routing.addTrunk(trunk))) throw new AppError('conflict', 'The trunk was created meanwhile');
    await inside.outbox.audit(ctx, 'trunk.create', trunk.id);
  });
  return trunk;
}

const record = (core: RoutingCore, ctx: Context, id: string, fields: SipTrunkFields, atServer: boolean): SipTrunk => ({
  direction: fields.direction,
  name: fields.name,
  address: fields.address,
  numbers: fields.numbers,
  metadata: fields.metadata,
  id,
  organizationId: ctx.organizationId,
  atServer,
  createdAt: core.clock.now(),
});

/** Records, and trunks that stand only on the telephony server. @throws AppError upstream-failed */
export async function listTrunks(core: RoutingCore, ctx: Context): Promise<readonly SipTrunk[]> {
  const server = await serverFor(core, ctx);
  const records = await core.store.routing.trunks(ctx.organizationId);
  return together(records, server && (await server.trunks()), (one) => record(core, ctx, one.id, one, true));
}

/** @throws AppError not-found, upstream-failed */
export async function getTrunk(core: RoutingCore, ctx: Context, id: string): Promise<SipTrunk> {
  const trunk = (await listTrunks(core, ctx)).find((one) => one.id === id);
  if (!trunk) throw trunkNotFound(id);
  return trunk;
}

/**
 * Replaces the fields of a trunk, on the telephony server first. A trunk that stood only there gets a record.
 * @throws AppError not-found, invalid-input, upstream-failed, ChangedMeanwhile
 */
export async function updateTrunk(
  core: RoutingCore,
  ctx: Context,
  id: string,
  given: SipTrunkFields,
): Promise<SipTrunk> {
  const before = await getTrunk(core, ctx, id);
  if (before.direction !== given.direction)
    throw invalid('trunk_type', `must stay ${before.direction}: create another trunk instead`);
  await checkRevision(core, ctx, id);
  const server = await serverFor(core, ctx);
  if (before.atServer) await server?.updateTrunk(id, given);
  const trunk = { ...before, ...given };
  await core.store.transaction(async (inside) => {
    if (!(await inside.routing.updateTrunk(trunk)) && !(await inside.routing.addTrunk(trunk))) throw trunkNotFound(id);
    await inside.outbox.audit(ctx, 'trunk.update', id);
  });
  return trunk;
}

/** Deletes it on the telephony server first: a failure leaves both. @throws AppError not-found, upstream-failed */
export async function deleteTrunk(core: RoutingCore, ctx: Context, id: string): Promise<void> {
  const server = await serverFor(core, ctx);
  const known = (await core.store.routing.trunks(ctx.organizationId)).find((one) => one.id === id);
  if (!known && !(await server?.trunks())?.some((one) => one.id === id)) throw trunkNotFound(id);
  if (!known || known.atServer) await server?.deleteTrunk(id);
  await core.store.transaction(async (inside) => {
    await inside.routing.deleteTrunk(ctx.organizationId, id);
    await inside.outbox.audit(ctx, 'trunk.delete', id);
  });
}

/** The number that calls over an outbound trunk show; null if the organization has no such trunk. */
export async function callerIdOf(core: RoutingCore, ctx: Context, trunkId: string): Promise<string | null> {
  const records = await core.store.routing.trunks(ctx.organizationId);
  const trunk = records.find((one) => one.id === trunkId && one.direction === 'outbound');
  return trunk?.numbers[0] ?? null;
}
