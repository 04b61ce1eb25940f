import type { Listed, Page } from '../kernel/page.ts';
import type { Conversation, ConversationStatus, ConversationView } from './conversation.ts';

/** The fields of a new text conversation. */
export type NewConversation = Pick<
  Conversation,
  'organizationId' | 'agentId' | 'personId' | 'userId' | 'name' | 'startedBy'
> & { readonly at: Date };

export interface ConversationFilter {
  /** Only conversations that come after this one in the list. */
  readonly after?: { readonly lastMessageAt: Date; readonly id: number };
  readonly userId?: string;
  readonly status?: ConversationStatus;
  /** Started by this user; null matches none. */
  readonly startedBy?: number | null;
}

export interface ConversationStore {
  /** Inserts a conversation; returns the existing one if a concurrent request has created that name. */
  begin(conversation: NewConversation): Promise<Conversation>;
  find(organizationId: number, id: number): Promise<Conversation | null>;
  /** With `userId` that person's conversation; otherwise the one used last. */
  byName(organizationId: number, name: string, userId?: string | null): Promise<Conversation | null>;
  /** The conversation of this name, if there is one alone, with any person. */
  onlyByName(organizationId: number, name: string): Promise<Conversation | null>;
  /** For jobs, which know no organization. */
  byId(id: number): Promise<Conversation | null>;
  ofCall(callId: number): Promise<Conversation | null>;
  view(id: number, now: Date): Promise<ConversationView>;
  /** Ordered by last use, newest first. */
  list(organizationId: number, filter: ConversationFilter, page: Page, now: Date): Promise<Listed<ConversationView>>;
  /**
   * Locks a conversation for one turn, with a lease by the database's clock. False while another holder has the lock.
   */
  claim(id: number, holder: string, leaseMs: number): Promise<boolean>;
  /** Extends the lease. False if another holder has the lock. */
  extend(id: number, holder: string, leaseMs: number): Promise<boolean>;
  release(id: number, holder: string): Promise<void>;
  /** Stores the tokens of an answer and the model that gave it. */
  answered(
    id: number,
    by: { readonly agentId: number; readonly personId: number | null; readonly tokens: number; readonly model: string },
  ): Promise<void>;
  summarize(id: number, summary: string, at: Date): Promise<void>;
  /** Summaries of earlier conversations with a person, newest first. */
  summaries(
    personId: number,
    limit: number,
  ): Promise<readonly { readonly conversation: Conversation; readonly summary: string; readonly at: Date }[]>;
  forgetSummaries(personId: number): Promise<void>;
}
