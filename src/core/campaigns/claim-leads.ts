import type { Core } from '../core.ts';
import type { Lead } from './lead.ts';
import { dialsAllowed, paced, type Share } from './pacing.ts';

/** A claim without a dial within this time is given up. */
const CLAIM_LEASE_MS = 20_000;

export interface LeadsWanted {
  readonly campaignId: number;
  /** Places that are open. */
  readonly placeIds: readonly number[];
  readonly share: Share;
  /** The server that is going to dial. */
  readonly owner: string;
}

/** Claims leads of one campaign for this server. What was counted before is counted again under the campaign's lock. */
export async function claimLeads(
  core: Pick<Core, 'store' | 'clock'>,
  { campaignId, placeIds, share, owner }: LeadsWanted,
): Promise<readonly Lead[]> {
  return core.store.transaction(async ({ dialling }) => {
    const now = core.clock.now();
    const load = await dialling.lockPace(campaignId, now);
    if (load?.campaign.status !== 'active') return [];
    const { campaign, pace } = load;
    const room = roomOf(load);
    const most = dialsAllowed(campaign.callsPerSecond, pace, now, Math.min(share.dials, room));
    if (most <= 0) return [];
    const leads = await dialling.claim(campaignId, { placeIds, most, owner, leaseMs: CLAIM_LEASE_MS, at: now });
    if (leads.length > 0)
      await dialling.setPace(campaignId, paced(campaign, pace, now, { dials: leads.length, served: share.served }));
    return leads;
  });
}

/** How many more calls a campaign may have by its own limit. */
export const roomOf = ({
  campaign: { maxConcurrentCalls },
  claimed,
  live,
}: {
  readonly campaign: { readonly maxConcurrentCalls: number | null };
  readonly claimed: number;
  readonly live: number;
}): number => (maxConcurrentCalls === null ? Infinity : Math.max(0, maxConcurrentCalls - claimed - live));
