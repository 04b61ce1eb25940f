import { it } from 'node:test';
import { CrashedCampaign } from '../dialler/crashed-campaign.ts';

it('6. and 21. a campaign whose server is killed twice dials no lead twice, and its figures add up', async () => {
  const campaign = new CrashedCampaign(60, 2);
  try {
    await campaign.run();
  } finally {
    await campaign.close();
  }
});
