import type { Desk } from './desk.ts';
import { HEARTBEAT_TIMEOUT_MS } from './human-agent.ts';
import { isOpen } from './offer.ts';
import { overflowDeadlines } from './overflow.ts';

/** When the desk next needs a tick; null if nothing is due until another event. */
export function nextDeadline(desk: Desk, now: Date): Date | null {
  const { entries, offers, agents, policy } = desk;
  let next = Infinity;
  const consider = (at: number) => {
    if (at < next) next = at;
  };
  for (const { wrapUp } of agents) if (wrapUp) consider(wrapUp.until.getTime());
  for (const offer of offers) {
    if (!isOpen(offer)) continue;
    consider(offer.deadline.getTime());
    const seenAt = agents.find(({ id }) => id === offer.agentId)?.seenAt;
    if (offer.via === 'browser' && offer.state === 'offered' && seenAt)
      consider(seenAt.getTime() + HEARTBEAT_TIMEOUT_MS + 1);
  }
  for (const entry of entries) for (const at of overflowDeadlines(desk, entry, now)) consider(at);
  for (const { state, agentLostAt, callback, resting } of entries) {
    if (state === 'connected' && agentLostAt) consider(agentLostAt.getTime() + policy.returnMs);
    if (state === 'calling') consider(callback!.at.getTime() + policy.callingMs);
    if (state === 'callback' && callback!.at > now) consider(callback!.at.getTime());
    if (state === 'callback') consider(callback!.at.getTime() + policy.callbackKeepMs);
    if (state === 'waiting' || state === 'callback')
      for (const { until } of resting) if (until > now) consider(until.getTime());
  }
  return next === Infinity ? null : new Date(next);
}
