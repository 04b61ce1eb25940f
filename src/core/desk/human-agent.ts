/** A status that an agent, or a supervisor for them, sets. */
export const AGENT_STATUSES = ['online', 'busy', 'away', 'offline'] as const;
export type AgentStatus = (typeof AGENT_STATUSES)[number];

export const ANSWER_BY = ['browser', 'phone'] as const;
export type AnswerBy = (typeof ANSWER_BY)[number];

/** A page or socket that has not been heard of for this long is closed. */
export const HEARTBEAT_TIMEOUT_MS = 30_000;

/** A user with the role `agent`, as the desk sees them. */
export interface HumanAgent {
  /** The user's id. */
  readonly id: number;
  readonly name: string;
  readonly phoneNumber: string | null;
  readonly answerBy: AnswerBy;
  readonly skills: readonly string[];
  readonly maxConcurrentCalls: number;
  readonly wanted: AgentStatus;
  /** Why the agent is away, as a code; `missed_call` after an offer without an answer. */
  readonly awayReason: string | null;
  /** When `wanted` was set; the newest change counts. */
  readonly wantedAt: Date;
  /** When an open page or socket of the agent was last heard of; null: none is open. */
  readonly seenAt: Date | null;
  /** Since when the agent is without a call. */
  readonly idleSince: Date;
  readonly wrapUp: WrapUp | null;
}

/** The time after a call for its paperwork; it ends by itself. */
export interface WrapUp {
  readonly callId: number;
  readonly until: Date;
  readonly extended: boolean;
}

export const hasPage = (agent: Pick<HumanAgent, 'seenAt'>, now: Date): boolean =>
  agent.seenAt !== null && now.getTime() - agent.seenAt.getTime() <= HEARTBEAT_TIMEOUT_MS;

/** How an agent can be reached now; null if not at all. `simulated`: colleagues on the simulator answer telephones. */
export function reachableBy(agent: HumanAgent, simulated: boolean, now: Date): 'browser' | 'phone' | null {
  if (agent.answerBy === 'phone' && agent.phoneNumber !== null) return 'phone';
  if (hasPage(agent, now)) return 'browser';
  return simulated && agent.phoneNumber !== null ? 'phone' : null;
}
