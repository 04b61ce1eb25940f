import { sql, type Kysely } from 'kysely';
import type {
  BatchCall,
  BatchCallInput,
  BatchCallStatus,
  CallBatchStore,
  ClaimedBatch,
  NewBatch,
} from '#core/calls/call-batch.ts';
import { userOf, type Actor } from '#core/kernel/context.ts';
import type { Database } from './schema.ts';

export class PostgresCallBatchStore implements CallBatchStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert({ organizationId, actor, delayMs, createdAt, calls }: NewBatch): Promise<number> {
    const { id } = await this.#db
      .insertInto('call_batches')
      .values({
        organization_id: organizationId,
        actor: JSON.stringify(actor),
        delay_ms: delayMs,
        created_at: createdAt,
        next_at: createdAt,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await this.#db
      .insertInto('batch_calls')
      .values(
        calls.map((call, n) => ({
          batch_id: id,
          position: n + 1,
          organization_id: organizationId,
          ...('sid' in call
            ? { sid: call.sid, number: call.input.to, input: JSON.stringify(call.input), status: 'waiting' }
            : { sid: null, number: null, input: '{}', status: 'failed', problem: call.problem }),
        })),
      )
      .execute();
    return id;
  }

  async claim(now: Date, leaseUntil: Date): Promise<ClaimedBatch | null> {
    const { rows } = await sql<{ id: number; organization_id: number; actor: Actor; delay_ms: number }>`
      update call_batches set leased_until = ${leaseUntil} where id = (
        select id from call_batches
        where next_at <= ${now} and (leased_until is null or leased_until < ${now})
        order by next_at limit 1 for update skip locked)
      returning id, organization_id, actor, delay_ms`.execute(this.#db);
    const [batch] = rows;
    if (!batch) return null;
    const next = await this.#db
      .selectFrom('batch_calls')
      .select(['position', 'sid', 'input'])
      .where('batch_id', '=', batch.id)
      .where('status', '=', 'waiting')
      .orderBy('position')
      .limit(1)
      .executeTakeFirst();
    return {
      id: batch.id,
      organizationId: batch.organization_id,
      actor: batch.actor,
      delayMs: batch.delay_ms,
      next: next ? { position: next.position, sid: next.sid!, input: next.input as BatchCallInput } : null,
    };
  }

  async release(id: number, nextAt: Date | null): Promise<void> {
    await this.#db
      .updateTable('call_batches')
      .set({ next_at: nextAt, leased_until: null })
      .where('id', '=', id)
      .execute();
  }

  async settle(...[id, position, outcome]: Parameters<CallBatchStore['settle']>): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('batch_calls')
      .set(
        'callId' in outcome
          ? { status: 'placed', call_id: outcome.callId }
          : { status: 'failed', problem: outcome.problem },
      )
      .where('batch_id', '=', id)
      .where('position', '=', position)
      .where('status', '=', 'waiting')
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  async bySid(organizationId: number, sid: string): Promise<BatchCall | null> {
    const row = await this.#calls()
      .where('batch_calls.organization_id', '=', organizationId)
      .where('sid', '=', sid)
      .executeTakeFirst();
    return row ? toBatchCall(row) : null;
  }

  async list(organizationId: number, batchId: number): Promise<readonly BatchCall[]> {
    const rows = await this.#calls()
      .where('batch_calls.organization_id', '=', organizationId)
      .where('batch_id', '=', batchId)
      .orderBy('position')
      .execute();
    return rows.map(toBatchCall);
  }

  #calls() {
    return this.#db
      .selectFrom('batch_calls')
      .innerJoin('call_batches', 'call_batches.id', 'batch_calls.batch_id')
      .select(['batch_id', 'position', 'sid', 'number', 'status', 'call_id', 'problem', 'created_at', 'actor']);
  }

  async cancel(organizationId: number, sid: string, problem: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('batch_calls')
      .set({ status: 'canceled', problem })
      .where('organization_id', '=', organizationId)
      .where('sid', '=', sid)
      .where('status', '=', 'waiting')
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  async erase(organizationId: number, numbers: readonly string[]): Promise<void> {
    if (numbers.length === 0) return;
    await sql`
      update batch_calls set number = null, input = '{}',
        problem = case when status = 'waiting' then 'The person was erased' else problem end,
        status = case when status = 'waiting' then 'canceled' else status end
      where organization_id = ${organizationId} and number = any(${[...numbers]}::text[])`.execute(this.#db);
  }
}

interface Row {
  readonly batch_id: number;
  readonly position: number;
  readonly sid: string | null;
  readonly number: string | null;
  readonly status: string;
  readonly call_id: number | null;
  readonly problem: string | null;
  readonly created_at: Date;
  readonly actor: object;
}

const toBatchCall = (row: Row): BatchCall => ({
  batchId: row.batch_id,
  position: row.position,
  sid: row.sid,
  number: row.number,
  status: row.status as BatchCallStatus,
  callId: row.call_id,
  problem: row.problem,
  createdAt: row.created_at,
  userId: userOf(row.actor as Actor),
});
