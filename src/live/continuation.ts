import type { Call } from '#core/calls/call.ts';
import type { CallPhase, ConversationEntry } from '#core/calls/conversation-entry.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { Store } from '#core/records.ts';
import type { ToolArgs, ToolResultStatus } from '#engine/contracts/language-model.ts';
import type { LedgerItem, TurnKind } from '#engine/turns/state.ts';

/** What a server needs to continue a conversation that another server began. */
export interface Continuation {
  /** What was said so far; its times lie before the start of this server's part. */
  readonly ledger: readonly LedgerItem[];
  /** Sequence number of the next stored entry. */
  readonly nextSeq: number;
  readonly phase: CallPhase;
  /** Where this server's part begins on the call's clock, ms. */
  readonly offsetMs: number;
}

/** Null for a call that was not answered yet: its conversation has not begun. */
export async function continuationOf(
  store: Pick<Store, 'calls'>,
  clock: WallClock,
  call: Call,
): Promise<Continuation | null> {
  if (call.answeredAt === null) return null;
  const entries = await store.calls.entries(call.id);
  const lastEndMs = Math.max(0, ...entries.map((one) => one.endMs));
  const sinceAnswerMs = clock.now().getTime() - call.answeredAt.getTime();
  const offsetMs = Math.max(lastEndMs, sinceAnswerMs + (call.recordingOffsetMs ?? 0));
  return {
    ledger: entries.map((entry) => toItem(entry, offsetMs)),
    nextSeq: Math.max(-1, ...entries.map((one) => one.seq)) + 1,
    phase: call.phase,
    offsetMs,
  };
}

function toItem({ role, text, startMs, endMs, detail }: ConversationEntry, offsetMs: number): LedgerItem {
  const at = { startMs: startMs - offsetMs, endMs: endMs - offsetMs };
  switch (role) {
    case 'caller':
      return {
        role,
        text,
        ...at,
        backchannel: detail['backchannel'] === true,
        confidence: typeof detail['confidence'] === 'number' ? detail['confidence'] : null,
        ...(detail['written'] === true ? { written: true as const } : {}),
      };
    case 'agent':
      return {
        role,
        turn: 0,
        kind: (detail['kind'] ?? 'reply') as TurnKind,
        text,
        intended: typeof detail['intended'] === 'string' ? detail['intended'] : text,
        ...at,
        heardMs: typeof detail['heardMs'] === 'number' ? detail['heardMs'] : endMs - startMs,
        interrupted: detail['interrupted'] === true,
        estimated: detail['estimated'] === true,
        timing: {
          endOfSpeechMs: null,
          finalMs: null,
          committedMs: null,
          firstClauseMs: null,
          firstAudioMs: null,
          firstFrameMs: null,
        },
      };
    case 'tool-call':
      return {
        role,
        key: detail['key'] as string,
        name: text,
        args: detail['args'] as ToolArgs,
        atMs: at.startMs,
      };
    case 'tool-result':
      return {
        role,
        key: detail['key'] as string,
        name: detail['name'] as string,
        status: detail['status'] as ToolResultStatus,
        output: text,
        atMs: at.startMs,
      };
  }
}
