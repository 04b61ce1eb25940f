export type CallPhase = 'GREETING' | 'DISCOVERY' | 'PRESENTATION' | 'OBJECTIONS' | 'CLOSING';

/** One line of a call's conversation, as it was heard. Times are ms of the call's own clock from its start. */
export interface ConversationEntry {
  readonly seq: number;
  readonly role: 'agent' | 'caller' | 'tool-call' | 'tool-result';
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Further details for the call's page: interruption, intended text, latency, tool arguments. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The conversation as text: one line per turn, without tools. */
export function transcriptOf(
  entries: readonly ConversationEntry[],
  names = { caller: 'User', agent: 'Agent' },
): string {
  return entries
    .filter((entry) => entry.role === 'agent' || entry.role === 'caller')
    .map((entry) => `${entry.role === 'agent' ? names.agent : names.caller}: ${entry.text}`)
    .join('\n');
}
