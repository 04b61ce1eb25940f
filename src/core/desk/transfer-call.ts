import type { Core } from '../core.ts';
import { isEnded, type Call } from '../calls/call.ts';
import { getCall } from '../calls/get-call.ts';
import type { Context } from '../kernel/context.ts';
import { userOf } from '../kernel/context.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import { changeDesk, readDesk } from './change-desk.ts';
import type { Offer } from './offer.ts';
import type { QueueEntry, TransferOutcome, TransferType } from './queue-entry.ts';
import { lineFor } from './line-for.ts';
import { placeOf, type Place } from './place-in-line.ts';
import { isOverflowCause, type OverflowCause } from './wait-limits.ts';

export interface TransferCall {
  /** Null: any agent with the skills. */
  readonly agentId: number | null;
  readonly skills: readonly string[];
  readonly transferType: TransferType;
  readonly reason: string | null;
}

/**
 * Offers a running call to a human agent. Who has the caller, the AI agent or a human one, keeps them until the other
 * is connected. Answers when it has been offered.
 * @throws AppError not-found, conflict (the call does not run, or the agent cannot be offered it)
 */
export async function transferCall(
  core: Core,
  ctx: Context,
  id: string | number,
  transfer: TransferCall,
  subject: string,
): Promise<Place & { readonly call: Call }> {
  const call = await transferableCall(core, ctx, id, subject);
  const { agentId } = transfer;
  const { after } = await changeDesk(
    core,
    ctx.organizationId,
    async (desk, now, inside) => {
      if (agentId !== null && !desk.agents.some((one) => one.id === agentId))
        throw notFound('Agent', `agent_id: ${agentId}`);
      const connected = desk.entries.find((one) => one.callId === call.id && one.state === 'connected');
      if (agentId !== null && connected?.agentId === agentId)
        throw new AppError('conflict', 'This agent is on the call already', { subject: `agent_id: ${agentId}` });
      const entry = {
        callId: call.id,
        skills: transfer.skills,
        priority: 0,
        targetId: agentId,
        transferType: transfer.transferType,
        requestedBy: connected ? ('human-agent' as const) : ('api' as const),
        reason: transfer.reason,
        limits: agentId === null ? (await lineFor(inside, call, now)).limits : null,
      };
      return { type: 'enter', entry };
    },
    (records) =>
      records.outbox.audit(ctx, 'call.transfer', call.sid, {
        ...(agentId === null ? {} : { to: `user_${agentId}` }),
        type: transfer.transferType,
      }),
  );
  const place = placeOf(after, call.id, core.clock.now());
  const { state, outcome, cause } = place.entry;
  if (state === 'done' && isOverflowCause(cause))
    throw new AppError('conflict', `The caller cannot wait for an agent now: ${OVERFLOWS[cause]}`, { subject });
  if (state === 'done')
    throw new AppError('conflict', `Agent ${agentId} cannot take the call now: ${REFUSALS[outcome!]}`, {
      subject: `agent_id: ${agentId}`,
    });
  return { ...place, call };
}

const REFUSALS: Partial<Record<TransferOutcome, string>> = {
  busy: 'the agent is busy',
  failed: 'the agent is not online, or cannot be reached',
};

const OVERFLOWS: Readonly<Record<OverflowCause, string>> = {
  closed: 'the opening hours are over',
  longest_wait: 'the longest wait is over',
  too_many_waiting: 'as many callers wait as the rule allows',
  no_agents: 'no agent is on duty',
};

/** A running call of the actor, or one that the actor takes part in as a human agent. */
async function transferableCall(core: Core, ctx: Context, id: string | number, subject: string): Promise<Call> {
  const userId = userOf(ctx.actor);
  const desk = userId === null ? null : await readDesk(core, ctx.organizationId);
  const own = desk?.entries.find((one) => one.state === 'connected' && one.agentId === userId && one.callId === id);
  const call = own ? (await core.store.calls.byId(own.callId))! : await getCall(core, ctx, id, subject);
  if (isEnded(call.status) || call.answeredAt === null)
    throw new AppError('conflict', 'Only a call that is answered and has not ended can be transferred', { subject });
  return call;
}

/** A transfer of a call, or a request of its caller for a human agent, and what became of it. */
export interface Transfer {
  readonly agentId: number | null;
  readonly transferType: TransferType;
  readonly requestedBy: QueueEntry['requestedBy'];
  readonly reason: string | null;
  readonly requestedAt: Date;
  /** Null while it is going on. */
  readonly outcome: TransferOutcome | null;
  readonly cause: string | null;
  readonly humanConnectedAt: Date | null;
  readonly endedAt: Date | null;
  readonly offers: readonly Offer[];
}

/** The transfers of a call, oldest first. */
export async function transfersOf(
  { store }: Pick<Core, 'store'>,
  call: Pick<Call, 'id'>,
): Promise<readonly Transfer[]> {
  const { entries, offers } = await store.desk.ofCall(call.id);
  return entries.map((entry) => ({
    agentId: entry.agentId ?? entry.targetId,
    transferType: entry.transferType,
    requestedBy: entry.requestedBy,
    reason: entry.reason,
    requestedAt: entry.enteredAt,
    outcome: entry.outcome,
    // A call that ended later has its own reason; the transfer itself succeeded.
    cause: entry.outcome === 'bridged' ? null : entry.cause,
    humanConnectedAt: entry.connectedAt,
    endedAt: entry.endedAt,
    offers: offers.filter(({ entryId }) => entryId === entry.id),
  }));
}
