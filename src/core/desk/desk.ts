import { isOpen, type Offer } from './offer.ts';
import { isInLine, inOrder, type QueueEntry } from './queue-entry.ts';
import { reachableBy, type AgentStatus, type HumanAgent } from './human-agent.ts';

/** The time limits of a desk, ms. */
export interface DeskPolicy {
  /** For an agent's answer. */
  readonly ringMs: number;
  /** An agent who is called hears who waits, and accepts, within this time more. */
  readonly briefMs: number;
  /** For an accepted agent's media. */
  readonly connectMs: number;
  readonly wrapUpMs: number;
  /** An agent who declined, or could not be connected, is not offered the same entry again for this long. */
  readonly restMs: number;
  /** A browser that goes away during a call has this long to return. */
  readonly returnMs: number;
  readonly callbackTries: number;
  readonly callbackAgainMs: number;
  /** A callback that could not be made for this long is given up. */
  readonly callbackKeepMs: number;
  /** For calling a person back, until they answer and ask for the agent. */
  readonly callingMs: number;
}

export const DESK_POLICY: DeskPolicy = {
  ringMs: 20_000,
  briefMs: 40_000,
  connectMs: 15_000,
  wrapUpMs: 30_000,
  restMs: 60_000,
  returnMs: 15_000,
  callbackTries: 2,
  callbackAgainMs: 5 * 60_000,
  callbackKeepMs: 96 * 3_600_000,
  callingMs: 90_000,
};

/**
 * A simulated colleague answers on the call's clock, which waits for a busy machine: the limits of that clock apply
 * first, and the desk's limit by the wall clock is the last resort.
 */
export const SIMULATED_POLICY: DeskPolicy = { ...DESK_POLICY, briefMs: 180_000 };

/** The desk of one organization: every open entry and offer, and all human agents. */
export interface Desk {
  /** Open ones. */
  readonly entries: readonly QueueEntry[];
  /** Open ones. */
  readonly offers: readonly Offer[];
  readonly agents: readonly HumanAgent[];
  /** Whether colleagues on the simulator answer the agents' telephones. */
  readonly simulated: boolean;
  readonly policy: DeskPolicy;
}

export const offerFor = (desk: Desk, entryId: number): Offer | null =>
  desk.offers.find((one) => one.entryId === entryId && isOpen(one)) ?? null;

export const offerTo = (desk: Desk, agentId: number): Offer | null =>
  desk.offers.find((one) => one.agentId === agentId && isOpen(one)) ?? null;

/** The call that an agent is on. */
export const connectedTo = (desk: Desk, agentId: number): QueueEntry | null =>
  desk.entries.find((one) => one.state === 'connected' && one.agentId === agentId) ?? null;

/** The entries that wait, in the order in which they are served. */
export const lineOf = (desk: Desk): readonly QueueEntry[] => desk.entries.filter(isInLine).toSorted(inOrder);

/** Whether the agent talks, is being offered a call or wraps up. */
export const isBusy = (desk: Desk, agent: HumanAgent): boolean =>
  agent.wrapUp !== null || offerTo(desk, agent.id) !== null || connectedTo(desk, agent.id) !== null;

/** The status that lists show: the one that the agent set, or `busy`. An online agent may be out of reach. */
export const effectiveStatus = (desk: Desk, agent: HumanAgent): AgentStatus =>
  isBusy(desk, agent) ? 'busy' : agent.wanted;

/** Whether the agent could serve the entry, now or when free. */
export function isSkilledFor(agent: HumanAgent, entry: Pick<QueueEntry, 'skills' | 'targetId'>): boolean {
  if (entry.targetId !== null) return entry.targetId === agent.id;
  return entry.skills.every((skill) => agent.skills.includes(skill));
}

/** Whether the agent is logged in for this entry: on duty, reachable and skilled, though perhaps busy. */
export const isOnDutyFor = (desk: Desk, agent: HumanAgent, entry: QueueEntry, now: Date): boolean =>
  isSkilledFor(agent, entry) && wayTo(desk, agent, entry, now) !== null;

/** How the agent can be offered the entry, busy or not; null if the agent is not on duty. */
export function wayTo(desk: Desk, agent: HumanAgent, entry: QueueEntry, now: Date): 'browser' | 'phone' | null {
  // On the simulator a colleague picks up for the agent that a transfer names, on duty or not.
  const named = desk.simulated && entry.targetId === agent.id;
  if (agent.wanted !== 'online' && !named) return null;
  return reachableBy(agent, desk.simulated, now) ?? (named ? 'phone' : null);
}

/** Whether a free agent may be offered the entry at this moment. */
export function isEligible(desk: Desk, agent: HumanAgent, entry: QueueEntry, now: Date): boolean {
  return (
    isOnDutyFor(desk, agent, entry, now) &&
    !isBusy(desk, agent) &&
    !entry.resting.some(({ agentId, until }) => agentId === agent.id && until > now)
  );
}
