import { sql, type Kysely } from 'kysely';
import type { DialFacts } from '#core/campaigns/campaign-store.ts';
import type { AttemptOutcome } from '#core/dialling/rules.ts';
import { consented } from '#core/people/consent.ts';
import type { Database } from './schema.ts';

/** A number with more dials than this in the time that limits look back on is over any limit. */
const MOST_DIALS = 500;

/** What a dial of each of these numbers depends on, in three statements. */
export async function factsOf(
  db: Kysely<Database>,
  organizationId: number,
  numbers: readonly string[],
  since: Date,
): Promise<ReadonlyMap<string, DialFacts>> {
  const people = await peopleOf(db, organizationId, numbers);
  const listed = await db
    .selectFrom('do_not_call')
    .select(['number', 'campaign_id'])
    .where('organization_id', '=', organizationId)
    .where('number', '=', sql<string>`any(${[...numbers]}::text[])`)
    .execute();
  const lists = Map.groupBy(listed, ({ number }) => number);
  const history = await historyOf(db, organizationId, numbers, since);
  return new Map(
    numbers.map((number) => {
      const person = people.get(number);
      const entries = lists.get(number) ?? [];
      return [
        number,
        {
          person: {
            postalCode: person?.postal_code ?? null,
            region: person?.region ?? null,
            country: person?.country ?? null,
            timeZone: person?.time_zone ?? null,
          },
          doNotCall: (person?.do_not_call_at ?? null) !== null || entries.some((one) => one.campaign_id === null),
          refusedCampaigns: entries.flatMap((one) => (one.campaign_id === null ? [] : [one.campaign_id])),
          consented: consented(
            person === undefined || person.given === null
              ? null
              : { given: person.given, revokedAt: person.revoked_at },
          ),
          history: history.get(number) ?? [],
        },
      ];
    }),
  );
}

interface PersonRow {
  number: string;
  postal_code: string | null;
  region: string | null;
  country: string | null;
  time_zone: string | null;
  do_not_call_at: Date | null;
  given: boolean | null;
  revoked_at: Date | null;
}

async function peopleOf(
  db: Kysely<Database>,
  organizationId: number,
  numbers: readonly string[],
): Promise<ReadonlyMap<string, PersonRow>> {
  const { rows } = await sql<PersonRow>`
    select n.number, p.postal_code, p.region, p.country, p.time_zone, p.do_not_call_at, c.given, c.revoked_at
    from person_numbers n join persons p on p.id = n.person_id
    left join lateral (select given, revoked_at from consents where person_id = p.id order by id desc limit 1) c on true
    where n.organization_id = ${organizationId} and n.number = any(${[...numbers]}::text[])`.execute(db);
  return new Map(rows.map((row) => [row.number, row]));
}

/** Dials of numbers by campaigns and by any API. A dial that the carrier refused to take did not ring. */
async function historyOf(
  db: Kysely<Database>,
  organizationId: number,
  numbers: readonly string[],
  since: Date,
): Promise<ReadonlyMap<string, DialFacts['history']>> {
  const { rows } = await sql<{
    number: string;
    placed_at: Date;
    ended_at: Date | null;
    end_reason: string | null;
    outcome: string | null;
    campaign_id: number | null;
  }>`
    select wanted.number, d.* from unnest(${[...numbers]}::text[]) as wanted(number) cross join lateral (
      select c.placed_at, c.ended_at, case when c.status = 'refused' then c.end_reason end as end_reason, a.outcome,
        a.campaign_id
      from calls c left join attempts a on a.call_id = c.id
      where c.organization_id = ${organizationId} and c.to_number = wanted.number and c.direction = 'outbound'
        and c.placed_at >= ${since}
        and not (c.carrier_call_id is null and case
          when c.status = 'refused' then c.end_reason not in ('unknown', 'invalid_number')
          else c.status in ('canceled', 'broken') and c.dialled_at is null end)
      order by c.placed_at desc limit ${MOST_DIALS}) d`.execute(db);
  return new Map(
    [...Map.groupBy(rows, ({ number }) => number)].map(([number, dials]) => [
      number,
      dials.map((row) => ({
        at: row.placed_at,
        endedAt: row.ended_at,
        outcome:
          (row.outcome as AttemptOutcome | null) ?? (row.end_reason === 'invalid_number' ? row.end_reason : null),
        campaignId: row.campaign_id,
      })),
    ]),
  );
}
