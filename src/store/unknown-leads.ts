import { sql, type Kysely } from 'kysely';
import type { UnknownLead, UnknownLeads } from '#core/campaigns/campaign-store.ts';
import type { CallingPlace } from '#core/campaigns/reasons.ts';
import type { Database } from './schema.ts';

/**
 * Adds leads with numbers that nothing is recorded of, each with a new person, in one statement. Returns the numbers;
 * those of which anything is known are left out.
 */
export async function insertUnknown(
  db: Kysely<Database>,
  { organizationId, campaignId, importId, leads, at }: UnknownLeads,
): Promise<ReadonlySet<string>> {
  if (leads.length === 0) return new Set();
  const places = await placeIds(
    db,
    leads.map(({ place }) => place),
    importId,
  );
  const given = givenRows(leads, (lead) => places.get(keyOf(lead.place))!);
  const { rows } = await sql<{ number: string }>`
    with given as materialized (
      select g.* from ${given} g
      where coalesce(
        -- With limits the planner looks each number up by its index, instead of reading all numbers of an organization.
        (select true from person_numbers n
          where n.organization_id = ${organizationId} and n.number = g.number limit 1),
        (select true from do_not_call d where d.organization_id = ${organizationId} and d.number = g.number limit 1),
        -- Without hashes no number is suppressed; if one is by now, nothing is known of any.
        (select true from suppressed_numbers s
          where s.organization_id = ${organizationId} and (g.hash is null or s.number_hash = g.hash) limit 1),
        (select true from calls c where c.organization_id = ${organizationId} and c.to_number = g.number
          and c.direction = 'outbound' limit 1)) is null),
    numbers as (
      insert into person_numbers (organization_id, number, person_id)
      select ${organizationId}, number, nextval((select pg_get_serial_sequence('persons', 'id')::regclass))
      from given order by number
      on conflict do nothing returning number, person_id),
    fresh as materialized (select given.*, person_id from given join numbers using (number)),
    made as (
      insert into persons (id, organization_id, postal_code, region, country, time_zone, time_zone_from)
      overriding system value
      select person_id, ${organizationId}, postal_code, region, country, time_zone,
        case when time_zone is not null then 'given' end from fresh),
    agreed as (
      insert into consents (organization_id, person_id, given, source, at)
      select ${organizationId}, person_id, consented, consent_source, ${at}::timestamptz from fresh
      where consented is not null)
    insert into leads (organization_id, campaign_id, person_id, number, name, email, variables, priority, import_id,
      status, reason, due_at, place_id, created_at, updated_at)
    select ${organizationId}, ${campaignId}::bigint, person_id, number, name, email, variables::jsonb, priority,
      ${importId}::bigint, status, reason, ${at}::timestamptz, place_id, ${at}::timestamptz, ${at}::timestamptz
    from fresh order by at returning number`.execute(db);
  return new Set(rows.map(({ number }) => number));
}

type Cell = string | number | boolean | null;

const COLUMNS: readonly (readonly [
  name: string,
  type: 'text' | 'bigint' | 'boolean',
  of: (lead: UnknownLead) => Cell,
])[] = [
  ['hash', 'text', (one) => one.suppressionHash],
  ['name', 'text', (one) => one.name],
  ['email', 'text', (one) => one.email],
  ['variables', 'text', (one) => JSON.stringify(one.variables)],
  ['priority', 'bigint', (one) => one.priority],
  ['postal_code', 'text', (one) => one.postalCode],
  ['region', 'text', (one) => one.region],
  ['country', 'text', (one) => one.country],
  ['time_zone', 'text', (one) => one.timeZone],
  ['consented', 'boolean', (one) => one.consent?.given ?? null],
  ['consent_source', 'text', (one) => one.consent?.source ?? null],
  ['status', 'text', (one) => one.standing.status],
  ['reason', 'text', (one) => one.standing.reason],
];

/** Leads as rows. What is the same in all of them, as most columns of a list are, is sent once. */
function givenRows(leads: readonly UnknownLead[], placeIdOf: (lead: UnknownLead) => number) {
  const columns = [...COLUMNS, ['place_id', 'bigint', placeIdOf] as const].map(([name, type, of]) => ({
    name: sql.raw(name),
    type: sql.raw(type),
    values: leads.map(of),
  }));
  const isSame = ({ values }: (typeof columns)[number]) => values.every((value) => value === values[0]);
  const varying = columns.filter((one) => !isSame(one));
  const arrays = varying.map(({ values, type }) => sql`, ${values}::${type}[]`);
  const names = varying.map(({ name }) => sql`, ${name}`);
  const same = columns.filter(isSame).map(({ name, type, values }) => sql`, ${values[0]}::${type} as ${name}`);
  const none = sql``;
  return sql`(
    select v.*${same.length === 0 ? none : sql.join(same, none)}
    from unnest(${leads.map(({ number }) => number)}::text[]${arrays.length === 0 ? none : sql.join(arrays, none)})
      with ordinality as v(number${names.length === 0 ? none : sql.join(names, none)}, at))`;
}

/**
 * The ids of places, which are added where they are new; by `keyOf`. They are never deleted. An import has places of
 * its own, which hold its leads until it is complete.
 */
export async function placeIds(
  db: Kysely<Database>,
  places: readonly CallingPlace[],
  importId: number | null,
): Promise<ReadonlyMap<string, number>> {
  const keys = new Map(places.map((place) => [place, keyOf(place)]));
  // In a fixed order, so that concurrent transactions do not deadlock.
  const distinct = [...new Map([...keys].map(([place, key]) => [key, place]))].toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  );
  const given = sql`unnest(${distinct.map(([, { regions }]) => arrayText(regions))}::text[],
    ${distinct.map(([, { zones }]) => arrayText(zones))}::text[],
    ${distinct.map(([, { alwaysOpen }]) => alwaysOpen)}::boolean[]) with ordinality
    as g(regions, zones, always_open, at)`;
  const find = async () =>
    (
      await sql<{ at: number; id: number }>`
        select g.at, p.id from ${given} join calling_places p
          on p.regions = g.regions::text[] and p.zones = g.zones::text[] and p.always_open = g.always_open
            and p.import_id is not distinct from ${importId}::bigint`.execute(db)
    ).rows;
  let found = await find();
  if (found.length < distinct.length) {
    await sql`
      insert into calling_places (regions, zones, always_open, import_id, held)
      select regions::text[], zones::text[], always_open, ${importId}::bigint, ${importId !== null}
      from ${given} order by at
      on conflict do nothing`.execute(db);
    found = await find();
  }
  return new Map(found.map(({ at, id }) => [distinct[at - 1]![0], id]));
}

const arrayText = (texts: readonly string[]): string => `{${texts.map((one) => JSON.stringify(one)).join(',')}}`;

const KEYS = new WeakMap<readonly string[], string>();

/** Equal places have the same key. */
export function keyOf({ regions, zones, alwaysOpen }: CallingPlace): string {
  const known = KEYS.get(regions) ?? JSON.stringify(regions);
  KEYS.set(regions, known);
  const knownZones = KEYS.get(zones) ?? JSON.stringify(zones);
  KEYS.set(zones, knownZones);
  return `${known}${knownZones}${alwaysOpen}`;
}
