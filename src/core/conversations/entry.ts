/** One utterance, message or tool execution of a conversation, by voice or in text. */
export interface Entry {
  readonly id: number;
  /** Given by the owner of a running call, in the order of the call; null for entries that a request added. */
  readonly seq: number | null;
  /** `instruction`: a supervisor's words to the AI agent; the store leaves them out unless asked for them. */
  readonly role: 'agent' | 'caller' | 'system' | 'tool-call' | 'tool-result' | 'instruction';
  /** On a call, the text as it was heard. */
  readonly text: string;
  /** Ms of the call's clock from its start; null in text. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly at: Date;
  /** Further details, such as interruption, intended text, latency, or tool arguments. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** Metadata from the client. */
  readonly metadata: Readonly<Record<string, unknown>> | null;
  /** The agent that said it. */
  readonly agentId: number | null;
}

export type NewEntry = Omit<Entry, 'id'>;

/** An entry in text. */
export type NewMessage = Omit<NewEntry, 'seq' | 'startMs' | 'endMs'>;

/** An entry of a call: it has a number, and times on the call's clock. */
export type CallEntry = Entry & {
  readonly role: Exclude<Entry['role'], 'system'>;
  readonly seq: number;
  readonly startMs: number;
  readonly endMs: number;
};

/** The part of a call's entry that its owner knows. */
export type SpokenEntry = Pick<CallEntry, 'seq' | 'role' | 'text' | 'startMs' | 'endMs' | 'detail'>;

export const inText = (message: NewMessage): NewEntry => ({ ...message, seq: null, startMs: null, endMs: null });

/** The conversation as text: one line per turn, without tools. */
export function transcriptOf(entries: readonly CallEntry[], names = { caller: 'User', agent: 'Agent' }): string {
  return entries
    .filter((entry) => entry.role === 'agent' || entry.role === 'caller')
    .map((entry) => `${entry.role === 'agent' ? names.agent : names.caller}: ${entry.text}`)
    .join('\n');
}
