import type { Call } from '../calls/call.ts';
import { getCall } from '../calls/get-call.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { Currency } from '../kernel/money.ts';
import type { PricedLine } from './usage.ts';

/** What a call used, with its cost in the organization's currency. @throws AppError not-found */
export async function usageOfCall(
  core: Core,
  ctx: Context,
  sid: string,
  subject: string,
): Promise<{ readonly call: Call; readonly currency: Currency; readonly lines: readonly PricedLine[] }> {
  const call = await getCall(core, ctx, sid, subject);
  const [lines, organization] = await Promise.all([
    core.store.usage.ofCall(call.id),
    core.store.organizations.get(ctx.organizationId),
  ]);
  return { call, currency: organization!.currency, lines };
}
