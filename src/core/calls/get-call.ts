import { sidInSipCallId } from './sip-call-id.ts';
import type { Core } from '../core.ts';
import type { CallEntry } from '../conversations/entry.ts';
import { callsOf, type Context } from '../kernel/context.ts';
import { notFound } from '../kernel/errors.ts';
import type { CallFilter, CallSort } from './call-store.ts';
import type { Listed, Page } from '../kernel/page.ts';
import type { Call } from './call.ts';

/**
 * A call by our id, also in its SIP form, our number or the carrier's id. `subject` names it in the error. @throws
 * AppError not-found, also for calls that the actor may not see
 */
export async function getCall(
  core: Core,
  ctx: Context,
  id: string | number,
  subject: string,
  what = 'Call',
): Promise<Call> {
  const call = await findCall(core, ctx, id);
  if (!call || !(await mayBeSeen(core, ctx, call))) throw notFound(what, subject);
  return call;
}

/**
 * A call of the organization by our number or another of its ids, whether or not the actor may see it. A carrier's id
 * may have the form of ours: where no call has our number, it is looked for as well.
 */
export async function findCall(
  { store }: Pick<Core, 'store'>,
  { organizationId }: Pick<Context, 'organizationId'>,
  id: string | number,
): Promise<Call | null> {
  const named = (name: string) => store.calls.find(organizationId, sidInSipCallId(name) ?? name);
  if (typeof id === 'string') return named(id);
  const call = await store.calls.byId(id);
  if (call?.organizationId === organizationId) return call;
  return (await named(`call_${id}`)) ?? named(String(id));
}

/** Whether the actor may see a call of their organization at this moment. */
export async function maySeeCall(core: Core, ctx: Context, callId: number): Promise<boolean> {
  if (callsOf(ctx.actor) === 'all') return true;
  const call = await core.store.calls.byId(callId);
  return call?.organizationId === ctx.organizationId && mayBeSeen(core, ctx, call);
}

/** A human agent sees the calls that they placed, took over, or are being offered. */
async function mayBeSeen(core: Core, ctx: Context, call: Call): Promise<boolean> {
  const whose = callsOf(ctx.actor);
  if (whose === 'all') return true;
  const { userId } = whose;
  if (userId === null) return false;
  if (call.userId === userId) return true;
  const { entries, offers } = await core.store.desk.ofCall(call.id);
  return (
    entries.some((one) => one.agentId === userId) ||
    offers.some((one) => one.agentId === userId && one.endedAt === null)
  );
}

/**
 * A call by its id alone, for addresses that need no credential. `subject` names it in the error. @throws AppError
 * not-found
 */
export async function getCallBySid(core: Pick<Core, 'store'>, sid: string, subject: string): Promise<Call> {
  const call = await core.store.calls.byAnySid(sidInSipCallId(sid) ?? sid);
  if (!call) throw notFound('Call', subject);
  return call;
}

/** Lists the calls that the actor may see, newest first, or the highest of another order. */
export function listCalls(
  core: Core,
  ctx: Context,
  filter: CallFilter,
  page: Page,
  sort: CallSort = 'created_at',
): Promise<Listed<Call>> {
  const whose = callsOf(ctx.actor);
  if (whose === 'all') return core.store.calls.list(ctx.organizationId, filter, page, sort);
  // Another user's calls are none.
  const isOwn = filter.userId === undefined || filter.userId === whose.userId;
  return core.store.calls.list(ctx.organizationId, { ...filter, userId: isOwn ? whose.userId : null }, page, sort);
}

/** What was said and done on a call, in order. */
export function entriesOf(core: Pick<Core, 'store'>, call: Call): Promise<readonly CallEntry[]> {
  return core.store.entries.ofCall(call.conversationId);
}

/** What was said and done on several calls of a list, by conversation id. */
export function entriesOfListed(
  core: Pick<Core, 'store'>,
  calls: readonly Call[],
): Promise<ReadonlyMap<number, readonly CallEntry[]>> {
  return core.store.entries.ofCalls(calls.map((call) => call.conversationId));
}
