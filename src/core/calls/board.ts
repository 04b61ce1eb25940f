import type { Core } from '../core.ts';
import type { CallGlance } from '../conversations/entry-store.ts';
import { readDesk } from '../desk/change-desk.ts';
import type { QueueEntry } from '../desk/queue-entry.ts';
import type { Context } from '../kernel/context.ts';
import type { Listed } from '../kernel/page.ts';
import { LIVE_STATUSES, type Call } from './call.ts';
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
  readonly last: CallGlance['last'];
  /** The slowest answer among the last entries; null before the first one. */
  readonly worstMs: number | null;
}

/** Most running calls in one answer; the count is of all. */
const MOST_ON_BOARD = 1000;

/** The running calls that the actor may see, newest first. */
export async function callsOnBoard(core: Core, ctx: Context): Promise<Listed<CallOnBoard>> {
  const [{ rows, total }, desk] = await Promise.all([
    listCalls(core, ctx, { statuses: LIVE_STATUSES }, { skip: 0, limit: MOST_ON_BOARD }),
    readDesk(core, ctx.organizationId),
  ]);
  const glances = await core.store.entries.glancesOfCalls(rows.map((call) => call.conversationId));
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
        last: glances.get(call.conversationId)?.last ?? null,
        worstMs: glances.get(call.conversationId)?.slowestMs ?? null,
      };
    }),
  };
}

function laneOf(call: Call, entry: QueueEntry | null): Lane {
  if (call.answeredAt === null) return 'ringing';
  if (entry?.state === 'connected') return 'human';
  return entry?.state === 'waiting' ? 'waiting' : 'ai';
}
