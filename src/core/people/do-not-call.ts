import { rescreenNumber } from '../campaigns/screen-lead.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { PhoneNumber } from '../kernel/phone-number.ts';
import { suppressionHash } from './erase-person.ts';

type Acting = Pick<Context, 'organizationId' | 'actor' | 'once'>;

/** Adds a list of numbers to the do-not-call list of the organization, or of one campaign. Returns how many are new. */
export async function importDoNotCall(
  core: Pick<Core, 'store' | 'clock'>,
  ctx: Acting,
  numbers: readonly PhoneNumber[],
  campaignId: number | null,
): Promise<number> {
  return core.store.transaction(async (records) => {
    const at = core.clock.now();
    const added = await records.doNotCall.add(ctx.organizationId, numbers, { campaignId, source: 'import', at });
    await records.leads.refuse(ctx.organizationId, numbers, campaignId, at);
    await records.outbox.audit(
      ctx,
      'do-not-call.import',
      campaignId === null ? 'organization' : `campaign_${campaignId}`,
      {
        numbers: numbers.length,
        added,
      },
    );
    return added;
  });
}

/** Takes a number off the do-not-call list. False if it was not on it. */
export async function allowCalls(
  core: Pick<Core, 'store' | 'clock' | 'secrets'>,
  ctx: Acting,
  number: PhoneNumber,
  campaignId: number | null,
): Promise<boolean> {
  return core.store.transaction(async (records) => {
    const removed = await records.doNotCall.remove(ctx.organizationId, number, {
      campaignId,
      suppressionHash: suppressionHash(core.secrets, ctx.organizationId, number),
    });
    const subject = campaignId === null ? 'organization' : `campaign_${campaignId}`;
    if (removed) await rescreenNumber(records, ctx.organizationId, number, core.clock.now());
    if (removed) await records.outbox.audit(ctx, 'do-not-call.remove', subject);
    return removed;
  });
}
