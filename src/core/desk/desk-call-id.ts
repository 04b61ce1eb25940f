import { sidInSipCallId } from '../calls/sip-call-id.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/errors.ts';

/**
 * The number of a call of the organization, by any of its ids. Who may act on the call is decided by the desk's verbs.
 * @throws AppError not-found
 */
export async function deskCallId(
  { store }: Pick<Core, 'store'>,
  ctx: Pick<Context, 'organizationId'>,
  id: string | number,
  subject: string,
  what: string,
): Promise<number> {
  const call =
    typeof id === 'number'
      ? await store.calls.byId(id)
      : await store.calls.find(ctx.organizationId, sidInSipCallId(id) ?? id);
  if (call?.organizationId !== ctx.organizationId) throw notFound(what, subject);
  return call.id;
}
