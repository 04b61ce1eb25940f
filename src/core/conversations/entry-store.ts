import type { CallEntry, Entry, NewEntry } from './entry.ts';

/** What an erasure deleted. */
export interface ErasedWords {
  readonly calls: number;
  readonly recordingKeys: readonly string[];
}

/** What a running call shows of its last entries. */
export interface CallGlance {
  readonly last: Pick<CallEntry, 'role' | 'text' | 'at' | 'detail'> | null;
  /** The slowest answer among them; null where none was timed. */
  readonly slowestMs: number | null;
}

/** Which entries of a call are asked for. */
export interface WhichEntries {
  /** What supervisors told the AI agent as well: for its model, and for those who see the desk. */
  readonly instructions?: true;
  /** Only those with a higher `seq`. */
  readonly after?: number | undefined;
}

/**
 * What was said and done in conversations, by voice and in text. What supervisors told the AI agent is left out: a
 * conversation is shown and judged without it.
 */
export interface EntryStore {
  /** Null if the conversation has an entry with this `seq`, which stays unchanged. */
  add(conversationId: number, entry: NewEntry): Promise<Entry | null>;
  /** All entries, or the last ones, in order of arrival. */
  of(conversationId: number, last?: number): Promise<readonly Entry[]>;
  /** The entries of a conversation's call, in order of the call. */
  ofCall(conversationId: number, which?: WhichEntries): Promise<readonly CallEntry[]>;
  /** The entries of the calls of several conversations, by conversation id; of each at most the first thousands. */
  ofCalls(conversationIds: readonly number[]): Promise<ReadonlyMap<number, readonly CallEntry[]>>;
  /** The last entries of each of several calls, in order, by conversation id. */
  lastOfCalls(conversationIds: readonly number[], most: number): Promise<ReadonlyMap<number, readonly CallEntry[]>>;
  /** The last words of each of several calls, and the slowest of the last answers, by conversation id. */
  glancesOfCalls(conversationIds: readonly number[]): Promise<ReadonlyMap<number, CallGlance>>;
  /**
   * Deletes all words of conversations that ended before that instant: of calls that ended, and of text conversations
   * that were last used before it. Returns the number of conversations.
   */
  drop(organizationId: number, endedBefore: Date, at: Date, limit: number): Promise<number>;
  /**
   * Deletes all words of a person's conversations, and what identifies the person in them and in their calls, bookings
   * and callbacks. `running` if a call with the person has not ended; then nothing is deleted.
   */
  erase(personId: number, at: Date): Promise<ErasedWords | 'running'>;
}
