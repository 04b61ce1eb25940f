import type { Call } from '../calls/call.ts';
import { DEFAULT_RING_TIMEOUT_MS, placeCall } from '../calls/place-call.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { PhoneNumber } from '../kernel/phone-number.ts';
import { getCampaign } from './campaigns.ts';

/**
 * Calls a number as the campaign would, with its agent and caller id, to hear it before it starts. It counts for no
 * campaign. @throws AppError not-found, conflict (do not call), too-many-calls
 */
export async function placeTestCall(
  core: Core,
  ctx: Context,
  campaignId: number,
  to: PhoneNumber,
  variables: Readonly<Record<string, string>>,
): Promise<Call> {
  const { agentId, callerIds } = await getCampaign(core, ctx, campaignId);
  return placeCall(core, ctx, {
    agentId,
    to,
    from: (callerIds[0] as PhoneNumber | undefined) ?? null,
    variables,
    overrides: {},
    recorded: null,
    ringTimeoutMs: DEFAULT_RING_TIMEOUT_MS,
  });
}
