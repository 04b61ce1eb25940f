import type { Core } from '../core.ts';
import { DESK_POLICY } from '../desk/desk.ts';
import { freeAgents } from '../desk/free-agents.ts';
import type { Records } from '../records.ts';
import { abandonmentOf, abandonmentPace, linesFor } from './abandonment.ts';
import type { Campaign } from './campaign.ts';
import type { CampaignLoad } from './dialling-store.ts';
import { roomOf } from './claim-leads.ts';
import { freeSlots } from './pacing.ts';
import type { CampaignHold } from './reasons.ts';

type CapacityCore = Pick<Core, 'store' | 'clock' | 'carriers' | 'limits'>;

/** A campaign whose next dial is so far away by its calls per second does not dial now. */
const SOON_MS = 1000;

/**
 * How many more calls the carriers take now; `resting`: none, after failures. One that recovers is tried with a single
 * call, and none is handed more calls than it dials within a second.
 */
export async function carrierRoom(core: Pick<Core, 'store' | 'carriers'>): Promise<number | 'resting'> {
  const current = await core.carriers.current();
  if (!current.real) return Infinity;
  const usable = [current, ...(await core.carriers.failover())].filter(({ resting }) => !resting);
  const first = usable.find(({ recovering }) => !recovering) ?? usable[0];
  if (!first) return 'resting';
  const { live, waiting } = await core.store.dialling.carrierLoad(first.id);
  const { callsPerSecond, concurrentCalls } = first.limits;
  const unsent = waiting + (first.id === current.id ? 0 : (await core.store.dialling.carrierLoad(current.id)).waiting);
  const room = Math.min(
    first.recovering ? 1 - unsent : Infinity,
    concurrentCalls === null ? Infinity : concurrentCalls - live - unsent,
    callsPerSecond === null ? Infinity : Math.max(1, Math.ceil(callsPerSecond)) - unsent,
  );
  return Math.max(0, room);
}

/**
 * Free human agents whom no caller waits for and no running call of a campaign is going to need, as far as abandoned
 * calls allow to dial for them; `Infinity` if the campaign needs none. `simulated`: colleagues on the simulator answer
 * the agents' telephones.
 */
export async function humansFor(
  records: Pick<Records, 'desk' | 'dialling' | 'attempts'>,
  campaign: Campaign,
  { claimed, simulated, now }: { readonly claimed: number; readonly simulated: boolean; readonly now: Date },
): Promise<number> {
  const abandonment = await abandonmentOf(records, campaign, now);
  if (abandonment === null) return Infinity;
  const { organizationId } = campaign;
  // Read first: a call that asks the desk meanwhile counts twice, and is not missed.
  const unserved = await records.dialling.countUnserved(organizationId);
  const free = freeAgents({ ...(await records.desk.read(organizationId)), simulated, policy: DESK_POLICY }, now);
  const lines = linesFor(free, abandonmentPace(abandonment));
  return Math.max(0, lines - claimed - unserved);
}

/** Claimed leads of campaigns whose calls need human agents. */
export const claimedForHumans = (loads: readonly CampaignLoad[]): number =>
  claimedBy(loads.filter(({ campaign }) => campaign.needsHuman));

/** Leads that are about to be dialled. */
export const claimedBy = (loads: readonly CampaignLoad[]): number =>
  loads.reduce((sum, { claimed }) => sum + claimed, 0);

/** What keeps a campaign that may dial from dialling now; null: nothing. */
export async function capacityHold(core: CapacityCore, campaign: Campaign): Promise<CampaignHold | null> {
  const { dialling } = core.store;
  const loads = await dialling.active();
  const load = loads.find((one) => one.campaign.id === campaign.id);
  if (!load) return null;
  const inOrganization = loads.filter((one) => one.campaign.organizationId === campaign.organizationId);
  const simulated = !(await core.carriers.current()).real;
  const forHumans = { claimed: claimedForHumans(inOrganization), simulated, now: core.clock.now() };
  if ((await humansFor(core.store, campaign, forHumans)) === 0) return 'no_human';
  const room = await carrierRoom(core);
  if (room === 'resting') return 'carrier';
  const claimed = claimedBy(loads);
  const calls = await dialling.callLoad(campaign.organizationId);
  const isPaced = load.pace.dialAfter.getTime() - core.clock.now().getTime() > SOON_MS;
  const slots = freeSlots(calls, claimedBy(inOrganization), core.limits.maxConcurrentCalls);
  const isFull = room <= claimed || slots === 0 || roomOf(load) === 0;
  return isFull || isPaced ? 'capacity' : null;
}
