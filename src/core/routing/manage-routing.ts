import { needAgent } from '../ai-agents/agents.ts';
import type { Core } from '../core.ts';
import { weekHoursProblems } from '../dialling/week-hours.ts';
import type { Context } from '../kernel/context.ts';
import { invalid, notFound, tooMany } from '../kernel/errors.ts';
import type { DispatchRule } from './dispatch-rule.ts';
import type { SipTrunk } from './sip-trunk.ts';

type RoutingCore = Pick<Core, 'store' | 'clock' | 'secrets'>;

const MOST = 200;

/** An id in the form that telephony systems give: a prefix and twelve characters. */
const newId = (core: RoutingCore, prefix: string): string => `${prefix}_${core.secrets.callSid().slice(2, 14)}`;

export type NewTrunk = Pick<SipTrunk, 'direction' | 'name' | 'address' | 'numbers' | 'metadata'>;

/** @throws AppError conflict (too many) */
export async function createTrunk(core: RoutingCore, ctx: Context, given: NewTrunk): Promise<SipTrunk> {
  const trunk = {
    ...given,
    id: newId(core, 'ST'),
    organizationId: ctx.organizationId,
    createdAt: core.clock.now(),
  };
  await core.store.transaction(async (records) => {
    await records.organizations.lock(ctx.organizationId);
    if ((await records.routing.trunks(ctx.organizationId)).length >= MOST) throw tooMany(MOST, 'trunks');
    await records.routing.addTrunk(trunk);
    await records.outbox.audit(ctx, 'trunk.create', trunk.id);
  });
  return trunk;
}

export const listTrunks = (core: RoutingCore, ctx: Context): Promise<readonly SipTrunk[]> =>
  core.store.routing.trunks(ctx.organizationId);

/** @throws AppError not-found */
export async function getTrunk(core: RoutingCore, ctx: Context, id: string): Promise<SipTrunk> {
  const trunk = (await listTrunks(core, ctx)).find((one) => one.id === id);
  if (!trunk) throw notFound('Trunk', `trunk_id: ${id}`);
  return trunk;
}

/** @throws AppError not-found */
export async function deleteTrunk(core: RoutingCore, ctx: Context, id: string): Promise<void> {
  await core.store.transaction(async (records) => {
    if (!(await records.routing.deleteTrunk(ctx.organizationId, id))) throw notFound('Trunk', `trunk_id: ${id}`);
    await records.outbox.audit(ctx, 'trunk.delete', id);
  });
}

/** The number that calls over an outbound trunk show; null if the organization has no such trunk. */
export async function callerIdOf(core: RoutingCore, ctx: Context, trunkId: string): Promise<string | null> {
  const trunk = (await listTrunks(core, ctx)).find((one) => one.id === trunkId && one.direction === 'outbound');
  return trunk?.numbers[0] ?? null;
}

export type NewRule = Omit<DispatchRule, 'id' | 'organizationId' | 'createdAt'>;

/** @throws AppError not-found (agent), invalid-input, conflict (too many) */
export async function createRule(core: RoutingCore, ctx: Context, given: NewRule): Promise<DispatchRule> {
  const { routing } = given;
  const [problem] = routing.openingHours === null ? [] : weekHoursProblems(routing.openingHours);
  if (problem !== undefined) throw invalid('opening_hours', problem);
  for (const agentId of [given.agentId, routing.outsideHours?.agentId ?? null])
    if (agentId !== null && (await needAgent(core.store, ctx, agentId)).type !== 'conversation')
      throw invalid('agent_id', `names agent_${agentId}, which does not talk itself`);
  const rule = {
    ...given,
    id: newId(core, 'SDR'),
    organizationId: ctx.organizationId,
    createdAt: core.clock.now(),
  };
  await core.store.transaction(async (records) => {
    await records.organizations.lock(ctx.organizationId);
    if ((await records.routing.rules(ctx.organizationId)).length >= MOST) throw tooMany(MOST, 'dispatch rules');
    await records.routing.addRule(rule);
    await records.outbox.audit(ctx, 'dispatch-rule.create', rule.id);
  });
  return rule;
}

export const listRules = (core: RoutingCore, ctx: Context): Promise<readonly DispatchRule[]> =>
  core.store.routing.rules(ctx.organizationId);

/** @throws AppError not-found */
export async function getRule(core: RoutingCore, ctx: Context, id: string): Promise<DispatchRule> {
  const rule = (await listRules(core, ctx)).find((one) => one.id === id);
  if (!rule) throw notFound('Dispatch rule', `rule_id: ${id}`);
  return rule;
}

/** @throws AppError not-found */
export async function deleteRule(core: RoutingCore, ctx: Context, id: string): Promise<void> {
  await core.store.transaction(async (records) => {
    if (!(await records.routing.deleteRule(ctx.organizationId, id))) throw notFound('Dispatch rule', `rule_id: ${id}`);
    await records.outbox.audit(ctx, 'dispatch-rule.delete', id);
  });
}
