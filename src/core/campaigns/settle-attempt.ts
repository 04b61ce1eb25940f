import type { Call } from '../calls/call.ts';
import { ABANDONED } from '../calls/end-reasons.ts';
import { rulesAt } from '../dialling/may-dial.ts';
import type { OpenHours } from '../dialling/open-hours.ts';
import type { AttemptOutcome } from '../dialling/rules.ts';
import type { Records } from '../records.ts';
import { isLiveAnswer } from './abandonment.ts';
import { outcomeOf, type Attempt } from './attempt.ts';
import { rulesOf } from './calling-rules.ts';
import { ownRulesOf, type Campaign } from './campaign.ts';
import type { Lead, Standing } from './lead.ts';
import type { CallingPlace } from './reasons.ts';
import { nextDue } from './retry.ts';
import { rescreenNumber, screenLead } from './screen-lead.ts';

type CampaignRecords = Pick<Records, 'campaigns' | 'leads' | 'dialling' | 'attempts' | 'bookings' | 'desk'>;

/**
 * Decides how leads go on after an outbound call, in the transaction of its end: the lead that it dialled, and all with
 * the same number, whose limits it counts against. `talkMs`: by the call's own clock.
 */
export async function settleDial(
  records: CampaignRecords,
  call: Call,
  talkMs: number | null,
  now: Date,
): Promise<void> {
  if (call.direction !== 'outbound' || call.to === null) return;
  if (call.campaignId !== null) await settleAttempt(records, call, talkMs, now);
  await rescreenNumber(records, call.organizationId, call.to, now);
}

async function settleAttempt(records: CampaignRecords, call: Call, talkMs: number | null, now: Date): Promise<void> {
  const found = await records.attempts.ofCall(call.id);
  const campaign = await records.campaigns.find(call.organizationId, call.campaignId!);
  if (!found || !campaign) return;
  const { attempt, lead } = found;
  const since = attempt.dialledAt;
  const facts = (await records.leads.factsOf(call.organizationId, [call.to!], since)).get(call.to!)!;
  const outcome = outcomeOf({
    ...call,
    endedAt: call.endedAt ?? now,
    talkMs,
    dialled: (await records.dialling.sentAt(call.id)) !== null,
    refused: facts.doNotCall || facts.refusedCampaigns.includes(campaign.id),
    leavesMessage: call.overrides.leavesNoMessage !== true,
  });
  if (outcome === 'not-dialled') await records.attempts.withdraw(attempt.id);
  else await records.attempts.end(attempt.id, outcome, call.endedAt ?? now);
  if (campaign.needsHuman && outcome !== 'not-dialled' && isLiveAnswer(outcome))
    await records.attempts.countAnswer(campaign.id, call.endedAt ?? now, wasAbandoned(call, outcome));
  // An erased lead is done, and stays so.
  if (lead?.status !== 'dialling') return;
  if (outcome === 'not-dialled') {
    const { standing } = await screenLead(records, campaign, { ...lead, dueAt: now }, now);
    return records.attempts.settle(lead.id, { outcome: null, next: standing, callbackAt: lead.callbackAt }, now);
  }
  const isOver = outcome === 'opted_out' || outcome === 'invalid_number';
  // A dial that was recalled keeps no promise: it still stands.
  const standing = outcome === 'canceled' ? lead.callbackAt : null;
  const callbackAt = isOver ? null : ((await promisedAt(records, call)) ?? standing);
  const next =
    callbackAt === null
      ? await nextStanding(records, campaign, lead, now)
      : (await screenLead(records, campaign, { number: lead.number, dueAt: callbackAt, callbackAt }, now)).standing;
  await records.attempts.settle(lead.id, { outcome, next, callbackAt }, now);
}

/** Whether no agent took the call, also of a person who then refused further ones. */
const wasAbandoned = ({ endReason, endedBy }: Call, outcome: AttemptOutcome): boolean =>
  outcome === 'abandoned' || (endReason === ABANDONED && endedBy !== 'human');

/**
 * When the person asked to be called again on this call; the last wish counts. Who keeps a place in line is called by
 * the desk.
 */
async function promisedAt({ bookings, desk }: CampaignRecords, { id, conversationId }: Call): Promise<Date | null> {
  const wish = (await bookings.callbacksOf(conversationId)).findLast(({ dueAt }) => dueAt !== null);
  if (!wish) return null;
  const { entries } = await desk.ofCall(id);
  return entries.some(({ state }) => state === 'callback' || state === 'calling') ? null : wish.dueAt;
}

/** Where the lead goes on; null if it is done. */
async function nextStanding(
  records: CampaignRecords,
  campaign: Campaign,
  lead: Lead,
  now: Date,
): Promise<Standing | null> {
  const { place } = await screenLead(records, campaign, { number: lead.number, dueAt: now }, now);
  const attempts = (await records.attempts.attemptsOf(lead.id)).filter(isEnded);
  // Where the zone is unknown by now, the lead is blocked, and due when it is known.
  const isUnknown = !place.alwaysOpen && place.zones.length === 0;
  const due = nextDue({
    attempts,
    maxAttempts: campaign.maxAttempts,
    table: campaign.retries,
    afterAbandoned: campaign.needsHuman,
    hours: place.alwaysOpen || isUnknown ? null : await hoursOf(records, campaign, place),
  });
  if (due === null) return null;
  return (await screenLead(records, campaign, { number: lead.number, dueAt: due }, now)).standing;
}

const isEnded = (attempt: Attempt): attempt is Attempt & { readonly endedAt: Date; readonly outcome: AttemptOutcome } =>
  attempt.endedAt !== null && attempt.outcome !== null;

async function hoursOf(records: CampaignRecords, campaign: Campaign, place: CallingPlace): Promise<OpenHours> {
  const { rules, own } = await rulesOf(records, campaign.organizationId);
  return {
    zones: place.zones,
    jurisdictions: rulesAt(place, rules),
    own: [own, ownRulesOf(campaign)].flatMap(({ hours }) => (hours === null ? [] : [hours])),
  };
}
