import { rulesAt } from '../dialling/may-dial.ts';
import { SHIPPED_RULES } from '../dialling/shipped-rules.ts';
import type { Records } from '../records.ts';
import type { Campaign } from './campaign.ts';
import type { LeadCount } from './reasons.ts';

/** Something to settle before a campaign starts, or to know. */
export interface Finding {
  readonly field: string;
  /** For people: what is wrong, and what helps. */
  readonly message: string;
  /** Whether the campaign cannot start with it. */
  readonly prevents: boolean;
}

/** What stands in the way of a campaign, and what its owner should know. */
export async function findingsOf(
  records: Pick<Records, 'agents' | 'campaigns'>,
  campaign: Campaign,
  now: Date,
): Promise<readonly Finding[]> {
  const agent =
    campaign.agentId === null
      ? await records.agents.default(campaign.organizationId)
      : await records.agents.find(campaign.organizationId, campaign.agentId);
  const counts = await records.campaigns.counts(campaign.id);
  return [
    ...(agent === null
      ? [prevents('agent_id', 'The agent of this campaign was deleted: choose another one.')]
      : agent.isActive
        ? []
        : [prevents('agent_id', 'The agent of this campaign is not active: activate it, or choose another one.')]),
    ...(campaign.endsAt !== null && campaign.endsAt <= now
      ? [prevents('schedule.end_date', 'The end of the schedule has passed: choose a later one.')]
      : []),
    ...leadFindings(counts),
    ...consentFindings(campaign, counts),
  ];
}

const prevents = (field: string, message: string): Finding => ({ field, message, prevents: true });
const warns = (field: string, message: string): Finding => ({ field, message, prevents: false });

function leadFindings(counts: readonly LeadCount[]): readonly Finding[] {
  const open = counts.filter(({ status }) => status !== 'done');
  const sum = (some: readonly LeadCount[]) => some.reduce((total, { leads }) => total + leads, 0);
  if (sum(open) === 0) return [prevents('leads', 'The campaign has no leads that are not done: add leads.')];
  const blocked = Map.groupBy(
    open.filter(({ status }) => status === 'blocked'),
    ({ reason }) => reason!,
  );
  const isAllBlocked = open.every(({ status, leads }) => status === 'blocked' || leads === 0);
  return [
    ...(isAllBlocked ? [prevents('leads', 'None of the leads may be called.')] : []),
    ...[...blocked].map(([reason, some]) => warns('leads', `${sum(some)} leads: ${WORDS[reason] ?? reason}`)),
  ];
}

const WORDS: Readonly<Record<string, string>> = {
  invalid_number: 'the number is not valid.',
  do_not_call: 'the number is on the do-not-call list.',
  no_consent: 'consent is missing or was revoked.',
  zone_unknown: 'the time zone is unknown. Add a time zone, a postal code or a region.',
};

/** Places that ask for consent, unless the campaign calls only people who gave it. */
function consentFindings(campaign: Campaign, counts: readonly LeadCount[]): readonly Finding[] {
  if (campaign.requireConsent) return [];
  const regions = counts.filter(({ leads }) => leads > 0).flatMap(({ place }) => place.regions);
  const rules = rulesAt({ regions }, SHIPPED_RULES).filter(({ consent }) => consent !== 'none');
  return rules.map(({ name, consent, source }) =>
    warns(
      'settings.require_consent',
      `Calls to people in ${name} need ${consent === 'prior' ? 'prior' : 'prior written'} consent (${source}).`,
    ),
  );
}
