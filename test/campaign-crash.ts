// A campaign whose server is killed with -9 again and again, while telephones ring and people talk:
//   npm run campaign-crash                  200 leads, 5 kills
//   npm run campaign-crash -- LEADS KILLS
import { CrashedCampaign } from './dialler/crashed-campaign.ts';

const [leads, kills] = [Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 5)];
const campaign = new CrashedCampaign(leads, kills);
const began = performance.now();
try {
  const { dials, outcomes } = await campaign.run();
  const tookS = Math.round((performance.now() - began) / 1000);
  console.log(`${leads} leads, ${kills} kills, ${dials} dials at the carrier, ${tookS} s: ${JSON.stringify(outcomes)}`);
} finally {
  await campaign.close();
}
