import type { Conversation } from '../conversations/conversation.ts';

/** What is remembered of a person. */
export interface Memory {
  /** Among them `name`, `language` and `timezone`, where they are known. */
  readonly preferences: Readonly<Record<string, unknown>>;
  readonly topics: readonly string[];
  readonly updatedAt: Date | null;
}

/** A change adds to what is there: null takes a preference away. */
export interface MemoryChange {
  readonly preferences?: Readonly<Record<string, unknown>>;
  readonly topics?: readonly string[];
  readonly removeTopics?: readonly string[];
}

export interface Recollection extends Memory {
  readonly recent: readonly {
    readonly conversation: Pick<Conversation, 'id' | 'name'>;
    readonly summary: string;
    readonly at: Date;
  }[];
}
