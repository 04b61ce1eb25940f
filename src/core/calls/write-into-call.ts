import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, invalid } from '../kernel/errors.ts';
import { isEnded, type Call } from './call.ts';
import { getCall } from './get-call.ts';

/**
 * Sends a text into a running call as the caller's words; the agent answers aloud. @throws AppError not-found, conflict
 * if the call is not in progress
 */
export async function writeIntoCall(
  core: Core,
  ctx: Context,
  id: string | number,
  text: string,
  subject: string,
): Promise<Call> {
  const call = await getCall(core, ctx, id, subject);
  await tellCall(core, call, { type: 'message', text }, subject);
  await core.store.outbox.audit(ctx, 'call.message', call.sid);
  return call;
}

/** Longest text sent into a call; it must fit into one notification between servers. */
const LONGEST = 2000;

/** @throws AppError invalid-input (too long), conflict if the call is not in progress */
export async function tellCall(
  core: Core,
  call: Call,
  command: { readonly type: 'message' | 'say'; readonly text: string },
  subject: string,
): Promise<void> {
  if (isEnded(call.status)) throw new AppError('conflict', 'The call has ended', { subject });
  if (call.answeredAt === null) throw new AppError('conflict', 'The call has not been answered yet', { subject });
  const text = command.text.replace(/\p{Cc}+/gu, ' ').trim();
  if (text.length > LONGEST) throw invalid('content', `may have at most ${LONGEST} letters on a call`, 'range');
  if ((await core.live.send(call.id, { ...command, text })) === 'not-running')
    throw new AppError('conflict', 'The call has ended', { subject });
}
