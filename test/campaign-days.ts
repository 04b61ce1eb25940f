// Lives through made-up campaigns on a virtual clock until so many days of campaigns have passed:
//   npm run campaign-days                    10,000 days
//   npm run campaign-days -- DAYS SEED       from a seed on; 1 SEED: one world, again
// Crashes, two servers, pauses, refusals and faults of the carrier are mixed in. A failure prints its seed.
import { CampaignDays } from './dialler/campaign-days.ts';

const [wanted = 10_000, first = 1] = process.argv.slice(2).map(Number);
const began = performance.now();
let [days, dials, seed] = [0, 0, first];
for (; days < wanted; seed++) {
  const world = new CampaignDays(seed);
  try {
    await world.run();
  } catch (error) {
    console.error(`seed ${seed}`, error);
    process.exit(1);
  }
  days += world.days;
  dials += world.carrierLog.length;
}
const tookMs = Math.round(performance.now() - began);
console.log(`${Math.round(days)} days, ${dials} dials, seeds ${first} to ${seed - 1}, ${tookMs} ms`);
