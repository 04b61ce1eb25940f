import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { isEnded, type Call } from './call.ts';
import { endingOf, finishCall } from './finish-call.ts';
import { getCall } from './get-call.ts';

/** Ends a call; repeating it returns the first end. @throws AppError not-found */
export async function endCall(
  core: Core,
  ctx: Context,
  id: string | number,
  reason: string,
  subject: string,
  what = 'Call',
): Promise<Call> {
  const call = await getCall(core, ctx, id, subject, what);
  if (isEnded(call.status)) return call;
  const acknowledged = await core.live.send(call.id, { type: 'end', reason });
  if (acknowledged === 'not-running') {
    // No server runs the call: its end is stored, and an owner that still exists loses the call.
    await finishCall(core, call.id, null, endingOf(call, reason));
  }
  await core.store.outbox.audit(ctx, 'call.end', call.sid, { reason });
  return getCall(core, ctx, call.id, subject);
}
