import { z } from 'zod';
import { CAMPAIGN_STATUSES, type Campaign, type CampaignSettings } from '#core/campaigns/campaign.ts';
import type { CampaignFigures, Performance } from '#core/campaigns/campaign-figures.ts';
import { RETRIED, type RetryRule, type RetryTable, type RetryWait } from '#core/campaigns/retry.ts';
import type { WeekHours } from '#core/dialling/week-hours.ts';
import { IdText, idOf, instantInQuery, numberOf, phoneNumberText, timeInSeconds } from '../kit/codecs.ts';

/** Campaigns in this API's words. */

const MICROS = 1_000_000;
const LONGEST_SCRIPT = 50_000;
const LONGEST_MESSAGE = 2000;
const MOST_CALLER_IDS = 100;
const LARGEST_REVENUE = 1_000_000_000;

const Time = z.string().max(5);
const DayHours = z
  .array(z.tuple([Time, Time]))
  .max(20)
  .optional();
const CallingHours = z.strictObject({
  mon: DayHours,
  tue: DayHours,
  wed: DayHours,
  thu: DayHours,
  fri: DayHours,
  sat: DayHours,
  sun: DayHours,
});

const WAITS = { open_time: 'open', rest: 'rest', day_part: 'day-part', next_day: 'next-day' } as const;
const Minutes = z.number().min(0).max(129_600);
const RetryRuleBody = z.object({
  after_minutes: z
    .union([Minutes, z.array(Minutes).min(1).max(50)])
    .nullable()
    .optional()
    .describe('A list: by repetition, the last one repeats'),
  attempts: z.int().min(0).max(50).optional(),
  wait: z
    .enum(['open_time', 'rest', 'day_part', 'next_day'])
    .optional()
    .describe('What `after_minutes` counts, or, without minutes, until another part of the day or the next day'),
});
const RetryBody = z.object(Object.fromEntries(RETRIED.map((one) => [one, RetryRuleBody.optional()])));

export const SettingsBody = z.object({
  max_calls_per_day: z.int().min(1).max(1_000_000).nullable().optional(),
  max_attempts_per_prospect: z.int().min(1).max(50).optional(),
  calling_hours: CallingHours.nullable().optional(),
  caller_id: z
    .union([phoneNumberText, z.array(phoneNumberText).max(MOST_CALLER_IDS)])
    .nullable()
    .optional(),
  max_concurrent_calls: z.int().min(1).max(1_000_000).nullable().optional(),
  calls_per_second: z.number().positive().max(1000).nullable().optional(),
  retry: RetryBody.optional(),
  require_consent: z.boolean().optional(),
  needs_human: z.boolean().optional().describe('It dials only while a human agent of the desk is free'),
  voicemail_message: z.string().max(LONGEST_MESSAGE).nullable().optional(),
  goal: z.string().max(LONGEST_MESSAGE).nullable().optional(),
  revenue_per_conversion: z.number().min(0).max(LARGEST_REVENUE).optional(),
  weight: z.int().min(1).max(1000).optional().describe('The share of free slots, beside other campaigns'),
});

export const ScheduleBody = z.object({
  start_date: instantInQuery.nullable().optional(),
  end_date: instantInQuery.nullable().optional().describe('A date without a time includes that day'),
});

export const CampaignBody = z.object({
  name: z.string().trim().min(1).max(200),
  description: z.string().max(LONGEST_MESSAGE).nullable().optional(),
  campaign_type: z.string().max(100).nullable().optional(),
  agent_id: IdText.nullable().optional(),
  script: z.string().max(LONGEST_SCRIPT).nullable().optional(),
  settings: SettingsBody.optional(),
  schedule: ScheduleBody.optional(),
});
type GivenCampaign = {
  readonly [K in keyof z.output<typeof CampaignBody>]?: z.output<typeof CampaignBody>[K] | undefined;
};

/** Only the settings that a body names; `known`: those that it changes. */
export function settingsOf(body: GivenCampaign, known: Pick<CampaignSettings, 'retries'>): Partial<CampaignSettings> {
  const { settings = {}, schedule = {} } = body;
  const { caller_id: callerId, retry, revenue_per_conversion: revenue, calling_hours: hours } = settings;
  return defined({
    name: body.name,
    description: body.description,
    type: body.campaign_type,
    agentId: body.agent_id == null ? body.agent_id : numberOf('agent', body.agent_id, 'Agent', 'agent_id'),
    script: body.script,
    startsAt: schedule.start_date === null ? null : schedule.start_date?.at,
    endsAt: schedule.end_date === null ? null : schedule.end_date?.end,
    callingHours: hours as WeekHours | null | undefined,
    dailyCap: settings.max_calls_per_day,
    maxAttempts: settings.max_attempts_per_prospect,
    retries: retry && retriesOf(retry, known.retries),
    callerIds: callerId === null ? [] : typeof callerId === 'string' ? [callerId] : callerId,
    weight: settings.weight,
    maxConcurrentCalls: settings.max_concurrent_calls,
    callsPerSecond: settings.calls_per_second,
    requireConsent: settings.require_consent,
    needsHuman: settings.needs_human,
    voicemailMessage: settings.voicemail_message,
    goal: settings.goal,
    revenuePerConversionMicros: revenue === undefined ? undefined : Math.round(revenue * MICROS),
  });
}

const defined = (fields: { [K in keyof CampaignSettings]?: CampaignSettings[K] | undefined }) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<CampaignSettings>;

const retriesOf = (given: z.output<typeof RetryBody>, known: RetryTable): RetryTable => ({
  ...known,
  ...Object.fromEntries(
    RETRIED.flatMap((outcome) => {
      const rule = given[outcome];
      return rule === undefined ? [] : [[outcome, retryOf(rule, known[outcome])]];
    }),
  ),
});

function retryOf(given: z.output<typeof RetryRuleBody>, known: RetryRule): RetryRule {
  const minutes = given.after_minutes ?? undefined;
  return { attempts: given.attempts ?? known.attempts, wait: waitOf(given.wait, minutes, known.wait) };
}

/** Minutes alone count as the outcome's own rule does; where that has no minutes, they are of open time. */
function waitOf(
  given: keyof typeof WAITS | undefined,
  minutes: number | readonly number[] | undefined,
  known: RetryWait,
): RetryWait {
  const counts = known.kind === 'open' || known.kind === 'rest';
  const kind = given === undefined ? (minutes === undefined || counts ? known.kind : 'open') : WAITS[given];
  if (kind === 'day-part' || kind === 'next-day') return { kind };
  const kept = 'minutes' in known ? known.minutes : [0];
  return { kind, minutes: minutes === undefined ? kept : typeof minutes === 'number' ? [minutes] : minutes };
}

const RetryReply = z.object({
  after_minutes: z.union([z.number(), z.array(z.number())]).nullable(),
  attempts: z.int(),
  wait: z.enum(['open_time', 'rest', 'day_part', 'next_day']),
});
const HoursReply = z.record(z.string(), z.array(z.tuple([z.string(), z.string()])));

export const CampaignReply = z.object({
  campaign_id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  campaign_type: z.string().nullable(),
  status: z.enum(CAMPAIGN_STATUSES),
  agent_id: z.string().nullable().describe('Null: the default agent'),
  script: z.string().nullable(),
  settings: z.object({
    max_calls_per_day: z.int().nullable(),
    max_attempts_per_prospect: z.int(),
    calling_hours: HoursReply.nullable(),
    caller_id: z.union([z.string(), z.array(z.string())]).nullable(),
    max_concurrent_calls: z.int().nullable(),
    calls_per_second: z.number().nullable(),
    retry: z.record(z.string(), RetryReply),
    require_consent: z.boolean(),
    needs_human: z.boolean(),
    voicemail_message: z.string().nullable(),
    goal: z.string().nullable(),
    revenue_per_conversion: z.number(),
    weight: z.int(),
  }),
  schedule: z.object({ start_date: z.string().nullable(), end_date: z.string().nullable() }),
  progress: z.object({
    total_prospects: z.int(),
    contacted: z.int().describe('Leads that were dialled at least once'),
    progress_percentage: z.number().describe('Contacted of all, in per cent'),
    completed: z.int().describe('Leads with a final outcome, or without attempts left'),
    outcomes: z.record(z.string(), z.int()).describe('Completed leads by their last outcome'),
  }),
  performance: z.object({
    success_rate: z.number().describe('Answered calls of all, in per cent'),
    conversion_rate: z.number().describe('Converted calls of all, in per cent'),
    roi: z.number().nullable().describe('(revenue - cost) / cost; null while nothing was spent'),
  }),
  started_at: z.string().nullable(),
  completed_at: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
});

const time = (at: Date | null): string | null => at && timeInSeconds(at);
const hundredths = (value: number): number => Math.round(value * 100) / 100;

/** A part of a whole in per cent, with two decimals. */
export const percent = (part: number, whole: number): number => (whole === 0 ? 0 : hundredths((part / whole) * 100));

/** Money of an amount in micros. */
export const money = (micros: number): number => micros / MICROS;

export const roiOf = ({ costMicros, revenueMicros }: Pick<Performance, 'costMicros' | 'revenueMicros'>) =>
  costMicros === 0 ? null : hundredths((revenueMicros - costMicros) / costMicros);

export function presentCampaign(
  campaign: Campaign,
  { progress, performance }: CampaignFigures,
): z.input<typeof CampaignReply> {
  const [only, ...others] = campaign.callerIds;
  return {
    campaign_id: idOf('campaign', campaign.id),
    name: campaign.name,
    description: campaign.description,
    campaign_type: campaign.type,
    status: campaign.status,
    agent_id: campaign.agentId === null ? null : idOf('agent', campaign.agentId),
    script: campaign.script,
    settings: {
      max_calls_per_day: campaign.dailyCap,
      max_attempts_per_prospect: campaign.maxAttempts,
      calling_hours: campaign.callingHours as z.input<typeof HoursReply> | null,
      caller_id: others.length > 0 ? [...campaign.callerIds] : (only ?? null),
      max_concurrent_calls: campaign.maxConcurrentCalls,
      calls_per_second: campaign.callsPerSecond,
      retry: Object.fromEntries(RETRIED.map((one) => [one, presentRetry(campaign.retries[one])])),
      require_consent: campaign.requireConsent,
      needs_human: campaign.needsHuman,
      voicemail_message: campaign.voicemailMessage,
      goal: campaign.goal,
      revenue_per_conversion: money(campaign.revenuePerConversionMicros),
      weight: campaign.weight,
    },
    schedule: { start_date: time(campaign.startsAt), end_date: time(campaign.endsAt) },
    progress: {
      total_prospects: progress.total,
      contacted: progress.attempted,
      progress_percentage: percent(progress.attempted, progress.total),
      completed: progress.done,
      outcomes: { ...progress.outcomes },
    },
    performance: {
      success_rate: percent(performance.answered, performance.calls),
      conversion_rate: percent(performance.converted, performance.calls),
      roi: roiOf(performance),
    },
    started_at: time(campaign.startedAt),
    completed_at: time(campaign.completedAt),
    created_at: timeInSeconds(campaign.createdAt),
    updated_at: timeInSeconds(campaign.updatedAt),
  };
}

const WAIT_WORDS = { open: 'open_time', rest: 'rest', 'day-part': 'day_part', 'next-day': 'next_day' } as const;

function presentRetry({ attempts, wait }: RetryRule): z.input<typeof RetryReply> {
  const minutes = 'minutes' in wait ? [...wait.minutes] : [];
  const after = minutes.length > 1 ? minutes : (minutes[0] ?? null);
  return { after_minutes: after, attempts, wait: WAIT_WORDS[wait.kind] };
}
