import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import { changeDesk } from './change-desk.ts';
import type { Desk } from './desk.ts';
import type { DeskEvent } from './desk-event.ts';
import type { AgentStatus, HumanAgent } from './human-agent.ts';
import { mayActFor } from './own-offer.ts';

/**
 * Sets the status that the agent wants. During a call, an offer or wrap-up it counts from their end on.
 * @throws AppError not-found, forbidden (another agent's)
 */
export async function setAgentStatus(
  core: Core,
  ctx: Context,
  agentId: number,
  wanted: AgentStatus,
  reason: string | null = null,
): Promise<HumanAgent> {
  return changeAgent(core, ctx, agentId, (now) => ({ type: 'status', agentId, wanted, reason, at: now }), {
    action: 'agent.status',
    detail: { status: wanted, ...(reason === null ? {} : { reason }) },
  });
}

/** A page or socket of the agent is open; sent at least every 15 seconds. @throws AppError not-found, forbidden */
export const agentSeen = (core: Core, ctx: Context, agentId: number): Promise<HumanAgent> =>
  changeAgent(core, ctx, agentId, () => ({ type: 'seen', agentId }));

/** The agent's last page or socket was closed. @throws AppError not-found, forbidden */
export const agentPageClosed = (core: Core, ctx: Context, agentId: number): Promise<HumanAgent> =>
  changeAgent(core, ctx, agentId, () => ({ type: 'page-closed', agentId }));

/** @throws AppError not-found, forbidden */
async function changeAgent(
  core: Core,
  ctx: Context,
  agentId: number,
  event: (now: Date) => DeskEvent,
  audit?: { readonly action: string; readonly detail: object },
): Promise<HumanAgent> {
  const { after } = await changeDesk(
    core,
    ctx.organizationId,
    (desk, now) => {
      agentIn(desk, ctx, agentId);
      return event(now);
    },
    async (records) => {
      if (audit) await records.outbox.audit(ctx, audit.action, `user_${agentId}`, audit.detail);
    },
  );
  return agentIn(after, ctx, agentId);
}

/** @throws AppError not-found, forbidden */
export function agentIn(desk: Desk, ctx: Context, agentId: number): HumanAgent {
  const agent = desk.agents.find(({ id }) => id === agentId);
  if (!agent) throw notFound('Agent', `agent_id: ${agentId}`);
  if (!mayActFor(ctx, agentId)) throw new AppError('forbidden', 'This role may change its own status only');
  return agent;
}
