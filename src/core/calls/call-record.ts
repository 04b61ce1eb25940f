import { noteCallbackIn } from '../bookings/book-slot.ts';
import { type Callback } from '../bookings/booking.ts';
import type { DomainEvent } from '../kernel/events.ts';
import type { SpokenEntry } from '../conversations/entry.ts';
import type { WallClock } from '../kernel/wall-clock.ts';
import type { Records, Store } from '../records.ts';
import type { CallProgress, Ownership, WriteResult } from './call-store.ts';
import { priced, type UsageLine } from '../usage/usage.ts';
import type { Call, TurnLatency } from './call.ts';
import { endIn, type CallOutcome } from './finish-call.ts';

/** A change that the owner of a call writes. Plain data, so that a file can keep it during a database outage. */
export type CallRecord =
  | { readonly kind: 'progress'; readonly change: CallProgress; readonly event: DomainEvent | null }
  | {
      readonly kind: 'entry';
      /** Null if transcripts are not kept. */
      readonly entry: SpokenEntry | null;
      readonly latency: TurnLatency | null;
      readonly event: DomainEvent | null;
      /** Of the turn. Left out in records of earlier versions. */
      readonly usage?: readonly UsageLine[];
      /** After this entry. Left out in records of earlier versions. */
      readonly turnState?: object;
    }
  | { readonly kind: 'callback'; readonly callback: Omit<Callback, 'conversationId'> }
  | {
      readonly kind: 'end';
      readonly outcome: CallOutcome;
      readonly endedAt: Date;
      readonly usage: readonly UsageLine[];
    };

/** A record with its number: the records of one owner are numbered from one, in order. */
export interface NumberedRecord {
  readonly number: number;
  /** Records of earlier versions leave the conversation out. */
  readonly call: Pick<Call, 'id' | 'organizationId' | 'agentId'> & Partial<Pick<Call, 'conversationId'>>;
  readonly by: Ownership;
  readonly record: CallRecord;
}

/** Writes one record of a call. Repeating it writes nothing. */
export async function writeCallRecord(
  { store, clock }: { readonly store: Store; readonly clock: WallClock },
  { number, call, by, record }: NumberedRecord,
): Promise<WriteResult> {
  return store.transaction(async (records) => {
    switch (record.kind) {
      case 'progress': {
        const result = await records.calls.write(call.id, by, number, record.change);
        if (result === 'written' && record.event) await records.outbox.event(call.organizationId, record.event);
        return result;
      }
      case 'entry': {
        const change = {
          ...(record.latency ? { latency: record.latency } : {}),
          ...(record.turnState ? { turnState: record.turnState } : {}),
        };
        const result = await records.calls.write(call.id, by, number, change, true);
        if (result !== 'written') return result;
        await recordUsage(records, call.id, record.usage);
        const isNew = !record.entry || (await addEntry(records, call, record.entry, clock.now()));
        if (isNew && record.event) await records.outbox.event(call.organizationId, record.event);
        // A late turn of a call whose end another server has stored.
        await records.metrics.settle([call.id]);
        return result;
      }
      case 'callback': {
        const result = await records.calls.write(call.id, by, number, {}, true);
        const ctx = { organizationId: call.organizationId, actor: { kind: 'system', name: 'agent' } } as const;
        if (result !== 'written') return result;
        const callback = { ...record.callback, conversationId: await conversationOf(records, call) };
        await noteCallbackIn(records, ctx, callback, clock.now());
        return result;
      }
      case 'end': {
        if (!(await endIn(records, record.endedAt, call.id, by, record.outcome))) return 'ended';
        await recordUsage(records, call.id, record.usage);
        await records.metrics.settle([call.id]);
        return 'written';
      }
    }
  });
}

/** False if the entry is stored already. */
async function addEntry(
  records: Records,
  call: NumberedRecord['call'],
  entry: SpokenEntry,
  at: Date,
): Promise<boolean> {
  const agentId = entry.role === 'agent' ? call.agentId : null;
  const conversationId = await conversationOf(records, call);
  return (await records.entries.add(conversationId, { ...entry, at, metadata: null, agentId })) !== null;
}

const conversationOf = async ({ conversations }: Records, { id, conversationId }: NumberedRecord['call']) =>
  conversationId ?? (await conversations.ofCall(id))!.id;

async function recordUsage({ usage }: Records, callId: number, lines: readonly UsageLine[] = []): Promise<void> {
  if (lines.length > 0) await usage.record(callId, priced(lines, await usage.prices()));
}

const INSTANTS = new Set(['answeredAt', 'endedAt', 'dueAt', 'waitingSince']);

export const recordAsLine = (record: NumberedRecord): string => JSON.stringify(record);

/** Parses a line; null if it is not a record, such as a line cut short by a crash. */
export function recordOfLine(line: string): NumberedRecord | null {
  try {
    const parsed = JSON.parse(line, (key, value: unknown) =>
      INSTANTS.has(key) && typeof value === 'string' ? new Date(value) : value,
    ) as NumberedRecord;
    return typeof parsed.number === 'number' ? parsed : null;
  } catch {
    return null;
  }
}
