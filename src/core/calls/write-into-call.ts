import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, invalid } from '../kernel/errors.ts';
import { isEnded, type Call } from './call.ts';
import { getCall } from './get-call.ts';

/** Written words into a call that runs: taken for the caller's, and answered aloud. @throws AppError not-found, conflict when nobody is on the line */
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

/** What is said or written into a call is a few sentences; it also has to go from server to server in one word. */
const LONGEST = 2000;

/** @throws AppError invalid-input (too long), conflict when nobody is on the line */
export async function tellCall(
  core: Core,
  call: Call,
  command: { readonly type: 'message' | 'say'; readonly text: string },
  subject: string,
): Promise<void> {
  if (isEnded(call.status)) throw new AppError('conflict', 'The call has ended', { subject });
  if (call.answeredAt === null) throw new AppError('conflict', 'Nobody has answered the call yet', { subject });
  const text = command.text.replace(/\p{Cc}+/gu, ' ').trim();
  if (text.length > LONGEST) throw invalid('content', `may have at most ${LONGEST} letters on a call`, 'range');
  if ((await core.live.send(call.id, { ...command, text })) === 'not-running')
    throw new AppError('conflict', 'The call has ended', { subject });
}
