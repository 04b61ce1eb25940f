import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { LeadFilter, LeadSort } from '#core/campaigns/campaign-store.ts';
import { LEAD_STATUSES } from '#core/campaigns/lead.ts';
import type { Page } from '#core/kernel/page.ts';
import type { Branch } from './listing.ts';
import { keyIds, sortedIds } from './sorted-rows.ts';
import type { Database } from './schema.ts';

/** What leads are ordered by. The values of `value` have indexes with the campaign before and the id behind them. */
const VALUES: Readonly<Record<Exclude<LeadSort, 'created_at' | 'status'>, RawBuilder<unknown>>> = {
  updated_at: sql`updated_at`,
  // Names are long; the index holds their beginnings.
  name: sql`left(lower(name), 60)`,
  phone_number: sql`number`,
  attempts: sql`attempts`,
};

/** Each status of each campaign is read from its own part of an index. */
export function branchesOf(
  organizationId: number,
  campaignIds: readonly number[],
  { afterId, statuses = LEAD_STATUSES, number }: LeadFilter,
): readonly RawBuilder<unknown>[] {
  const isNumber = number === undefined ? sql`` : sql`and number = ${number}`;
  const isAfter = afterId === undefined ? sql`` : sql`and id > ${afterId}`;
  return campaignIds.flatMap((campaignId) =>
    statuses.map(
      (status) => sql`${ofCampaign(organizationId, campaignId)} and status = ${status} ${isAfter} ${isNumber}`,
    ),
  );
}

/** The organization is checked at the campaign: an index of leads then holds all that is asked for. */
const ofCampaign = (organizationId: number, campaignId: number): RawBuilder<unknown> =>
  sql`campaign_id = (select id from campaigns where id = ${campaignId} and organization_id = ${organizationId})`;

/**
 * The ids of a page of the leads of a campaign. Each list by time or status is read from an index, and that of all
 * leads in every order; of other leads, the other orders hold the newest `MOST_SORTED`. `total`: of what they hold.
 */
export async function leadIds(
  db: Kysely<Database>,
  [organizationId, campaignId]: readonly [number, number],
  filter: LeadFilter,
  page: Page,
  sort: LeadSort,
): Promise<{ readonly ids: readonly number[]; readonly total: number | null }> {
  const listing = { table: 'leads', usualOrder: 'asc' } as const;
  const read = async (branches: readonly (Branch | RawBuilder<unknown>)[], key: readonly string[]) => {
    const { ids } = await keyIds(db, { ...listing, branches, key }, { ...page, uncounted: true });
    return { ids, total: null };
  };
  const branches = branchesOf(organizationId, [campaignId], filter);
  if (sort === 'created_at') return read(branches, ['id']);
  if (sort === 'status') return read(branches, ['status', 'id']);
  const value = VALUES[sort];
  if (Object.values(filter).some((one) => one !== undefined))
    return sortedIds(db, { ...listing, branches, value }, page);
  const isDescending = (page.order ?? listing.usualOrder) === 'desc';
  // Rows without a value come last in either order.
  const all: readonly Branch[] = [true, false].map((hasValue) => ({
    where: sql`${ofCampaign(organizationId, campaignId)} and ${value} is ${sql.raw(hasValue ? 'not null' : 'null')}`,
    columns: { place: sql`${hasValue === isDescending ? 1 : 0}::int`, value },
  }));
  return read(all, ['place', 'value', 'id']);
}
