import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CampaignDays } from './campaign-days.ts';

const DAYS = 10_000;

it('2. to 8. and 16. campaigns with crashes, two servers, pauses, refusals and faults break no rule', async () => {
  let [days, seed] = [0, 1];
  for (; days < DAYS; seed++) {
    const world = new CampaignDays(seed);
    try {
      await world.run();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    days += world.days;
  }
  assert.ok(days >= DAYS);
});
