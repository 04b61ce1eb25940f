import type { Context } from '../kernel/context.ts';
import { userOf } from '../kernel/context.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import type { Desk } from './desk.ts';
import type { HumanAgent } from './human-agent.ts';
import type { Offer } from './offer.ts';
import type { QueueEntry } from './queue-entry.ts';

/** Whether the actor may act for this human agent: the agent, or a supervisor. */
export function mayActFor({ actor }: Pick<Context, 'actor'>, agentId: number): boolean {
  if (actor.kind === 'system' || userOf(actor) === agentId) return true;
  return actor.role === 'admin' || actor.role === 'manager';
}

/** An open offer that the actor may answer. @throws AppError not-found, conflict (it is over) */
export function ownOffer(desk: Desk, past: Offer, ctx: Context, offerId: number): Offer {
  const subject = `offer_id: ${offerId}`;
  const offer = desk.offers.find(({ id }) => id === offerId) ?? past;
  if (!mayActFor(ctx, offer.agentId)) throw notFound('Offer', subject);
  if (offer.endedAt === null) return offer;
  const taker = takerOf(desk, offer.entryId);
  const how = taker ? `taken by ${taker.name}` : offer.state.replace('_', ' ');
  throw new AppError('conflict', `This offer is over: ${how}`, { subject });
}

/** The human agent who has the caller, or has accepted. */
function takerOf(desk: Desk, entryId: number): HumanAgent | null {
  const connected = desk.entries.find((one) => one.id === entryId && one.state === 'connected');
  const accepted = desk.offers.find((one) => one.entryId === entryId && one.state === 'accepted');
  const id = connected?.agentId ?? accepted?.agentId;
  return desk.agents.find((agent) => agent.id === id) ?? null;
}

/** The call that a human agent has, of one whom the actor may act for. @throws AppError not-found */
export function ownCall(desk: Desk, ctx: Context, callId: number): QueueEntry {
  const entry = desk.entries.find((one) => one.callId === callId && one.state === 'connected');
  if (!entry || !mayActFor(ctx, entry.agentId!))
    throw notFound('Call', `session_id: ${callId} is not a running call of this agent`);
  return entry;
}
