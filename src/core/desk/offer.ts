/**
 * `offered`: the agent is rung. `accepted`: the agent's media is being connected. `rescinded`: the caller was served in
 * another way.
 */
export type OfferState =
  | 'offered'
  | 'accepted'
  | 'bridged'
  | 'declined'
  | 'no_answer'
  | 'busy'
  | 'leg_failed'
  | 'agent_gone'
  | 'caller_gone'
  | 'rescinded';

/** One queue entry offered to one human agent, until a deadline. */
export interface Offer {
  readonly id: number;
  readonly entryId: number;
  readonly callId: number;
  readonly agentId: number;
  /** `phone`: the agent is called; `browser`: accepts on a page and opens a media socket. */
  readonly via: 'browser' | 'phone';
  readonly state: OfferState;
  readonly cause: string | null;
  readonly offeredAt: Date;
  readonly acceptedAt: Date | null;
  /** Of the answer, or of the agent's media once accepted. */
  readonly deadline: Date;
  readonly endedAt: Date | null;
}

export const isOpen = ({ state }: Pick<Offer, 'state'>): boolean => state === 'offered' || state === 'accepted';
