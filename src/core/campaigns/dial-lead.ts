import { begin, DEFAULT_RING_TIMEOUT_MS, type Beginning } from '../calls/place-call.ts';
import type { Call, CallOverrides } from '../calls/call.ts';
import type { Reservation } from '../calls/live-calls.ts';
import type { Core } from '../core.ts';
import { AppError } from '../kernel/errors.ts';
import { callPartyOf } from '../people/person-of.ts';
import type { Records } from '../records.ts';
import type { Campaign } from './campaign.ts';
import { dialledToday } from './campaigns.ts';
import { humansFor } from './capacity.ts';
import { roomOf } from './claim-leads.ts';
import type { Lead } from './lead.ts';
import { callerIdFor, freeSlots, LEAST_RING_MS } from './pacing.ts';
import { holdOf } from './reasons.ts';
import { screenLead } from './screen-lead.ts';

export type DialCore = Pick<Core, 'store' | 'clock' | 'secrets' | 'live' | 'limits' | 'carriers'>;

/** Why a claimed lead was not dialled. `gone`: it is no longer claimed by this server. */
export type NotDialledReason = 'gone' | 'campaign' | 'capacity' | 'rules' | 'on-call' | 'closing' | 'agent';

class NotDialled extends Error {
  override readonly name = 'NotDialled';
  readonly reason: NotDialledReason;

  constructor(reason: NotDialledReason) {
    super(`The lead is not dialled: ${reason}`);
    this.reason = reason;
  }
}

export const DIALLER = { kind: 'system', name: 'dialler' } as const;

/**
 * Dials a lead that this server has claimed. Everything that a dial depends on is checked again in the transaction that
 * stores the call. What prevents it gives the lead back, with its reason.
 */
export async function dialLead(
  core: DialCore,
  lead: Lead,
  owner: string,
  reservation: Reservation,
): Promise<{ readonly call: Call } | { readonly reason: NotDialledReason }> {
  const { organizationId } = lead;
  try {
    const carrier = await core.carriers.current();
    const { call, begun } = await begin(
      core,
      { organizationId, actor: DIALLER },
      { reservation },
      'outbound',
      (records) => check(core, records, lead, owner, carrier),
      (records, { id, placedAt }) =>
        records.attempts.begin({ campaignId: lead.campaignId, leadId: lead.id, callId: id, dialledAt: placedAt }),
    );
    // The end of the call says how it went on.
    void begun;
    return { call };
  } catch (error) {
    reservation.give();
    const reason = reasonOf(error);
    const isReady = await giveBack(core, lead, owner, reason ?? 'agent');
    if (reason === null) throw error;
    // By the rules of its place it may be dialled, but not by those of this instant: they changed just now.
    return { reason: reason === 'rules' && isReady ? 'closing' : reason };
  }
}

function reasonOf(error: unknown): NotDialledReason | null {
  if (error instanceof NotDialled) return error.reason;
  if (!(error instanceof AppError)) return null;
  if (error.code === 'too-many-calls') return 'capacity';
  return error.code === 'not-found' || error.code === 'invalid-input' ? 'agent' : null;
}

/** Locks in the order campaign, person, lead, as all changes of leads do. @throws NotDialled */
async function check(
  core: DialCore,
  records: Records,
  claimed: Lead,
  owner: string,
  carrier: { readonly id: string; readonly real: boolean },
): Promise<Beginning> {
  const { organizationId, campaignId } = claimed;
  const { dialling } = records;
  const campaign = await dialling.keepCampaign(organizationId, campaignId);
  if (!campaign) throw new NotDialled('gone');
  if (claimed.personId === null || !(await dialling.keepPerson(claimed.personId))) throw new NotDialled('gone');
  const lead = await dialling.lockClaimed(claimed.id, owner);
  if (!lead) throw new NotDialled('gone');
  const live = await dialling.countLive(campaignId);
  // Dials of the organization are counted one after another from here on.
  await records.calls.countLive(organizationId);
  const now = core.clock.now();
  if (holdOf(campaign, await dialledToday(records, campaign, now), now) !== null) throw new NotDialled('campaign');
  const load = await dialling.callLoad(organizationId);
  if (freeSlots(load, 0, core.limits.maxConcurrentCalls) === 0 || roomOf({ campaign, live, claimed: 0 }) === 0)
    throw new NotDialled('capacity');
  const forHumans = { claimed: 0, simulated: !carrier.real, now };
  if ((await humansFor(records, campaign, forHumans)) === 0) throw new NotDialled('capacity');
  const { verdict } = await screenLead(records, campaign, { ...lead, dueAt: now }, now);
  if (!verdict.allowed) throw new NotDialled('rules');
  if (await dialling.isOnCall(organizationId, lead.number)) throw new NotDialled('on-call');
  const notAfter = earliest(verdict.closesAt, campaign.endsAt);
  const leftMs = notAfter === null ? Infinity : notAfter.getTime() - now.getTime();
  if (leftMs < LEAST_RING_MS) throw new NotDialled('closing');
  return {
    ...(await beginningOf(core, records, campaign, lead)),
    carrier: carrier.id,
    recorded: !carrier.real,
    ringTimeoutMs: Math.min(DEFAULT_RING_TIMEOUT_MS, leftMs),
    notAfter,
  };
}

const earliest = (...instants: readonly (Date | null)[]): Date | null =>
  instants.reduce((first, one) => (one !== null && (first === null || one < first) ? one : first), null);

async function beginningOf(
  core: DialCore,
  records: Records,
  campaign: Campaign,
  lead: Lead,
): Promise<Omit<Beginning, 'carrier' | 'recorded' | 'ringTimeoutMs' | 'notAfter'>> {
  const { organizationId, number } = lead;
  const variables = {
    ...lead.variables,
    ...(lead.name === null ? {} : { name: lead.name }),
    ...(lead.email === null ? {} : { email: lead.email }),
  };
  const { numberOwner, person, userId } = await callPartyOf(
    records,
    core.secrets,
    organizationId,
    number,
    lead.variables['user_id'],
  );
  const lastUsed = campaign.callerIds.length === 0 ? null : await records.dialling.lastCallerId(organizationId, number);
  return {
    agentId: campaign.agentId,
    personId: numberOwner?.id ?? null,
    callParty: { personId: person?.id ?? null, userId },
    from: callerIdFor(campaign.callerIds, lead.personId ?? 0, lastUsed),
    to: number,
    variables,
    overrides: await overridesOf(records, campaign, lead),
    transcribed: true,
    campaignId: campaign.id,
  };
}

/** A person's voicemail hears one message of a campaign. */
async function overridesOf(
  { attempts }: Pick<Records, 'attempts'>,
  { voicemailMessage, needsHuman }: Campaign,
  lead: Lead,
): Promise<CallOverrides> {
  const isLeft = (await attempts.attemptsOf(lead.id)).some(({ outcome }) => outcome === 'voicemail_left');
  return {
    ...(isLeft ? { leavesNoMessage: true } : {}),
    ...(voicemailMessage === null ? {} : { voicemailMessage }),
    ...(needsHuman ? { needsHuman } : {}),
  };
}

/** Until a lead whose number is on another call is looked at again, unless that call ends before. */
const ON_CALL_WAIT_MS = 60_000;

/** Whether the lead may be claimed again at once. */
async function giveBack(
  core: Pick<Core, 'store' | 'clock'>,
  { id, organizationId, campaignId, personId }: Lead,
  owner: string,
  why: NotDialledReason,
): Promise<boolean> {
  if (why === 'gone') return false;
  return core.store.transaction(async (records) => {
    const { dialling, leads } = records;
    const campaign = await records.campaigns.find(organizationId, campaignId);
    if (personId !== null) await dialling.keepPerson(personId);
    const lead = await dialling.lockClaimed(id, owner);
    if (!lead || !campaign) return false;
    const now = core.clock.now();
    await dialling.unclaim(id, now);
    const { standing, place } = await screenLead(records, campaign, lead, now);
    const dueAt = new Date(now.getTime() + ON_CALL_WAIT_MS);
    const onCall = why === 'on-call' && standing.status === 'ready';
    await leads.place(id, onCall ? { status: 'waiting', reason: 'being_called', dueAt } : standing, place, now);
    return standing.status === 'ready' && !onCall;
  });
}
