/** A conversation with one person, in text or by voice. Every voice call has one. */
export interface Conversation {
  readonly id: number;
  readonly organizationId: number;
  /** The agent that answered last, or that is on the call. */
  readonly agentId: number | null;
  readonly personId: number | null;
  /** The client's id of the person; else their number. */
  readonly userId: string | null;
  /** The client's id of the conversation. */
  readonly name: string | null;
  /** Null for text conversations. */
  readonly callId: number | null;
  /** The user who started it, directly or with an API key. */
  readonly startedBy: number | null;
  readonly createdAt: Date;
  readonly lastMessageAt: Date;
  /** Tokens that models used so far for text. */
  readonly tokens: number;
  /** The model that really answered last. */
  readonly model: string | null;
  readonly summary: string | null;
}

export type ConversationStatus = 'active' | 'completed' | 'archived';

/** A text conversation ends after this time without a message. */
export const SILENCE_MS = 30 * 60_000;
export const ARCHIVED_AFTER_MS = 30 * 86_400_000;

/** A conversation in a list. */
export interface ConversationView {
  readonly conversation: Conversation;
  readonly status: ConversationStatus;
  /** Number of messages of both sides. */
  readonly messages: number;
}
