import { z } from 'zod';
import { addLeads } from '#core/campaigns/add-leads.ts';
import { getCampaign, listCampaigns, listLeads } from '#core/campaigns/campaigns.ts';
import { figuresOf } from '#core/campaigns/campaign-figures.ts';
import { createCampaign, moveCampaign, updateCampaign } from '#core/campaigns/manage-campaigns.ts';
import { leadIn, lastCallsTo } from '#core/campaigns/leads-and-calls.ts';
import { campaignStats, overallStats } from '#core/campaigns/statistics.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import { procedure } from '../kit/operation.ts';
import { IdText, phoneNumberText, timeInMilliseconds } from '../kit/codecs.ts';
import { QUERIES } from './limits.ts';
import {
  callStatusesOf,
  campaignNumber,
  CampaignReply,
  LeadReply,
  ListInput,
  outcomesOf,
  pageOf,
  presentCampaign,
  presentLead,
  sumOf,
} from './words.ts';

const Name = z.string().trim().min(1).max(200);
const Script = z.string().max(50_000);
const ById = z.object({ id: IdText });
const Counts = z.record(z.string(), z.int());

export const getAll = procedure({
  name: 'campaign.getAll',
  kind: 'query',
  summary: 'Get all campaigns with lead counts',
  permission: 'read',
  limit: QUERIES,
  body: ListInput,
  reply: z.object({ campaigns: z.array(CampaignReply.extend({ _aggr_count_leads: z.int() })) }),
  handle: async ({ core, ctx, body }) => {
    const { rows } = await listCampaigns(core, ctx, {}, pageOf(body));
    const figures = await figuresOf(core, ctx, rows);
    return {
      campaigns: rows.map((one) => ({
        ...presentCampaign(one),
        _aggr_count_leads: figures.get(one.id)!.progress.total,
      })),
    };
  },
});

export const create = procedure({
  name: 'campaign.create',
  kind: 'mutation',
  summary: 'Create a new campaign',
  permission: 'manage-campaigns',
  creates: true,
  body: z.object({ name: Name, script: Script.nullish() }),
  reply: CampaignReply,
  handle: async ({ core, ctx, body: { name, script } }) =>
    presentCampaign(await createCampaign(core, ctx, { name, script: script ?? null })),
});

export const getDetails = procedure({
  name: 'campaign.getDetails',
  kind: 'query',
  summary: 'Get detailed information about a specific campaign',
  permission: 'read',
  limit: QUERIES,
  body: ById.extend(ListInput.unwrap().shape),
  reply: z.object({
    campaign: CampaignReply,
    leads: z.array(LeadReply),
    totalLeads: z.int().describe('Of all pages'),
  }),
  handle: async ({ core, ctx, body }) => {
    const id = campaignNumber(body.id);
    const campaign = await getCampaign(core, ctx, id);
    const { rows, total } = await listLeads(core, ctx, id, {}, pageOf(body));
    const calls = await lastCallsTo(core, id, rows);
    return {
      campaign: presentCampaign(campaign),
      leads: rows.map((lead) => presentLead(lead, calls.get(lead.number) ?? null)),
      totalLeads: total,
    };
  },
});

export const addLead = procedure({
  name: 'campaign.addLead',
  kind: 'mutation',
  summary: 'Add a lead to a campaign; a number that it has already is updated',
  permission: 'manage-campaigns',
  creates: true,
  body: z.object({
    campaignId: IdText,
    phoneNumber: phoneNumberText,
    name: z.string().max(200).nullish(),
    email: z.union([z.email().max(320), z.literal('')]).nullish(),
  }),
  reply: LeadReply,
  handle: async ({ core, ctx, body: { campaignId, phoneNumber: number, name, email } }) => {
    const id = campaignNumber(campaignId);
    const given = {
      number: phoneNumber(number, 'phoneNumber'),
      name: name ?? null,
      email: email || null,
      postalCode: null,
      region: null,
      country: null,
      timeZone: null,
      consent: null,
      variables: {},
      priority: 0,
    };
    await addLeads(core, ctx, id, [given]);
    const lead = await leadIn(core, id, given.number);
    return presentLead(lead, (await lastCallsTo(core, id, [lead])).get(lead.number) ?? null);
  },
});

export const getStats = procedure({
  name: 'campaign.getStats',
  kind: 'query',
  summary: 'Get campaign statistics: of the last 399 days',
  permission: 'read',
  limit: QUERIES,
  body: ById,
  reply: z.object({
    totalLeads: z.int(),
    completedCalls: z.int(),
    activeCalls: z.int(),
    outcomes: Counts.describe('Ended calls: `interested`, else how they ended'),
    callStatuses: Counts.describe('All calls, by the status of their conversation'),
  }),
  handle: async ({ core, ctx, body }) => {
    const stats = await campaignStats(core, ctx, campaignNumber(body.id));
    const callStatuses = callStatusesOf(stats);
    return {
      totalLeads: stats.leads,
      completedCalls: callStatuses['COMPLETED'] ?? 0,
      activeCalls: stats.running,
      outcomes: outcomesOf(stats.endings),
      callStatuses,
    };
  },
});

export const getOverallStats = procedure({
  name: 'campaign.getOverallStats',
  kind: 'query',
  summary: 'Get overall system statistics',
  permission: 'read',
  limit: QUERIES,
  reply: z.object({
    totalCampaigns: z.int(),
    totalLeads: z.int(),
    totalCalls: z.int(),
    activeCalls: z.int(),
    completedToday: z.int(),
    interestedLeads: z.int(),
    callbacksScheduled: z.int(),
    conversionRate: z.number().describe('Calls on which the person agreed to something, in per cent of ended calls'),
    outcomes: Counts,
    callStatuses: Counts,
  }),
  handle: async ({ core, ctx }) => {
    const stats = await overallStats(core, ctx);
    const ended = sumOf(stats.endings, 'calls');
    const converted = sumOf(stats.endings, 'converted');
    return {
      totalCampaigns: stats.campaigns,
      totalLeads: stats.leads,
      totalCalls: ended + stats.running,
      activeCalls: stats.running,
      completedToday: stats.completedToday,
      interestedLeads: converted,
      callbacksScheduled: stats.callbacks,
      conversionRate: ended === 0 ? 0 : Math.round((converted / ended) * 10_000) / 100,
      outcomes: outcomesOf(stats.endings),
      callStatuses: callStatusesOf(stats),
    };
  },
});

export const getAgentStatus = procedure({
  name: 'campaign.getAgentStatus',
  kind: 'query',
  summary: 'Get AI agent status: whether a server that carries calls is up, running calls, and calls in all',
  permission: 'read',
  limit: QUERIES,
  reply: z.object({
    isConnected: z.boolean(),
    lastHeartbeat: z.string().nullable(),
    activeJobs: z.int(),
    totalJobs: z.int(),
    status: z.enum(['idle', 'busy', 'offline']),
  }),
  handle: async ({ core, ctx }) => {
    const seen = core.live.lastSeen();
    const { running, endings } = await overallStats(core, ctx);
    return {
      isConnected: seen !== null,
      lastHeartbeat: seen && timeInMilliseconds(seen),
      activeJobs: running,
      totalJobs: running + sumOf(endings, 'calls'),
      status: seen === null ? ('offline' as const) : running > 0 ? ('busy' as const) : ('idle' as const),
    };
  },
});

export const updateScript = procedure({
  name: 'campaign.updateScript',
  kind: 'mutation',
  summary: 'Update campaign script',
  permission: 'manage-campaigns',
  body: ById.extend({ script: Script }),
  reply: z.object({ success: z.literal(true), message: z.string() }),
  handle: async ({ core, ctx, body: { id, script } }) => {
    await updateCampaign(core, ctx, campaignNumber(id), { script });
    return { success: true as const, message: 'Script updated successfully' };
  },
});

const MOVED = { ACTIVE: 'active', PAUSED: 'paused', COMPLETED: 'completed' } as const;

export const setStatus = procedure({
  name: 'campaign.setStatus',
  kind: 'mutation',
  summary: 'Start, pause, resume or complete a campaign (an addition)',
  permission: 'manage-campaigns',
  body: ById.extend({ status: z.enum(['ACTIVE', 'PAUSED', 'COMPLETED']) }),
  reply: CampaignReply,
  handle: async ({ core, ctx, body: { id, status } }) =>
    presentCampaign(await moveCampaign(core, ctx, campaignNumber(id), MOVED[status])),
});
