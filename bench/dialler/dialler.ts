// How long a claim, readiness and a page of leads take with more and more leads in ten time zones, rules and limits on.
import { campaignReadiness, listLeads } from '#core/campaigns/campaigns.ts';
import { claimNext } from '#core/campaigns/claim-next.ts';
import { createCampaign, moveCampaign } from '#core/campaigns/manage-campaigns.ts';
import { OpenPlaces } from '#core/campaigns/open-places.ts';
import { Recalls } from '#core/campaigns/recall-dials.ts';
import type { Core } from '#core/core.ts';
import { openTestStore, type TestStore } from '../../test/store/test-store.ts';

const SERVER = 'bench';
/** The smallest list has leads for all of them. */
const CLAIMS = 90;
const DIALS_AT_ONCE = 10;
/** Area codes of ten time zones. */
const AREAS = ['212', '312', '303', '602', '213', '907', '808', '902', '709', '787'];
const LEADS_OF_STATEMENT = 50_000;

export interface DiallerFigures {
  readonly leads: number;
  readonly claimMs: { readonly p50: number; readonly p95: number };
  readonly readinessMs: number;
  readonly listMs: number;
}

/** Campaigns of all sizes take turns, so that what else the machine does slows them alike. */
export async function measureDialler(sizes: readonly number[]): Promise<readonly DiallerFigures[]> {
  const opened = await openTestStore();
  try {
    const core = coreOf(opened);
    const campaigns: Measured[] = [];
    for (const leads of sizes) campaigns.push({ id: await campaignOf(opened, core, leads), leads, claims: [] });
    await opened.database.pool.query('vacuum analyze');
    await opened.database.pool.query('checkpoint');
    const places = new OpenPlaces();
    for (let round = 0; round < CLAIMS; round++)
      for (const one of campaigns) one.claims.push(await claim(core, places, one));
    const ctx = { organizationId: opened.organizationId } as const;
    const figures: DiallerFigures[] = [];
    for (const { id, leads, claims } of campaigns) {
      const sorted = claims.toSorted((one, other) => one - other);
      const at = (part: number) => round(sorted[Math.floor(sorted.length * part)]!);
      figures.push({
        leads,
        claimMs: { p50: at(0.5), p95: at(0.95) },
        readinessMs: await took(() => campaignReadiness(core, ctx, id)),
        listMs: await took(() => listLeads(core, ctx, id, {}, { skip: 0, limit: 100 })),
      });
    }
    return figures;
  } finally {
    await opened.close();
  }
}

interface Measured {
  readonly id: number;
  readonly leads: number;
  /** Milliseconds of each claim. */
  readonly claims: number[];
}

/** 13:00 in Chicago: some of the zones are open. */
const NOW = new Date('2026-06-09T18:00:00Z');

const coreOf = ({ store }: TestStore): Core =>
  ({
    store,
    clock: { now: () => NOW },
    carriers: {
      current: () => Promise.resolve({ id: 'simulator', real: false, resting: false, recovering: false }),
      failover: () => Promise.resolve([]),
    },
    live: { send: () => Promise.resolve('not-running') },
    limits: { maxConcurrentCalls: 1_000_000, leaseMs: 60_000 },
  }) as unknown as Core;

async function campaignOf(opened: TestStore, core: Core, leads: number): Promise<number> {
  const ctx = { organizationId: opened.organizationId, actor: { kind: 'system', name: 'bench' } } as const;
  const { id } = await createCampaign(core, ctx, { name: `${leads} leads`, maxConcurrentCalls: null });
  await fill(opened, id, leads, NOW);
  await moveCampaign(core, ctx, id, 'active');
  return id;
}

/** Milliseconds in which leads of this campaign are claimed. */
function claim(core: Core, places: OpenPlaces, { id }: Pick<Measured, 'id'>): Promise<number> {
  let left = DIALS_AT_ONCE;
  return took(() =>
    claimNext(core, {
      owner: SERVER,
      places,
      recalls: new Recalls(() => undefined),
      reserve: () => (left-- > 0 ? { serverId: SERVER, give: () => undefined } : null),
      isHeld: (campaignId) => campaignId !== id,
      lookAgain: () => undefined,
      failed: (error) => {
        throw error;
      },
    }),
  );
}

const round = (ms: number): number => Math.round(ms * 10) / 10;

async function took(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return round(performance.now() - began);
}

/** Leads as an import leaves them, with their people. */
async function fill({ database, organizationId }: TestStore, id: number, leads: number, now: Date): Promise<void> {
  const client = await database.pool.connect();
  try {
    for (const [at, area] of AREAS.entries())
      await client.query(
        `insert into calling_places (regions, zones, always_open) values ($1, $2, false) on conflict do nothing`,
        [['US', `area ${area}`], [ZONES[at]]],
      );
    for (let from = 0; from < leads; from += LEADS_OF_STATEMENT) {
      const upTo = Math.min(leads, from + LEADS_OF_STATEMENT);
      await client.query(
        `with people as (
           insert into persons (organization_id) select $1 from generate_series($2::int, $3::int - 1) returning id),
         rows as (
           select id, row_number() over (order by id) + $2::int - 1 as n from people),
         numbers as (
           select id, n, '+1' || ($4::text[])[1 + n % 10] || (2000000 + n + $5::int * 1000000)::text as number
           from rows),
         owned as (
           insert into person_numbers (organization_id, number, person_id) select $1, number, id from numbers)
         insert into leads (organization_id, campaign_id, person_id, number, status, due_at, place_id, created_at,
           updated_at)
         select $1, $5, numbers.id, number, 'ready', $6, p.id, $6, $6 from numbers
         join calling_places p on p.regions[2] = 'area ' || ($4::text[])[1 + n % 10]`,
        [organizationId, from, upTo, AREAS, id, now],
      );
    }
  } finally {
    client.release();
  }
}

const ZONES = [
  'America/New_York',
  'America/Chicago',
  'America/Denver',
  'America/Phoenix',
  'America/Los_Angeles',
  'America/Anchorage',
  'Pacific/Honolulu',
  'America/Halifax',
  'America/St_Johns',
  'America/Puerto_Rico',
];
