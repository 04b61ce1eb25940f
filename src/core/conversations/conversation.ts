import type { ConversationEntry } from '../calls/conversation-entry.ts';

/** A talk with one person, in text or by voice. A voice call is one from its start. */
export interface Conversation {
  readonly id: number;
  readonly organizationId: number;
  /** Who answered last, or answers the call. */
  readonly agentId: number | null;
  readonly personId: number | null;
  /** As clients name the person; else their number. */
  readonly userId: string | null;
  /** As a client names the conversation. */
  readonly name: string | null;
  /** Null: in text. */
  readonly callId: number | null;
  /** The user of ours who began it, or whose key did. */
  readonly startedBy: number | null;
  readonly createdAt: Date;
  readonly lastMessageAt: Date;
  /** Used by models so far, in text. */
  readonly tokens: number;
  /** What really answered last. */
  readonly model: string | null;
  readonly summary: string | null;
}

export type ConversationStatus = 'active' | 'completed' | 'archived';

/** Text talks are over after so long a silence. */
export const SILENCE_MS = 30 * 60_000;
export const ARCHIVED_AFTER_MS = 30 * 86_400_000;

/** One thing written or said, or done by a tool, in the order in which it came. */
export interface Message {
  readonly id: number;
  readonly role: ConversationEntry['role'] | 'system';
  readonly content: string;
  /** What the client sent along. */
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly agentId: number | null;
  readonly at: Date;
}

/** A conversation as lists show it. */
export interface ConversationView {
  readonly conversation: Conversation;
  readonly status: ConversationStatus;
  /** Of what was said by either side. */
  readonly messages: number;
}
