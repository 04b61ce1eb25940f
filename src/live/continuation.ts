import type { Call } from '#core/calls/call.ts';
import type { CallEntry } from '#core/conversations/entry.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { Store } from '#core/records.ts';
import type { ToolArgs, ToolResultStatus } from '#engine/contracts/language-model.ts';
import { newTiming } from '#engine/turns/agent.ts';
import { initialState, type LedgerItem, type TurnKind, type TurnState } from '#engine/turns/state.ts';
import { restoredState, stateOfLedger } from '#engine/turns/stored-state.ts';

/** What a server needs to continue a conversation that another server began. */
export interface Continuation {
  /** The state of the conversation; its clock goes on as the call's. */
  readonly state: TurnState;
  /** Sequence number of the next stored entry. */
  readonly nextSeq: number;
}

/** Longest time from the last record of a call to its takeover: the wall clock may have jumped, or differ by server. */
const MOST_AWAY_MS = 5 * 60_000;

/** Null for a call that was not answered yet: its conversation has not begun. */
export async function continuationOf(
  store: Pick<Store, 'calls' | 'entries'>,
  clock: WallClock,
  call: Call,
): Promise<Continuation | null> {
  if (call.answeredAt === null) return null;
  const [entries, stored] = await Promise.all([
    store.entries.ofCall(call.conversationId, { instructions: true }),
    store.calls.turnState(call.id),
  ]);
  const sinceAnswerMs = clock.now().getTime() - call.answeredAt.getTime();
  const lastMs = Math.max(0, clockOf(stored), ...entries.map((one) => one.endMs));
  const nowMs = Math.min(Math.max(lastMs, sinceAnswerMs + (call.recordingOffsetMs ?? 0)), lastMs + MOST_AWAY_MS);
  const ledger = entries.map(toItem);
  const nextSeq = Math.max(-1, ...entries.map((one) => one.seq)) + 1;
  const restored = restoredState(stored, ledger, nowMs);
  if (restored) return { state: restored, nextSeq };
  // Nothing was said, so the conversation begins here.
  if (stored === null && ledger.length === 0) return { state: { ...initialState(), nowMs }, nextSeq };
  return { state: stateOfLedger(ledger, call.phase, nowMs), nextSeq };
}

/** The call's clock when the state was stored. */
function clockOf(stored: unknown): number {
  const nowMs = (stored as { readonly nowMs?: unknown } | null)?.nowMs;
  return typeof nowMs === 'number' ? nowMs : 0;
}

function toItem({ role, text, startMs, endMs, detail }: CallEntry): LedgerItem {
  const at = { startMs, endMs };
  const confidence = typeof detail['confidence'] === 'number' ? detail['confidence'] : null;
  if (detail['by'] === 'human-agent' || detail['to'] === 'human-agent') {
    const userId = typeof detail['userId'] === 'number' ? detail['userId'] : null;
    return { role: 'overheard', userId, text, ...at, confidence };
  }
  switch (role) {
    case 'caller':
      return {
        role,
        text,
        ...at,
        backchannel: detail['backchannel'] === true,
        confidence,
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
        timing: newTiming(),
      };
    case 'instruction':
      return { role, userId: Number(detail['userId']), text, atMs: at.startMs };
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
