import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { Call } from './call.ts';
import type { CallNotes } from './call-review.ts';
import { endCall } from './end-call.ts';
import { getCall } from './get-call.ts';

export interface UpdateCall extends Partial<CallNotes> {
  readonly disposition?: string | null;
  /** Hangs up a running call. */
  readonly complete?: true;
}

/** Stores what people say of a call, and ends it if they say that it is over. @throws AppError not-found */
export async function updateCall(
  core: Core,
  ctx: Context,
  id: string | number,
  { disposition, complete, ...notes }: UpdateCall,
  subject: string,
): Promise<Call> {
  const call = await getCall(core, ctx, id, subject);
  await core.store.transaction(async (records) => {
    if (disposition !== undefined) await records.calls.setDisposition(call.id, disposition);
    await records.callReviews.note(call.id, notes);
    await records.outbox.audit(ctx, 'call.update', call.sid);
  });
  return complete ? endCall(core, ctx, call.id, 'completed', subject) : getCall(core, ctx, call.id, subject);
}
