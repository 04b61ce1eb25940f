import { z } from 'zod';
import { isEnded, type Call, type CallStatus } from '#core/calls/call.ts';
import type { Booking } from '#core/bookings/booking.ts';
import type { Campaign, CampaignStatus } from '#core/campaigns/campaign.ts';
import type { Lead } from '#core/campaigns/lead.ts';
import type { CampaignStats, Ending } from '#core/campaigns/statistics.ts';
import { idOf, numberOf, timeInMilliseconds } from '../kit/codecs.ts';

/** How this API says things. */

export const campaignNumber = (id: string): number => numberOf('campaign', id, 'Campaign', 'id');

const CAMPAIGN_STATUS = {
  draft: 'DRAFT',
  active: 'ACTIVE',
  paused: 'PAUSED',
  completed: 'COMPLETED',
} as const satisfies Readonly<Record<CampaignStatus, string>>;

const CONVERSATION_STATUS: Readonly<Record<CallStatus, string>> = {
  placed: 'IN_PROGRESS',
  ringing: 'IN_PROGRESS',
  answered: 'IN_PROGRESS',
  completed: 'COMPLETED',
  voicemail: 'VOICEMAIL',
  'no-answer': 'NO_ANSWER',
  busy: 'FAILED',
  canceled: 'FAILED',
  refused: 'FAILED',
  broken: 'FAILED',
};

export const LEAD_STATUSES = [
  'PENDING',
  'PROCESSED',
  'FAILED',
  'NO_ANSWER',
  'VOICEMAIL',
  'HUNG_UP',
  'COMPLETED',
  'WAITING_AGENT',
] as const;

export const CampaignReply = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(['DRAFT', 'ACTIVE', 'PAUSED', 'COMPLETED']),
  script: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

export const presentCampaign = (campaign: Campaign): z.input<typeof CampaignReply> => ({
  id: idOf('campaign', campaign.id),
  name: campaign.name,
  status: CAMPAIGN_STATUS[campaign.status],
  script: campaign.script,
  createdAt: timeInMilliseconds(campaign.createdAt),
  updatedAt: timeInMilliseconds(campaign.updatedAt),
});

export const LeadReply = z.object({
  id: z.string(),
  phoneNumber: z.string(),
  name: z.string().nullable(),
  email: z.string().nullable(),
  status: z
    .enum(LEAD_STATUSES)
    .describe(
      'By the last call: PENDING before it ends, PROCESSED after a talk, COMPLETED where one more call follows',
    ),
  errorReason: z.string().nullable(),
  campaignId: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

/** By the last call of the campaign to the person; null: there was none. */
function leadStatus(lead: Lead, call: Call | null): (typeof LEAD_STATUSES)[number] {
  if (!call) return lead.reason === 'invalid_number' ? 'FAILED' : 'PENDING';
  if (!isEnded(call.status)) return call.waitingSince === null ? 'PENDING' : 'WAITING_AGENT';
  if (call.hungUp) return 'HUNG_UP';
  if (call.status !== 'completed') return CONVERSATION_STATUS[call.status] as 'FAILED' | 'NO_ANSWER' | 'VOICEMAIL';
  return lead.status === 'waiting' && lead.attempts > 0 ? 'COMPLETED' : 'PROCESSED';
}

export const presentLead = (lead: Lead, call: Call | null): z.input<typeof LeadReply> => ({
  id: idOf('lead', lead.id),
  phoneNumber: lead.number,
  name: lead.name,
  email: lead.email,
  status: leadStatus(lead, call),
  errorReason: call?.failureReason ?? (lead.status === 'blocked' ? lead.reason : null),
  campaignId: idOf('campaign', lead.campaignId),
  createdAt: timeInMilliseconds(lead.createdAt),
  updatedAt: timeInMilliseconds(lead.updatedAt),
});

const STATUS_OF_ENDING: Readonly<Record<string, string>> = { ...CONVERSATION_STATUS, hung_up: 'HUNG_UP' };

/** Calls by the status of their conversation, running ones too. */
export function callStatusesOf({ running, waiting, endings }: CampaignStats): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (status: string, calls: number) => {
    if (calls > 0) counts[status] = (counts[status] ?? 0) + calls;
  };
  add('IN_PROGRESS', running - waiting);
  add('WAITING_AGENT', waiting);
  for (const { ending, calls } of endings) add(STATUS_OF_ENDING[ending] ?? 'FAILED', calls);
  return counts;
}

/** Ended calls by what came of them: `interested` where the person agreed to something, else how they ended. */
export function outcomesOf(endings: readonly Ending[]): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (outcome: string, calls: number) => {
    if (calls > 0) counts[outcome] = (counts[outcome] ?? 0) + calls;
  };
  for (const { ending, calls, converted } of endings) {
    add('interested', converted);
    add(ending.replaceAll('-', '_'), calls - converted);
  }
  return counts;
}

export const sumOf = (endings: readonly Ending[], of: 'calls' | 'converted'): number =>
  endings.reduce((sum, one) => sum + one[of], 0);

export const SlotReply = z.object({
  id: z.string(),
  name: z.string(),
  date: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

/** `time`: how times are written. */
export const presentSlot = (slot: Booking, time: (at: Date) => string): z.input<typeof SlotReply> => ({
  id: idOf('slot', slot.id),
  name: slot.name ?? slot.number ?? '',
  date: time(slot.at),
  createdAt: time(slot.createdAt),
  updatedAt: time(slot.createdAt),
});

/** An instant in a body; without a zone it is UTC. */
export const InstantText = z
  .string()
  .max(40)
  .regex(
    /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/,
    'must be an ISO date or time, such as 2026-01-15T10:00:00Z',
  )
  .transform((text, context) => {
    const at = new Date(/^.{10}$|Z$|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
    const day = text.slice(0, 10);
    if (!Number.isNaN(at.getTime()) && new Date(`${day}T00:00Z`).toISOString().startsWith(day)) return at;
    context.addIssue({ code: 'custom', message: 'must be an ISO date or time' });
    return z.NEVER;
  });

const MOST_LISTED = 1000;

/** An addition to lists, which the API's own clients leave out. */
export const ListInput = z
  .object({
    limit: z.int().min(1).max(MOST_LISTED).default(MOST_LISTED),
    offset: z.int().min(0).max(1_000_000_000).default(0),
  })
  .prefault({});
export const pageOf = ({ limit, offset }: z.output<typeof ListInput>) => ({ skip: offset, limit });
