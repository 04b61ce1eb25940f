import type { Core } from '../core.ts';
import type { CallEntry } from '../conversations/entry.ts';
import { readDesk } from '../desk/change-desk.ts';
import type { QueueEntry } from '../desk/queue-entry.ts';
import type { Context } from '../kernel/context.ts';
import type { Listed } from '../kernel/page.ts';
import { LIVE_STATUSES, type Call, type TurnLatency } from './call.ts';
import { listCalls } from './get-call.ts';

/** Where a running call stands: with the carrier, the AI agent, in the queue, or with a human agent. */
export const LANES = ['ringing', 'ai', 'waiting', 'human'] as const;
export type Lane = (typeof LANES)[number];

export interface CallOnBoard {
  readonly call: Call;
  readonly lane: Lane;
  /** Its open place in the queue, or with a human agent. */
  readonly queued: QueueEntry | null;
  /** The name of the human agent who has the caller. */
  readonly humanName: string | null;
  readonly last: Pick<CallEntry, 'role' | 'text' | 'at' | 'detail'> | null;
  /** The slowest answer among the last entries; null before the first one. */
  readonly worstMs: number | null;
}

/** Most running calls in one answer; the count is of all. */
const MOST_ON_BOARD = 1000;
/** Entries of a call that are looked at: enough for the last words and for a wait that someone may act on. */
const LAST_ENTRIES = 30;

/** The running calls that the actor may see, newest first. */
export async function callsOnBoard(core: Core, ctx: Context): Promise<Listed<CallOnBoard>> {
  const [{ rows, total }, desk] = await Promise.all([
    listCalls(core, ctx, { statuses: LIVE_STATUSES }, { skip: 0, limit: MOST_ON_BOARD }),
    readDesk(core, ctx.organizationId),
  ]);
  const entries =
    rows.length === 0
      ? new Map<number, readonly CallEntry[]>()
      : await core.store.entries.lastOfCalls(
          rows.map((call) => call.conversationId),
          LAST_ENTRIES,
        );
  const queued = new Map(desk.entries.map((one) => [one.callId, one]));
  const names = new Map(desk.agents.map((one) => [one.id, one.name]));
  return {
    total,
    rows: rows.map((call) => {
      const entry = queued.get(call.id) ?? null;
      return {
        call,
        lane: laneOf(call, entry),
        queued: entry,
        humanName: entry?.agentId == null ? null : (names.get(entry.agentId) ?? null),
        ...seenIn(entries.get(call.conversationId) ?? []),
      };
    }),
  };
}

function laneOf(call: Call, entry: QueueEntry | null): Lane {
  if (call.answeredAt === null) return 'ringing';
  if (entry?.state === 'connected') return 'human';
  return entry?.state === 'waiting' ? 'waiting' : 'ai';
}

function seenIn(entries: readonly CallEntry[]): Pick<CallOnBoard, 'last' | 'worstMs'> {
  const waits = entries.flatMap(({ detail }) => {
    const ms = (detail['latency'] as Partial<TurnLatency> | undefined)?.fullCycleMs;
    return typeof ms === 'number' ? [ms] : [];
  });
  return {
    last: entries.findLast(({ role }) => role === 'agent' || role === 'caller') ?? null,
    worstMs: waits.length === 0 ? null : Math.max(...waits),
  };
}
