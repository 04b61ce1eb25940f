import type { RoomAccess } from '../carriers/carrier-directory.ts';
import type { Core } from '../core.ts';
import { isEnded, type Call } from '../calls/call.ts';
import { getCall } from '../calls/get-call.ts';
import { userOf, type Context, type Role } from '../kernel/context.ts';
import { AppError } from '../kernel/errors.ts';
import type { Records } from '../records.ts';
import { mediaAccess, type PartyAccess } from './answer-offer.ts';
import { roomOfParty, roomToHear } from './party-room.ts';

export type Supervision = 'listen' | 'whisper' | 'take_over';

const isSupervisor = (role: Role) => role === 'admin' || role === 'manager';

/** Whether a user may supervise calls at this moment. */
export async function maySupervise(
  { store }: Pick<Core, 'store'>,
  organizationId: number,
  userId: number,
): Promise<boolean> {
  const user = await store.users.get(organizationId, userId);
  return user?.status === 'active' && isSupervisor(user.role);
}

function needSupervisor({ actor }: Context): void {
  if (actor.kind !== 'system' && !isSupervisor(actor.role))
    throw new AppError('forbidden', 'Only a supervisor (role manager or admin) may do that');
}

/**
 * Lets a supervisor hear a running call in its room. Null if the call is no room that can be joined. @throws AppError
 * not-found, forbidden, conflict (the call does not run)
 */
export async function listenInRoom(core: Core, ctx: Context, id: string, subject: string): Promise<RoomAccess | null> {
  needSupervisor(ctx);
  const call = await getCall(core, ctx, id, subject);
  const userId = await supervisorOf(core.store, ctx);
  const access = await roomToHear(core, call, userId);
  if (access) await core.store.outbox.audit(ctx, 'call.listen', call.sid, { supervisor: `user_${userId}` });
  return access;
}

/**
 * Tells the AI agent of a running call something in text, as a supervisor: it counts from the agent's next turn on, and
 * the caller does not hear it. @throws AppError not-found, forbidden, conflict (the call does not run)
 */
export async function instructAgent(
  core: Core,
  ctx: Context,
  id: string | number,
  text: string,
  subject: string,
): Promise<Call> {
  needSupervisor(ctx);
  const call = await getCall(core, ctx, id, subject);
  const userId = await supervisorOf(core.store, ctx);
  await core.store.outbox.audit(ctx, 'call.instruct', call.sid, { supervisor: `user_${userId}` });
  if (isEnded(call.status) || (await core.live.send(call.id, { type: 'instruct', userId, text })) === 'not-running')
    throw new AppError('conflict', 'Only a call that has not ended can be given instructions', { subject });
  return call;
}

/** An API key acts for the first admin. */
async function supervisorOf({ users }: Pick<Records, 'users'>, { organizationId, actor }: Context): Promise<number> {
  return userOf(actor) ?? (await users.firstAdmin(organizationId))!.id;
}

/**
 * Lets a supervisor listen to a running call, speak to its human agent alone, or take the conversation. Each act is on
 * the audit. @throws AppError not-found, forbidden, conflict (the call does not run)
 */
export async function superviseCall(
  core: Core,
  ctx: Context,
  id: string | number,
  act: Supervision,
  subject: string,
): Promise<PartyAccess> {
  needSupervisor(ctx);
  const call = await getCall(core, ctx, id, subject);
  if (isEnded(call.status) || call.answeredAt === null)
    throw new AppError('conflict', 'Only a call that is answered and has not ended can be supervised', { subject });
  const access = await core.store.transaction(async (records) => {
    const userId = await supervisorOf(records, ctx);
    await records.outbox.audit(ctx, `call.${act.replace('_', '-')}`, call.sid, { supervisor: `user_${userId}` });
    return mediaAccess(core, records, call.id, { role: 'supervisor', userId, part: act });
  });
  return { ...access, room: await roomOfParty(core, access) };
}
