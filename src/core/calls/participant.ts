import type { LegKind } from './leg.ts';

/** A stay of one party, or of an AI agent, on a call. */
export interface Participant {
  readonly id: number;
  readonly callId: number;
  readonly role: LegKind | 'ai-agent';
  /** Null for an AI agent. */
  readonly legId: number | null;
  /** The AI agent; null for a party. */
  readonly agentId: number | null;
  readonly joinedAt: Date;
  readonly leftAt: Date | null;
}
