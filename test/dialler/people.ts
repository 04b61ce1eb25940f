import { aheadMs, type TimeZone } from '#core/kernel/locale.ts';
import type { Campaign } from '#core/campaigns/campaign.ts';
import { screenLead } from '#core/campaigns/screen-lead.ts';
import type { Core } from '#core/core.ts';
import type { WeekHours } from '#core/dialling/week-hours.ts';
import type { MemoryRecords } from './memory-records.ts';

/** Hours that campaigns set themselves. */
export const HOURS: readonly (WeekHours | null)[] = [
  null,
  { mon: [['09:00', '12:00']] },
  {
    tue: [
      ['08:00', '11:00'],
      ['16:00', '19:00'],
    ],
  },
];
/** Area codes: of one zone, of several, without summer time, far west, and of no place at all. */
export const AREAS = ['212', '312', '850', '602', '808', '907', '617', '800'];
const ZONES: Readonly<Record<string, string>> = {
  '312': 'America/Chicago',
  '850': 'America/Chicago',
  '602': 'America/Phoenix',
  '808': 'Pacific/Honolulu',
  '907': 'America/Anchorage',
};

/** The hour of the clock where a number is. */
export function hourAt(number: string, ms: number): number {
  const zone = ZONES[number.slice(2, 5)] ?? 'America/New_York';
  return new Date(ms + aheadMs(zone as TimeZone, ms)).getUTCHours();
}

/** Adds a lead of a campaign, with its person, unless the campaign has the number. */
export async function addLead(
  { records, core }: { readonly records: MemoryRecords; readonly core: Core },
  campaign: Campaign,
  number: string,
): Promise<void> {
  const { leads, persons } = records;
  const at = core.clock.now();
  const known = persons.filter((one) => one.number === number)[0];
  const person = known ?? persons.set({ id: records.nextId(), number, region: '', refusedAt: null });
  if (leads.filter((one) => one.number === number && one.campaignId === campaign.id).length > 0) return;
  const { standing, place } = await screenLead(core.store, campaign, { number, dueAt: at }, at);
  leads.set({
    id: records.nextId(),
    organizationId: 1,
    campaignId: campaign.id,
    personId: person.id,
    number,
    name: null,
    email: null,
    variables: {},
    priority: 0,
    attempts: 0,
    lastOutcome: null,
    callbackAt: null,
    callbackMissed: null,
    updatedAt: at,
    importId: null,
    createdAt: at,
    ...standing,
    place,
    leaseUntil: null,
    owner: null,
  });
}
