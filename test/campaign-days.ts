// Lives through made-up campaigns on a virtual clock until so many days of campaigns have passed:
//   npm run campaign-days                    10,000 days
//   npm run campaign-days -- DAYS SEED       from a seed on; 1 SEED: one world, again
//   npm run campaign-days -- month SEED PEOPLE   30 days of one campaign with so many people (200), and its outcomes
// Crashes, two servers, pauses, refusals and faults of the carrier are mixed in. A failure prints its seed.
import { CampaignDays } from './dialler/campaign-days.ts';
import { hourAt } from './dialler/people.ts';

const MONTH = 30;
const { argv } = process;
if (argv[2] === 'month') await month(Number(argv[3] ?? 1), Number(argv[4] ?? 200));
else await many(Number(argv[2] ?? 10_000), Number(argv[3] ?? 1));

async function lived(seed: number, list: Parameters<CampaignDays['run']>[0] = null): Promise<CampaignDays> {
  const world = new CampaignDays(seed);
  try {
    await world.run(list);
  } catch (error) {
    console.error(`seed ${seed}`, error);
    process.exit(1);
  }
  return world;
}

async function many(wanted: number, first: number): Promise<void> {
  const began = performance.now();
  let [days, dials, seed] = [0, 0, first];
  for (; days < wanted; seed++) {
    const world = await lived(seed);
    days += world.days;
    dials += world.carrierLog.length;
  }
  const tookMs = Math.round(performance.now() - began);
  console.log(`${Math.round(days)} days, ${dials} dials, seeds ${first} to ${seed - 1}, ${tookMs} ms`);
}

async function month(seed: number, people: number): Promise<void> {
  const began = performance.now();
  const { records, carrierLog } = await lived(seed, { people, days: MONTH });
  const attempts = records.attempts.filter(({ outcome }) => outcome !== null);
  const hourOf = ({ callId, dialledAt }: (typeof attempts)[number]) =>
    hourAt(records.calls.rows.get(callId)!.to!, dialledAt.getTime());
  for (const [hour, own] of [...Map.groupBy(attempts, hourOf)].toSorted(([one], [other]) => one - other))
    console.log(`${String(hour).padStart(2, '0')}:00`, JSON.stringify(countBy(own.map(({ outcome }) => outcome!))));
  console.log('attempts', JSON.stringify(countBy(attempts.map(({ outcome }) => outcome!))));
  console.log(
    'leads',
    JSON.stringify(countBy(records.leads.filter(() => true).map((one) => one.reason ?? one.status))),
  );
  const tookMs = Math.round(performance.now() - began);
  console.log(`${MONTH} days, ${people} people, ${carrierLog.length} dials, seed ${seed}, ${tookMs} ms`);
}

function countBy(words: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(words, (one) => one)].map(([word, all]) => [word, all.length]));
}
