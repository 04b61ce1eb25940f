import { z } from 'zod';
import { LEAD_SORTS, type ListedLead } from '#core/campaigns/campaign-store.ts';
import { listLeads } from '#core/campaigns/campaigns.ts';
import type { LeadStatus } from '#core/campaigns/lead.ts';
import type { LeadAnswer } from '#core/campaigns/reasons.ts';
import { operation } from '../kit/operation.ts';
import { idOf, phoneNumberInQuery, timeInSeconds, wordsFor } from '../kit/codecs.ts';
import { CampaignParams, campaignNumber } from './campaigns.ts';
import { paged, pagedReply, pageOf, PageQuery, sortOf } from './dialect.ts';

const STATUS: Readonly<Record<LeadStatus, string>> = {
  ready: 'ready',
  waiting: 'waiting',
  blocked: 'blocked',
  claimed: 'dialling',
  dialling: 'dialling',
  done: 'done',
};
const STATUSES = wordsFor(STATUS);

const LeadReply = z.object({
  lead_id: z.string(),
  phone_number: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  postal_code: z.string().nullable(),
  region: z.string().nullable(),
  country: z.string().nullable(),
  time_zone: z.string().nullable(),
  consent: z.boolean().nullable(),
  variables: z.record(z.string(), z.string()),
  status: z.string(),
  attempts: z.int(),
  next_attempt_at: z.string().nullable(),
  blocked_by: z.string().nullable().describe('Null: it is dialable now'),
  outcome: z.string().nullable(),
  callback_at: z.string().nullable().describe('When the person asked to be called'),
  callback_missed: z.string().nullable().describe('Why that call was not made in time, as in `blocked_by`'),
  import_id: z.string().nullable(),
  created_at: z.string(),
});

const present = (lead: ListedLead & LeadAnswer): z.input<typeof LeadReply> => ({
  lead_id: idOf('lead', lead.id),
  phone_number: lead.number,
  name: lead.name,
  email: lead.email,
  postal_code: lead.person.postalCode,
  region: lead.person.region,
  country: lead.person.country,
  time_zone: lead.person.timeZone,
  consent: lead.consented,
  variables: { ...lead.variables },
  status: STATUS[lead.status],
  attempts: lead.attempts,
  next_attempt_at: lead.nextAttemptAt && timeInSeconds(lead.nextAttemptAt),
  blocked_by: lead.blockedBy,
  outcome: lead.status === 'done' || lead.reason === 'invalid_number' ? lead.reason : lead.lastOutcome,
  callback_at: lead.callbackAt && timeInSeconds(lead.callbackAt),
  callback_missed: lead.callbackMissed,
  import_id: lead.importId === null ? null : idOf('import', lead.importId),
  created_at: timeInSeconds(lead.createdAt),
});

/** What a list of leads is filtered by. */
export const LeadsQuery = z.object({
  status: z.enum([...STATUSES.keys()]).optional(),
  phone_number: phoneNumberInQuery.optional(),
});

export const leadsFilter = ({ status, phone_number: number }: z.output<typeof LeadsQuery>) => ({
  ...(status === undefined ? {} : { statuses: STATUSES.get(status)! }),
  ...(number === undefined ? {} : { number }),
});

export const leadStatusWord = (status: LeadStatus): string => STATUS[status];

export const listLeadsOperation = operation({
  method: 'GET',
  path: '/api/campaigns/:campaign_id/leads',
  summary: 'List the leads of a campaign, each with the reason why it is not dialled now',
  permission: 'read',
  params: CampaignParams,
  query: PageQuery.extend(LeadsQuery.shape).extend({
    sort: sortOf(LEAD_SORTS, 'With a filter, by all but created_at and status,'),
  }),
  reply: pagedReply(LeadReply),
  handle: async ({ core, ctx, params, query, requestId }) => {
    const id = campaignNumber(params.campaign_id);
    const listed = await listLeads(core, ctx, id, leadsFilter(query), pageOf(query), query.sort);
    return paged(requestId, query, listed, present);
  },
});
