import { checkRevision } from '../audit/audit-log.ts';
import { needAgent } from '../ai-agents/agents.ts';
import type { DeskCore } from '../desk/change-desk.ts';
import { changeLines } from '../desk/change-lines.ts';
import { weekHoursProblems } from '../dialling/week-hours.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, invalid, notFound, tooMany } from '../kernel/errors.ts';
import type { SipRuleFields, SipServer } from '../kernel/sip-server.ts';
import { leftBehind, MOST, newId, serverFor, together, type RoutingCore } from './at-server.ts';
import type { DispatchRule, Routing } from './dispatch-rule.ts';

/** `pin`: the code that a caller must enter; undefined: as it is, at first none. */
export type NewRule = Omit<DispatchRule, 'id' | 'organizationId' | 'createdAt' | 'hasPin' | 'atServer'> & {
  readonly pin?: string | null | undefined;
};

const NO_ROUTING: Routing = { greeting: null, skills: [], openingHours: null, outsideHours: null, overflow: null };

const ruleNotFound = (id: string): AppError => notFound('Dispatch rule', `rule_id: ${id}`);

async function check(core: RoutingCore, ctx: Context, { routing, agentId }: NewRule): Promise<void> {
  const [problem] = routing.openingHours === null ? [] : weekHoursProblems(routing.openingHours);
  if (problem !== undefined) throw invalid('opening_hours', problem);
  for (const id of [agentId, routing.outsideHours?.agentId ?? null])
    if (id !== null && (await needAgent(core.store, ctx, id)).type !== 'conversation')
      throw invalid('agent_id', `names agent_${id}, which does not talk itself`);
}

/**
 * What the telephony server keeps of a rule; null if the rule is a record only, because its trunks are.
 * @throws AppError invalid-input (a trunk that exists nowhere), not-configured (a PIN without a server)
 */
async function forServer(
  core: RoutingCore,
  ctx: Context,
  server: SipServer | null,
  given: NewRule,
  pin: string | null,
): Promise<SipRuleFields | null> {
  const { name, roomPattern, hidePhoneNumber, metadata } = given;
  const there = new Set(server ? (await server.trunks()).map(({ id }) => id) : []);
  if (server) {
    const records = new Set((await core.store.routing.trunks(ctx.organizationId)).map(({ id }) => id));
    const missing = given.trunkIds.find((id) => !there.has(id) && !records.has(id));
    if (missing !== undefined) throw invalid('trunk_ids', `names ${missing}, which does not exist`);
  }
  const trunkIds = given.trunkIds.filter((id) => there.has(id));
  if (server && (given.trunkIds.length === 0 || trunkIds.length > 0))
    return { name, trunkIds, roomPattern, hidePhoneNumber, metadata, pin };
  if (pin !== null)
    throw new AppError(
      'not-configured',
      'pin needs a telephony server that checks it, and trunks that stand there: leave it out',
    );
  return null;
}

function isSame(server: SipServer, one: SipRuleFields, other: SipRuleFields): boolean {
  const contentOf = ({ name, trunkIds, roomPattern, hidePhoneNumber, metadata, pin }: SipRuleFields) =>
    JSON.stringify([name, trunkIds, server.prefixOf(roomPattern), hidePhoneNumber, metadata, pin]);
  return contentOf(one) === contentOf(other);
}

/**
 * Creates a rule on the telephony server first, then its record, as `createTrunk` does.
 * @throws AppError not-found (agent), invalid-input, conflict (too many), upstream-failed, not-configured
 */
export async function createRule(core: RoutingCore, ctx: Context, given: NewRule): Promise<DispatchRule> {
  await check(core, ctx, given);
  const server = await serverFor(core, ctx);
  const records = await core.store.routing.rules(ctx.organizationId);
  if (records.length >= MOST) throw tooMany(MOST, 'dispatch rules');
  const { pin = null, ...rest } = given;
  const fields = await forServer(core, ctx, server, given, pin);
  const id =
    server && fields
      ? (leftBehind(await server.rules(), records, (one) => isSame(server, one, fields)) ??
        (await server.createRule(fields)))
      : newId(core, 'SDR');
  const rule = {
    ...rest,
    id,
    organizationId: ctx.organizationId,
    hasPin: pin !== null,
    atServer: fields !== null,
    createdAt: core.clock.now(),
  };
  await core.store.transaction(async (inside) => {
    await inside.organizations.lock(ctx.organizationId);
    if ((await inside.routing.rules(ctx.organizationId)).length >= MOST) throw tooMany(MOST, 'dispatch rules');
    if (!(await inside.routing.addRule(rule))) throw new AppError('conflict', 'The rule was created meanwhile');
    await inside.outbox.audit(ctx, 'dispatch-rule.create', rule.id);
  });
  return rule;
}

/** Records, and rules that stand only on the telephony server. @throws AppError upstream-failed */
export async function listRules(core: RoutingCore, ctx: Context): Promise<readonly DispatchRule[]> {
  const server = await serverFor(core, ctx);
  const records = await core.store.routing.rules(ctx.organizationId);
  return together(records, server && (await server.rules()), ({ pin, ...one }) => ({
    ...one,
    organizationId: ctx.organizationId,
    agentId: null,
    routing: NO_ROUTING,
    hasPin: pin !== null,
    atServer: true,
    createdAt: core.clock.now(),
  }));
}

/** @throws AppError not-found, upstream-failed */
export async function getRule(core: RoutingCore, ctx: Context, id: string): Promise<DispatchRule> {
  const rule = (await listRules(core, ctx)).find((one) => one.id === id);
  if (!rule) throw ruleNotFound(id);
  return rule;
}

/**
 * Replaces the fields of a rule, on the telephony server first. A rule that stood only there gets a record. Callers who
 * wait already wait by the new fields. @throws AppError as `createRule`
 */
export async function updateRule(
  core: RoutingCore & DeskCore,
  ctx: Context,
  id: string,
  given: NewRule,
): Promise<DispatchRule> {
  await check(core, ctx, given);
  const before = await getRule(core, ctx, id);
  const server = await serverFor(core, ctx);
  const { pin: wanted, ...rest } = given;
  const pin = wanted === undefined ? await pinOf(before, server) : wanted;
  const fields = await forServer(core, ctx, server, given, pin);
  if (server && before.atServer !== (fields !== null))
    throw invalid('trunk_ids', 'must stay trunks of the server, or of records: create another rule instead');
  await checkRevision(core, ctx, id);
  if (server && fields) await server.updateRule(id, fields);
  // Without a server, which keeps the code, only a change that names it changes whether there is one.
  const hasPin = fields === null && wanted === undefined ? before.hasPin : pin !== null;
  const rule = { ...before, ...rest, hasPin };
  await changeLines(core, ctx.organizationId, async (inside) => {
    if (!(await inside.routing.updateRule(rule)) && !(await inside.routing.addRule(rule))) throw ruleNotFound(id);
    await inside.outbox.audit(ctx, 'dispatch-rule.update', id);
  });
  return rule;
}

async function pinOf({ id, hasPin }: DispatchRule, server: SipServer | null): Promise<string | null> {
  return hasPin && server ? ((await server.rules()).find((one) => one.id === id)?.pin ?? null) : null;
}

/** Deletes it on the telephony server first: a failure leaves both. @throws AppError not-found, upstream-failed */
export async function deleteRule(core: RoutingCore & DeskCore, ctx: Context, id: string): Promise<void> {
  const server = await serverFor(core, ctx);
  const known = (await core.store.routing.rules(ctx.organizationId)).find((one) => one.id === id);
  if (!known && !(await server?.rules())?.some((one) => one.id === id)) throw ruleNotFound(id);
  if (!known || known.atServer) await server?.deleteRule(id);
  await changeLines(core, ctx.organizationId, async (inside) => {
    await inside.routing.deleteRule(ctx.organizationId, id);
    await inside.outbox.audit(ctx, 'dispatch-rule.delete', id);
  });
}
