import type { Reservation } from '../calls/live-calls.ts';
import type { Core } from '../core.ts';
import { rulesOf } from './calling-rules.ts';
import { ownRulesOf } from './campaign.ts';
import { dialledToday, nextDay } from './campaigns.ts';
import { carrierRoom, claimedBy, claimedForHumans, humansFor } from './capacity.ts';
import { claimLeads, roomOf } from './claim-leads.ts';
import { completeIfDone } from './complete-campaigns.ts';
import type { CampaignLoad } from './dialling-store.ts';
import type { Lead } from './lead.ts';
import type { OpenPlaces } from './open-places.ts';
import { dialsAllowed, freeSlots, shareSlots, type CallLoad, type Contender } from './pacing.ts';
import { missCallbacks } from './miss-callbacks.ts';
import { holdOf } from './reasons.ts';
import type { Recalls } from './recall-dials.ts';

/** Waiting leads that one step makes ready for each campaign. */
const READY_AT_ONCE = 200;
/** Dials that one step claims for an organization. */
const CLAIMED_AT_ONCE = 500;
/** While carriers rest. */
const RESTING_MS = 1000;
/** Another server claims for the campaign, or some leads were left. */
const AGAIN_MS = 200;
/** While dials are being ended: one that could not be ended is tried again. */
const RECALLING_MS = 1000;

const NO_CALLS: CallLoad = { live: 0, outbound: 0 };

type ClaimCore = Pick<Core, 'store' | 'clock' | 'limits' | 'carriers'>;

export interface Claimant {
  /** The server that dials. */
  readonly owner: string;
  readonly places: OpenPlaces;
  readonly recalls: Recalls;
  /** Reserves a slot for a call; null if there is none now. */
  readonly reserve: () => Reservation | null;
  /** Campaigns that are left out. */
  readonly isHeld: (campaignId: number) => boolean;
  /** There may be something to do at this instant, without a notification before it. */
  readonly lookAgain: (at: Date) => void;
  /** A part of the step failed; the others are done. */
  readonly failed: (error: unknown) => void;
}

export interface ClaimedLead {
  readonly lead: Lead;
  readonly reservation: Reservation;
}

/** A campaign with leads that may be dialled now. */
interface Dialable extends Contender {
  readonly placeIds: readonly number[];
}

/**
 * Claims leads that may be dialled now, as many as there are free slots, by the share of each campaign, into `claimed`.
 * Completes campaigns that have nothing left to dial.
 */
async function claimDue(core: ClaimCore, claimant: Claimant, claimed: ClaimedLead[]): Promise<void> {
  const loads = await core.store.dialling.active();
  if (loads.length === 0) return;
  const calls = await core.store.dialling.callLoads();
  const room = await carrierRoom(core);
  if (room === 'resting') claimant.lookAgain(later(core, RESTING_MS));
  const forCarriers = room === 'resting' ? 0 : room - claimedBy(loads);
  for (const [organizationId, campaigns] of Map.groupBy(loads, ({ campaign }) => campaign.organizationId)) {
    const load = calls.get(organizationId) ?? NO_CALLS;
    const organization = { organizationId, campaigns, load };
    await apart(claimant, () => claimOf(core, claimant, organization, forCarriers - claimed.length, claimed));
  }
}

interface DiallingOrganization {
  readonly organizationId: number;
  readonly campaigns: readonly CampaignLoad[];
  readonly load: CallLoad;
}

async function claimOf(
  core: ClaimCore,
  claimant: Claimant,
  { organizationId, campaigns, load }: DiallingOrganization,
  forCarriers: number,
  claimed: ClaimedLead[],
): Promise<void> {
  const dialable = await dialableOf(core, claimant, organizationId, campaigns);
  const free = freeSlots(load, claimedBy(campaigns), core.limits.maxConcurrentCalls);
  const all = campaigns.map(({ campaign: { weight }, pace: { served } }) => ({ weight, served }));
  const shares = shareSlots(dialable, all, Math.min(CLAIMED_AT_ONCE, forCarriers, free));
  for (const { id, placeIds } of dialable) {
    const share = shares.get(id)!;
    const reservations: Reservation[] = [];
    while (reservations.length < share.dials) {
      const reservation = claimant.reserve();
      if (!reservation) break;
      reservations.push(reservation);
    }
    // This server is full or too busy, and no notification says when it is so no more.
    if (reservations.length < share.dials) claimant.lookAgain(later(core, AGAIN_MS));
    claimed.push(...(await claimInto(core, claimant, { id, placeIds, served: share.served }, reservations)));
  }
}

/** A failure keeps nothing else from being done. */
const apart = (claimant: Claimant, work: () => Promise<unknown>): Promise<void> =>
  work().then(() => undefined, claimant.failed);

/** One step of the dialler: begins to end dials that must not go on, and claims the leads to dial next. */
export async function claimNext(
  core: ClaimCore & Pick<Core, 'live'>,
  claimant: Claimant,
): Promise<readonly ClaimedLead[]> {
  const { dialling } = core.store;
  const claimed: ClaimedLead[] = [];
  await claimant.recalls.begin(core);
  if (claimant.recalls.count > 0) claimant.lookAgain(later(core, RECALLING_MS));
  await apart(claimant, () => missCallbacks(core));
  await dialling.makeReady(core.clock.now(), READY_AT_ONCE);
  await claimDue(core, claimant, claimed);
  await apart(claimant, async () => {
    const next = await dialling.nextInstant(core.clock.now());
    if (next !== null) claimant.lookAgain(next);
  });
  return claimed;
}

const later = ({ clock }: Pick<Core, 'clock'>, ms: number): Date => new Date(clock.now().getTime() + ms);

async function claimInto(
  core: ClaimCore,
  { owner, lookAgain }: Claimant,
  { id, placeIds, served }: Pick<Dialable, 'id' | 'placeIds' | 'served'>,
  reservations: readonly Reservation[],
): Promise<readonly ClaimedLead[]> {
  if (reservations.length === 0) return [];
  let used = 0;
  try {
    const share = { dials: reservations.length, served };
    const leads = await claimLeads(core, { campaignId: id, placeIds, share, owner });
    used = leads.length;
    if (used < reservations.length) lookAgain(later(core, AGAIN_MS));
    return leads.map((lead, at) => ({ lead, reservation: reservations[at]! }));
  } finally {
    for (const unused of reservations.slice(used)) unused.give();
  }
}

async function dialableOf(
  core: ClaimCore,
  { places, isHeld, lookAgain }: Claimant,
  organizationId: number,
  loads: readonly CampaignLoad[],
): Promise<readonly Dialable[]> {
  const now = core.clock.now();
  const { rules, own } = await rulesOf(core.store, organizationId);
  const simulated = !(await core.carriers.current()).real;
  const dialable: Dialable[] = [];
  for (const load of loads) {
    const { campaign, pace, claimed, live } = load;
    const hold = holdOf(campaign, await dialledToday(core.store, campaign, now), now);
    const ready = hold === null || hold === 'ended' ? await core.store.dialling.ready(campaign.id) : [];
    if (hold === 'ended' || (hold === null && ready.length === 0 && claimed === 0 && live === 0)) {
      const isOver = hold === 'ended' || (await core.store.dialling.countOpen(campaign.id)) === 0;
      if (isOver) await completeIfDone(core, organizationId, campaign.id);
      continue;
    }
    if (hold === 'daily_cap') lookAgain(await nextDay(core.store, campaign, now));
    if (hold !== null || isHeld(campaign.id)) continue;
    const hours = [own, ownRulesOf(campaign)].flatMap((one) => (one.hours === null ? [] : [one.hours]));
    const opening = ready.map((one) => ({ one, opensMs: places.opensMs(one, rules, hours, now) }));
    const soonest = Math.min(...opening.map(({ opensMs }) => opensMs).filter((ms) => ms > now.getTime()));
    if (Number.isFinite(soonest)) lookAgain(new Date(soonest));
    const open = opening.filter(({ opensMs }) => opensMs <= now.getTime()).map(({ one }) => one);
    const leads = open.reduce((sum, one) => sum + one.leads, 0);
    const humans = await humansFor(core.store, campaign, { claimed: claimedForHumans(loads), simulated, now });
    const wanted = dialsAllowed(campaign.callsPerSecond, pace, now, Math.min(leads, roomOf(load), humans));
    const { id, weight } = campaign;
    if (wanted > 0)
      dialable.push({ id, weight, served: pace.served, wanted, placeIds: open.map(({ placeId }) => placeId) });
  }
  return dialable;
}
