import type { Core } from '../core.ts';
import { actorToday } from '../identity/actor-today.ts';
import { callsOf, isAllowed, type Context } from '../kernel/context.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import type { BatchCall, BatchCallInput, ClaimedBatch } from './call-batch.ts';
import { placeCall } from './place-call.ts';

export interface PlaceBatch {
  /** A row that cannot be placed stands in the result with its problem. */
  readonly calls: readonly (BatchCallInput | { readonly problem: string })[];
  readonly delayMs: number;
}

export const MOST_IN_BATCH = 1000;
const REFUSED = 'This person asked not to be called';
const NO_RIGHT = 'The user or API key that created this batch may no longer place calls';

/** Accepts a batch. Its calls are dialled one after another by `dialNextOfBatch`, on any server. */
export async function placeBatch(
  core: Core,
  ctx: Context,
  { calls, delayMs }: PlaceBatch,
): Promise<{ readonly batchId: number; readonly calls: readonly BatchCall[] }> {
  const numbers = calls.flatMap((call) => ('to' in call ? [call.to] : []));
  const refusing = await core.store.persons.refusingAmong(ctx.organizationId, numbers);
  const batchId = await core.store.transaction(async (records) => {
    const id = await records.callBatches.insert({
      organizationId: ctx.organizationId,
      actor: ctx.actor,
      delayMs,
      createdAt: core.clock.now(),
      calls: calls.map((call) => {
        if (!('to' in call)) return { problem: call.problem, number: null };
        if (refusing.has(call.to)) return { problem: REFUSED, number: null };
        return { sid: core.secrets.callSid(), input: call };
      }),
    });
    await records.outbox.audit(ctx, 'call.batch', `batch_${id}`, { calls: calls.length });
    return id;
  });
  return { batchId, calls: await core.store.callBatches.list(ctx.organizationId, batchId) };
}

/** The calls of a batch in order. @throws AppError not-found */
export async function getBatch(
  core: Core,
  ctx: Context,
  batchId: number,
  subject: string,
): Promise<readonly BatchCall[]> {
  const calls = await core.store.callBatches.list(ctx.organizationId, batchId);
  if (!calls[0] || !mayBeSeen(ctx, calls[0])) throw notFound('Batch', subject);
  return calls;
}

/** A call of a batch before it is dialled, or one that was not; null if the actor sees none with this id. */
export async function waitingCall(core: Core, ctx: Context, sid: string): Promise<BatchCall | null> {
  const call = await core.store.callBatches.bySid(ctx.organizationId, sid);
  return call && mayBeSeen(ctx, call) ? call : null;
}

/** A human agent sees their own batches. */
function mayBeSeen({ actor }: Context, { userId }: BatchCall): boolean {
  const whose = callsOf(actor);
  return whose === 'all' || (userId !== null && userId === whose.userId);
}

/** Takes a call out of its batch before it is dialled. False if it does not wait any more. */
export async function cancelWaiting(core: Core, ctx: Context, sid: string): Promise<boolean> {
  if (!(await waitingCall(core, ctx, sid))) return false;
  return core.store.transaction(async (records) => {
    const canceled = await records.callBatches.cancel(ctx.organizationId, sid, 'The call was canceled');
    if (canceled) await records.outbox.audit(ctx, 'call.end', sid, { reason: 'canceled' });
    return canceled;
  });
}

/** A server that died holds a batch for so long. A carrier that takes longer only lets the next call be dialled. */
const LEASE_MS = 15_000;
/** How long a batch waits when no further call may run now. */
const NO_ROOM_MS = 1000;

/**
 * Dials the next call of the batch that has waited longest. The row is marked in the transaction that stores the call,
 * so that a crash neither loses a call nor dials one twice. Returns whether a batch was due.
 */
export async function dialNextOfBatch(
  core: Core,
  onError: (error: unknown, batchId: number) => void,
): Promise<boolean> {
  const now = core.clock.now();
  const batch = await core.store.callBatches.claim(now, new Date(now.getTime() + LEASE_MS));
  if (!batch) return false;
  if (batch.next === null) {
    await core.store.callBatches.release(batch.id, null);
    return true;
  }
  const pauseMs = await dial(core, batch, batch.next, onError);
  await core.store.callBatches.release(batch.id, new Date(core.clock.now().getTime() + pauseMs));
  return true;
}

/** Returns how long to wait before the next call, ms. */
async function dial(
  core: Core,
  { id, organizationId, actor, delayMs }: ClaimedBatch,
  { position, sid, input }: NonNullable<ClaimedBatch['next']>,
  onError: (error: unknown, batchId: number) => void,
): Promise<number> {
  try {
    const today = await actorToday(core, organizationId, actor);
    if (!today || !isAllowed(today, 'place-calls')) throw new AppError('forbidden', NO_RIGHT);
    await placeCall(
      core,
      { organizationId, actor: today, requestId: `batch_${id}` },
      {
        ...input,
        sid,
        also: async (records, call) => {
          if (!(await records.callBatches.settle(id, position, { callId: call.id })))
            throw new AppError('conflict', 'The call was canceled');
        },
      },
    );
    return delayMs;
  } catch (error) {
    if (error instanceof AppError && (error.code === 'too-many-calls' || error.code === 'unavailable'))
      return NO_ROOM_MS;
    if (!(error instanceof AppError)) onError(error, id);
    const problem = error instanceof AppError ? (error.issues[0]?.message ?? error.message) : 'Internal server error';
    await core.store.callBatches.settle(id, position, { problem });
    return 0;
  }
}
