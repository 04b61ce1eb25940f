import type { Listed, Page } from '../kernel/page.ts';
import type { Conversation, ConversationStatus, ConversationView, Message } from './conversation.ts';

/** What a new text talk starts from. */
export type NewConversation = Pick<
  Conversation,
  'organizationId' | 'agentId' | 'personId' | 'userId' | 'name' | 'startedBy'
> & { readonly at: Date };

export type NewMessage = Pick<Message, 'role' | 'content' | 'metadata' | 'detail' | 'agentId' | 'at'>;

export interface ConversationFilter {
  readonly userId?: string;
  readonly status?: ConversationStatus;
  /** Begun by this user; null finds none. */
  readonly startedBy?: number | null;
}

export interface ConversationStore {
  /** The one of that name, where somebody was faster. */
  begin(conversation: NewConversation): Promise<Conversation>;
  find(organizationId: number, id: number): Promise<Conversation | null>;
  /** Of one person's, or of anybody's the one that was used last. */
  byName(organizationId: number, name: string, userId?: string | null): Promise<Conversation | null>;
  /** For jobs, which know no organization. */
  byId(id: number): Promise<Conversation | null>;
  ofCall(callId: number): Promise<Conversation | null>;
  view(id: number, now: Date): Promise<ConversationView>;
  /** The one used last first. */
  list(organizationId: number, filter: ConversationFilter, page: Page, now: Date): Promise<Listed<ConversationView>>;
  /** All that was written, said and done, or the last of it, oldest first; words of a voice call are those of its entries. */
  messages(conversationId: number, last?: number): Promise<readonly Message[]>;
  add(conversationId: number, message: NewMessage): Promise<Message>;
  /** Takes the turn of a conversation for so long, by the database's clock. False while another holder has it. */
  claim(id: number, holder: string, leaseMs: number): Promise<boolean>;
  /** Holds the turn for so long from now on. False when another holder has it. */
  extend(id: number, holder: string, leaseMs: number): Promise<boolean>;
  release(id: number, holder: string): Promise<void>;
  /** What an answer took, and who gave it. */
  answered(
    id: number,
    by: { readonly agentId: number; readonly personId: number | null; readonly tokens: number; readonly model: string },
  ): Promise<void>;
  summarize(id: number, summary: string, at: Date): Promise<void>;
  /** What was talked about with a person before, the last first: those that were summed up. */
  summaries(
    personId: number,
    limit: number,
  ): Promise<readonly { readonly conversation: Conversation; readonly summary: string; readonly at: Date }[]>;
  /** Deletes what was written with a person; on calls their own records are. */
  forgetPerson(personId: number, at: Date): Promise<void>;
  forgetSummaries(personId: number): Promise<void>;
  /** Deletes what was written in talks that were used last before; answers in how many. */
  dropWords(organizationId: number, usedBefore: Date, at: Date, limit: number): Promise<number>;
}
