import type { Core } from '../core.ts';
import { DIALLER } from './dial-lead.ts';

/**
 * Completes an active campaign whose schedule has ended, or of which no lead is left to dial: all are done or blocked.
 * False if it goes on.
 */
export async function completeIfDone(
  core: Pick<Core, 'store' | 'clock'>,
  organizationId: number,
  campaignId: number,
): Promise<boolean> {
  return core.store.transaction(async (records) => {
    const campaign = await records.campaigns.lock(organizationId, campaignId);
    const now = core.clock.now();
    if (campaign?.status !== 'active') return false;
    const isOver = campaign.endsAt !== null && now >= campaign.endsAt;
    if (!isOver && (await records.dialling.countOpen(campaignId)) > 0) return false;
    const { name } = await records.campaigns.move(campaignId, 'completed', now);
    await records.outbox.audit({ organizationId, actor: DIALLER }, 'campaign.complete', `campaign_${campaignId}`);
    await records.outbox.event(organizationId, { type: 'campaign.completed', campaignId, data: { name } });
    return true;
  });
}
