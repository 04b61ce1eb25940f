import type { Core } from '../core.ts';
import { userOf, type Context } from '../kernel/context.ts';
import { notFound } from '../kernel/errors.ts';
import { readDesk } from './change-desk.ts';
import { connectedTo, effectiveStatus, lineOf, type Desk } from './desk.ts';
import { estimateMinutes, estimateWaitMs, estimateWaits, positionOf, positionsOf, toldWaitMs } from './estimate.ts';
import type { AgentStatus, HumanAgent } from './human-agent.ts';
import type { Offer } from './offer.ts';
import type { QueueEntry } from './queue-entry.ts';

export interface QueuedCall {
  readonly entry: QueueEntry;
  readonly position: number | null;
  /** Null where no agent on duty could serve it. */
  readonly estimateMinutes: number | null;
}

export interface AgentOnDesk {
  readonly agent: HumanAgent;
  /** The status that lists show. */
  readonly status: AgentStatus;
  /** The call that the agent is on. */
  readonly callId: number | null;
}

/** What the desk holds of the human agent who looks at it. */
export interface OwnDesk {
  readonly agent: HumanAgent;
  /** The call that they have. */
  readonly entry: QueueEntry | null;
  /** Of the call that they wrap up, once it has been analysed. */
  readonly summary: string | null;
}

export interface DeskView {
  readonly queue: readonly QueuedCall[];
  readonly offers: readonly Offer[];
  readonly agents: readonly AgentOnDesk[];
  /** Null for who is no human agent. */
  readonly own: OwnDesk | null;
}

/** The desk as the signed-in user may see it: a human agent sees the offers made to them. */
export async function viewDesk(core: Core, ctx: Context): Promise<DeskView> {
  const [desk, times] = await Promise.all([
    readDesk(core, ctx.organizationId),
    core.store.desk.handlingTimes(ctx.organizationId),
  ]);
  const waits = estimateWaits(desk, times, core.clock.now());
  const positions = positionsOf(desk);
  const isAgent = ctx.actor.kind !== 'system' && ctx.actor.role === 'agent';
  const own = isAgent ? desk.agents.find(({ id }) => id === userOf(ctx.actor)) : undefined;
  return {
    own: own ? { agent: own, entry: connectedTo(desk, own.id), summary: await summaryOf(core, own) } : null,
    queue: lineOf(desk).map((entry) => ({
      entry,
      position: positions.get(entry.id) ?? null,
      estimateMinutes: estimateMinutes(waits.get(entry.id) ?? null),
    })),
    offers: isAgent ? desk.offers.filter(({ agentId }) => agentId === userOf(ctx.actor)) : desk.offers,
    agents: agentsOf(desk),
  };
}

async function summaryOf({ store }: Core, { wrapUp }: HumanAgent): Promise<string | null> {
  const talk = wrapUp && (await store.conversations.ofCall(wrapUp.callId));
  return talk?.summary ?? null;
}

/** All human agents, by number. */
export async function listHumanAgents(core: Core, ctx: Context): Promise<readonly AgentOnDesk[]> {
  return agentsOf(await readDesk(core, ctx.organizationId));
}

const agentsOf = (desk: Desk): readonly AgentOnDesk[] =>
  desk.agents.map((agent) => ({
    agent,
    status: effectiveStatus(desk, agent),
    callId: connectedTo(desk, agent.id)?.callId ?? null,
  }));

export interface QueueStatus {
  readonly waiting: number;
  /** Calls that a human agent has, or is being offered. */
  readonly assigned: number;
  /** Of those answered in the last hour, ms; 0 if there are none. */
  readonly meanWaitMs: number;
  /** Agents who are online or busy. */
  readonly activeAgents: number;
  readonly busyAgents: number;
}

const HOUR_MS = 3_600_000;

export async function queueStatus(core: Core, ctx: Context): Promise<QueueStatus> {
  const now = core.clock.now();
  const [desk, { meanWaitMs }] = await Promise.all([
    readDesk(core, ctx.organizationId),
    core.store.desk.waits(ctx.organizationId, new Date(now.getTime() - HOUR_MS)),
  ]);
  const statuses = agentsOf(desk).map(({ status }) => status);
  const busyAgents = statuses.filter((status) => status === 'busy').length;
  return {
    waiting: lineOf(desk).length,
    assigned: desk.entries.filter(({ state }) => state === 'connected').length,
    meanWaitMs,
    activeAgents: busyAgents + statuses.filter((status) => status === 'online').length,
    busyAgents,
  };
}

/**
 * The place of a waiting call, by the call's number, as its caller may hear it: the wait is never longer than in an
 * earlier answer. @throws AppError not-found if it does not wait
 */
export async function queuePosition(core: Core, ctx: Context, callId: number): Promise<QueuedCall> {
  const desk = await readDesk(core, ctx.organizationId);
  const entry = lineOf(desk).find((one) => one.callId === callId);
  if (!entry) throw notFound('Queue entry', `queue_id: ${callId}`);
  const times = await core.store.desk.handlingTimes(ctx.organizationId);
  const told = toldWaitMs(entry, estimateWaitMs(desk, entry.id, times, core.clock.now()));
  if (told !== null && told !== entry.toldMs) await core.store.desk.told(entry.id, Math.round(told));
  return { entry, position: positionOf(desk, entry.id), estimateMinutes: estimateMinutes(told) };
}
