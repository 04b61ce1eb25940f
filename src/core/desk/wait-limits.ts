/** What a caller who has left the line is offered instead. */
export const OVERFLOW_OFFERS = ['callback', 'message'] as const;
export type OverflowOffer = (typeof OVERFLOW_OFFERS)[number];

/** When callers do not wait in line any longer; null: no such limit. */
export interface Overflow {
  readonly longestWaitMs: number | null;
  /** So many callers wait on the line: no other joins them. */
  readonly mostWaiting: number | null;
  /** No agent who could take the call has been on duty for this long. */
  readonly noAgentsMs: number | null;
  readonly offers: readonly OverflowOffer[];
}

/** The limits of one caller's wait. */
export interface WaitLimits {
  /** The line closes then; null: it does not. */
  readonly closesAt: Date | null;
  /** And opens again; null: not known. */
  readonly opensAt: Date | null;
  readonly leaveAt: Date | null;
  readonly mostWaiting: number | null;
  readonly noAgentsMs: number | null;
  readonly offers: readonly OverflowOffer[];
}

/** How a caller waits for a human agent. */
export interface Line {
  /** Each of them is required. */
  readonly skills: readonly string[];
  /** Null: the caller waits as long as they like. */
  readonly limits: WaitLimits | null;
}

export function isSameLine(one: Line, other: Line): boolean {
  const contentOf = ({ skills, limits }: Line) =>
    JSON.stringify([
      skills,
      limits && [limits.closesAt, limits.opensAt, limits.leaveAt, limits.mostWaiting, limits.noAgentsMs, limits.offers],
    ]);
  return contentOf(one) === contentOf(other);
}

/** Of a person who is called back when their turn comes: they wait for opening hours alone. */
export const limitsOfCallback = (limits: WaitLimits | null): WaitLimits | null =>
  limits && { ...limits, closesAt: limits.opensAt && limits.closesAt, leaveAt: null, mostWaiting: null };

/** Why a caller had to leave the line: the cause of an entry that is `returned_to_ai`. */
export const OVERFLOW_CAUSES = ['closed', 'longest_wait', 'too_many_waiting', 'no_agents'] as const;
export type OverflowCause = (typeof OVERFLOW_CAUSES)[number];

export const isOverflowCause = (cause: string | null): cause is OverflowCause =>
  (OVERFLOW_CAUSES as readonly (string | null)[]).includes(cause);

/** Whether the line is closed at an instant. What comes after the next opening is not known, and counts as open. */
export const isClosedAt = ({ closesAt, opensAt }: WaitLimits, at: Date): boolean =>
  closesAt !== null && at >= closesAt && (opensAt === null || at < opensAt);

/** The first instant from `at` on at which the line is open, as far as is known. */
export const openFrom = (limits: WaitLimits, at: Date): Date => (isClosedAt(limits, at) ? (limits.opensAt ?? at) : at);
