import { findCall } from '../calls/get-call.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/errors.ts';

/**
 * The number of a call of the organization, by any of its ids. Who may act on the call is decided by the desk's verbs.
 * @throws AppError not-found
 */
export async function deskCallId(
  core: Pick<Core, 'store'>,
  ctx: Pick<Context, 'organizationId'>,
  id: string | number,
  subject: string,
  what: string,
): Promise<number> {
  const call = await findCall(core, ctx, id);
  if (!call) throw notFound(what, subject);
  return call.id;
}
