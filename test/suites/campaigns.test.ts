import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { addLeads, MOST_LEADS_AT_ONCE } from '#core/campaigns/add-leads.ts';
import { campaignProgress, campaignReadiness, getCampaign } from '#core/campaigns/campaigns.ts';
import { createCampaign, moveCampaign } from '#core/campaigns/manage-campaigns.ts';
import type { CampaignSettings } from '#core/campaigns/campaign.ts';
import type { Context } from '#core/kernel/context.ts';
import { DEFAULT_RETRIES, RETRIED } from '#core/campaigns/retry.ts';
import { startServer, until, type TestServer } from '../support/server.ts';
import { givenLead } from '../support/given-lead.ts';

const LONG_MS = 60_000;
const NO_RETRIES = Object.fromEntries(
  RETRIED.map((one) => [one, { ...DEFAULT_RETRIES[one], attempts: 0 }]),
) as CampaignSettings['retries'];

let server: TestServer;
let ctx: Context;
before(async () => {
  server = await startServer({ SIMULATOR_SPEED: '40', MAX_CONCURRENT_CALLS: '30' });
  ctx = server.system;
});
after(() => server.close());

async function campaignOf(numbers: readonly string[], settings: Partial<CampaignSettings> = {}): Promise<number> {
  const { core } = server.app;
  const { id } = await createCampaign(core, ctx, { name: 'C', retries: NO_RETRIES, ...settings });
  for (let at = 0; at < numbers.length; at += MOST_LEADS_AT_ONCE)
    await addLeads(
      core,
      ctx,
      id,
      numbers.slice(at, at + MOST_LEADS_AT_ONCE).map((number) => givenLead(number)),
    );
  return id;
}
const completed = (id: number) =>
  until(`campaign ${id} to complete`, LONG_MS, async () => {
    const campaign = await getCampaign(server.app.core, ctx, id);
    return campaign.status === 'completed' ? campaign : null;
  });

describe('a campaign', () => {
  it('10. dials each number of the simulator once, with the outcome of its table, and completes', async () => {
    const { core } = server.app;
    const table = {
      '+15005550001': 'invalid_number',
      '+15005550002': 'busy',
      '+15005550003': 'no_answer',
      '+15005550004': 'voicemail_left',
      '+15005550005': 'hung_up',
    };
    const message = 'Please call us back about the offer.';
    const id = await campaignOf(Object.keys(table), { voicemailMessage: message });
    await moveCampaign(core, ctx, id, 'active');
    await completed(id);
    const rows = await server.database(`
      select number, status, reason, attempts,
        (select count(*) from attempts a where a.lead_id = leads.id) as n
      from leads where campaign_id = ${id} order by number`);
    assert.deepEqual(
      rows.map((row) => [row['number'], row['status'], row['reason'], row['attempts'], Number(row['n'])]),
      Object.entries(table).map(([number, outcome]) => [number, 'done', outcome, 1, 1]),
    );
    const said = await server.database(`
      select text from entries join conversations on conversations.id = entries.conversation_id
      join calls on calls.id = conversations.call_id
      where calls.campaign_id = ${id} and to_number = '+15005550004' and entries.role = 'agent'`);
    assert.deepEqual(
      said.map((row) => row['text']),
      [message],
    );
    const { total, attempted, done } = await campaignProgress(core, ctx, id);
    assert.deepEqual([total, attempted, done], [5, 5, 5]);
    assert.deepEqual((await campaignReadiness(core, ctx, id)).blocked, { done: 5 });
  });
});
