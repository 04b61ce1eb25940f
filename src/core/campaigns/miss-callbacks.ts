import type { Core } from '../core.ts';
import { rulesOf } from './calling-rules.ts';
import { ownRulesOf } from './campaign.ts';
import { holdNow, type CapacityCore } from './campaigns.ts';
import { answerFor } from './reasons.ts';

const DIALLER = { kind: 'system', name: 'dialler' } as const;
/** A callback that begins so long after its time is still in time. */
const TOLERANCE_MS = 15 * 60_000;
const AT_ONCE = 100;

/**
 * Notes of promised callbacks whose time has passed that they were missed, and why: once each. Their leads stay first
 * in line, and are dialled as soon as they may be.
 */
export async function missCallbacks(core: CapacityCore & Pick<Core, 'store'>): Promise<void> {
  const now = core.clock.now();
  const overdue = await core.store.attempts.overdue(new Date(now.getTime() - TOLERANCE_MS), AT_ONCE);
  for (const { lead, place } of overdue) {
    const campaign = await core.store.campaigns.find(lead.organizationId, lead.campaignId);
    if (!campaign) continue;
    const { rules, own } = await rulesOf(core.store, lead.organizationId);
    const hold = await holdNow(core, campaign, now);
    const { blockedBy } = answerFor(lead, place, { hold, rules, own: [own, ownRulesOf(campaign)], now });
    // Where nothing holds it back now, there was no room for it before.
    const reason = blockedBy ?? 'capacity';
    await core.store.transaction(async ({ attempts, outbox }) => {
      if (!(await attempts.miss(lead.id, lead.callbackAt!, reason, now))) return;
      const detail = { promised: lead.callbackAt!.toISOString(), reason };
      await outbox.audit(
        { organizationId: lead.organizationId, actor: DIALLER },
        'callback.miss',
        `lead_${lead.id}`,
        detail,
      );
    });
  }
}
