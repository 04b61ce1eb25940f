import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import { changeDesk, readDesk } from './change-desk.ts';
import type { HumanAgent, WrapUp } from './human-agent.ts';
import { mayActFor, ownCall } from './own-offer.ts';

/** Puts the caller on hold: they hear nothing, and nothing they say is recognised. @throws AppError not-found */
export const holdCaller = (core: Core, ctx: Context, callId: number): Promise<void> =>
  commandOwnCall(core, ctx, callId, 'hold');

/** @throws AppError not-found */
export const resumeCaller = (core: Core, ctx: Context, callId: number): Promise<void> =>
  commandOwnCall(core, ctx, callId, 'resume');

/** The AI agent takes the caller back, and the human agent leaves. @throws AppError not-found */
export const handBack = (core: Core, ctx: Context, callId: number): Promise<void> =>
  commandOwnCall(core, ctx, callId, 'hand-back');

/** Ends the call for all. @throws AppError not-found */
export async function endAgentCall(core: Core, ctx: Context, callId: number): Promise<void> {
  ownCall(await readDesk(core, ctx.organizationId), ctx, callId);
  await core.store.outbox.audit(ctx, 'call.end', await sidOf(core, callId));
  if ((await core.live.send(callId, { type: 'end', reason: 'completed', by: 'human' })) === 'not-running')
    await changeDesk(core, ctx.organizationId, () => ({ type: 'call-ended', callId, cause: 'completed' }));
}

async function commandOwnCall(core: Core, ctx: Context, callId: number, act: 'hold' | 'resume' | 'hand-back') {
  const { agentId } = ownCall(await readDesk(core, ctx.organizationId), ctx, callId);
  await core.store.outbox.audit(ctx, `call.${act}`, await sidOf(core, callId), { agent: `user_${agentId}` });
  if ((await core.live.send(callId, { type: 'desk', act })) === 'not-running')
    throw notFound('Call', `session_id: ${callId} has ended`);
}

const sidOf = async ({ store }: Core, callId: number): Promise<string> =>
  (await store.calls.byId(callId))?.sid ?? String(callId);

export interface WrapUpChange {
  /** Asks for more time, once; otherwise the wrap-up ends. */
  readonly extend: boolean;
  /** How the call came out; undefined leaves it as it is. */
  readonly disposition?: string;
}

/**
 * The agent who has wrapped up a call is free at once; or gets more time for it.
 * @throws AppError not-found, unchangeable (already extended)
 */
export async function wrapUpCall(
  core: Core,
  ctx: Context,
  callId: number,
  { extend, disposition }: WrapUpChange,
): Promise<HumanAgent & { readonly wrapUp: WrapUp | null }> {
  let agentId = 0;
  const { after } = await changeDesk(
    core,
    ctx.organizationId,
    (desk) => {
      const agent = desk.agents.find(({ id, wrapUp }) => wrapUp?.callId === callId && mayActFor(ctx, id));
      if (!agent) throw notFound('Call', `session_id: ${callId} is not in wrap-up`);
      if (extend && agent.wrapUp!.extended)
        throw new AppError('unchangeable', 'The wrap-up has been extended once already', {
          subject: `session_id: ${callId}`,
        });
      agentId = agent.id;
      return { type: extend ? 'extend-wrap-up' : 'end-wrap-up', agentId };
    },
    async (records) => {
      if (disposition !== undefined) await records.calls.setDisposition(callId, disposition);
      await records.outbox.audit(ctx, 'call.wrap-up', String(callId), { agent: `user_${agentId}`, extend });
    },
  );
  return after.agents.find(({ id }) => id === agentId)!;
}
