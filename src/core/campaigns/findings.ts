import { rulesAt } from '../dialling/may-dial.ts';
import { SHIPPED_RULES } from '../dialling/shipped-rules.ts';
import type { Records } from '../records.ts';
import { ABANDONMENT_LIMIT, abandonmentOf, abandonmentPace } from './abandonment.ts';
import type { LiveAnswers } from './attempt-store.ts';
import { ownRulesOf, type Campaign } from './campaign.ts';
import type { Core } from '../core.ts';
import { variablesIn } from '../ai-agents/ai-agent.ts';
import { rulesOf } from './calling-rules.ts';
import { carrierRoom, humansFor } from './capacity.ts';
import type { ListedLead } from './campaign-store.ts';
import { openingOf, type LeadCount } from './reasons.ts';

/** Something to settle before a campaign starts, or to know. */
export interface Finding {
  readonly field: string;
  /** For people: what is wrong, and what helps. */
  readonly message: string;
  /** Whether the campaign cannot start with it. */
  readonly prevents: boolean;
}

/** What stands in the way of a campaign, and what its owner should know. */
export async function findingsOf(records: FindingRecords, campaign: Campaign, now: Date): Promise<readonly Finding[]> {
  const counts = await records.campaigns.counts(campaign.id);
  return [
    ...(campaign.status === 'completed'
      ? [warns('status', 'The campaign is completed: start it again to dial leads that are left.')]
      : []),
    ...(await agentFindings(records, campaign)),
    ...(campaign.endsAt !== null && campaign.endsAt <= now
      ? [prevents('schedule.end_date', 'The end of the schedule has passed: choose a later one.')]
      : []),
    ...leadFindings(counts),
    ...(await hoursFindings(records, campaign, counts, now)),
    ...consentFindings(campaign, counts),
    ...(await callerIdFindings(records, campaign)),
  ];
}

type FindingRecords = Pick<Records, 'agents' | 'campaigns' | 'numbers' | 'leads'>;

/** What the owner should know of the lines and the people that the campaign needs. */
export async function lineFindings(
  core: Pick<Core, 'carriers' | 'store' | 'clock'>,
  campaign: Campaign,
): Promise<readonly Finding[]> {
  const { real } = await core.carriers.current();
  const abandonment = await abandonmentOf(core.store, campaign, core.clock.now());
  const humans = await humansFor(core.store, campaign, { claimed: 0, simulated: !real, now: core.clock.now() });
  return [
    ...(real ? [] : [warns('carrier', 'No carrier is configured: calls are simulated, and no person is called.')]),
    ...(real && (await carrierRoom(core)) === 'resting'
      ? [warns('carrier', 'The carrier fails at present. It is tried again soon, and until then nothing is dialled.')]
      : []),
    ...(abandonment !== null && abandonmentPace(abandonment) === 'stopped'
      ? [warns('settings.needs_human', stoppedBy(abandonment.day))]
      : humans === 0
        ? [warns('settings.needs_human', 'No human agent is free: nothing is dialled until one is.')]
        : []),
  ];
}

const stoppedBy = ({ live, abandoned }: LiveAnswers): string =>
  `Of ${live} people who answered in the last 24 hours, ${abandoned} met no human agent: ` +
  `over ${ABANDONMENT_LIMIT * 100} %. Nothing is dialled until it is less.`;

async function agentFindings({ agents, leads }: FindingRecords, campaign: Campaign): Promise<readonly Finding[]> {
  const { id, organizationId, agentId } = campaign;
  const agent = agentId === null ? await agents.default(organizationId) : await agents.find(organizationId, agentId);
  if (!agent) return [prevents('agent_id', 'The agent of this campaign was deleted: choose another one.')];
  if (agent.type !== 'conversation')
    return [prevents('agent_id', 'The agent of this campaign makes no calls: choose one of type conversation.')];
  if (!agent.isActive)
    return [prevents('agent_id', 'The agent of this campaign is not active: activate it, or choose another one.')];
  const { rows } = await leads.list(organizationId, id, {}, { skip: 0, limit: LOOKED_AT });
  const names = new Set(
    [agent.systemPrompt, agent.firstMessage, campaign.script].flatMap((text) => variablesIn(text ?? '')),
  );
  const known = (lead: ListedLead) => ({ name: lead.name, email: lead.email, ...lead.variables });
  return [...names].flatMap((name) => {
    const without = rows.filter((lead) => (known(lead) as Record<string, string | null>)[name] == null).length;
    const isOfTalk = without === rows.length && !rows.some((lead) => Object.hasOwn(lead.variables, name));
    // A variable that no lead has may be one that every talk has, such as the date.
    if (without === 0 || (isOfTalk && name !== 'name' && name !== 'email')) return [];
    return [
      warns('agent_id', `The agent says {{${name}}}, which ${without} of the first ${leadsOf(rows.length)} lack.`),
    ];
  });
}

/** Leads that are looked at for what the agent's words need. */
const LOOKED_AT = 100;

async function callerIdFindings(
  { numbers }: Pick<Records, 'numbers'>,
  { organizationId, callerIds }: Campaign,
): Promise<readonly Finding[]> {
  const field = 'settings.caller_id';
  if (callerIds.length === 0) return [warns(field, 'No caller id is set: people see a number of the carrier.')];
  const own = new Set((await numbers.list(organizationId)).map(({ number }) => number));
  return callerIds
    .filter((one) => !own.has(one))
    .map((one) => warns(field, `${one} is not a number of yours: people who call it back do not reach you.`));
}

async function hoursFindings(
  records: Pick<Records, 'campaigns'>,
  campaign: Campaign,
  counts: readonly LeadCount[],
  now: Date,
): Promise<readonly Finding[]> {
  const { rules, own } = await rulesOf(records, campaign.organizationId);
  const open = counts.filter(({ status, leads }) => leads > 0 && (status === 'ready' || status === 'waiting'));
  const hours = { rules, own: [own, ownRulesOf(campaign)], now };
  if (open.length === 0 || open.some(({ place }) => Number.isFinite(openingOf(place, hours).opensMs))) return [];
  return [prevents('settings.calling_hours', 'The calling hours are closed all the time for every lead: widen them.')];
}

const prevents = (field: string, message: string): Finding => ({ field, message, prevents: true });
const warns = (field: string, message: string): Finding => ({ field, message, prevents: false });

const sum = (some: readonly LeadCount[]): number => some.reduce((total, { leads }) => total + leads, 0);
const leadsOf = (count: number): string => `${count} ${count === 1 ? 'lead' : 'leads'}`;
/** More refusals than this share of a list say that people of the list did not ask to be called. */
const MANY_REFUSALS = 0.2;

function leadFindings(counts: readonly LeadCount[]): readonly Finding[] {
  const open = counts.filter(({ status }) => status !== 'done');
  if (sum(open) === 0) return [prevents('leads', 'The campaign has no leads that are not done: add leads.')];
  const blocked = Map.groupBy(
    open.filter(({ status }) => status === 'blocked'),
    ({ reason }) => reason!,
  );
  const mayBeCalled = open.some(
    ({ status, reason, leads }) => leads > 0 && (status !== 'blocked' || reason === 'importing'),
  );
  const refused = sum(blocked.get('do_not_call') ?? []);
  return [
    ...(mayBeCalled ? [] : [prevents('leads', 'None of the leads may be called.')]),
    ...[...blocked].flatMap(([reason, some]) =>
      sum(some) > 0 ? [warns('leads', `${leadsOf(sum(some))}: ${WORDS[reason] ?? reason}`)] : [],
    ),
    ...(refused > MANY_REFUSALS * sum(counts)
      ? [warns('leads', 'Many people of this list refused calls: check where the list comes from.')]
      : []),
  ];
}

const WORDS: Readonly<Record<string, string>> = {
  importing: 'their import is not complete yet.',
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
